// What became of one recipient in one attempt (or in the end): remote verdicts as data.
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

enum class Verdict { delivered, deferred, failed };

[[nodiscard]] std::string_view name(Verdict verdict);

struct Status {
  Verdict verdict = Verdict::deferred;
  int code = 0;          ///< SMTP reply code, 0 if the verdict is our own
  std::string enhanced;  ///< RFC 3463 "5.1.1"; always set on a failure, consistent with the verdict's class
  std::string text;      ///< printable, at most 512 bytes, one line: the server's words without the codes, or our own
  /// Of a deferred one: the server refused for good, but whether that is about the message, the account or this machine
  /// is not known. Code, enhanced code (5.y.z) and text are as the server said them.
  bool doubtful = false;
};

/// "550 5.1.1 no such user", "550 no such user": codes and words in one line as the server said them, for logs,
/// listings and reports. 4.0.0 and 5.0.0, which we set where the server says none, are left out.
[[nodiscard]] std::string to_text(const Status& status);

}  // namespace postern::mail
