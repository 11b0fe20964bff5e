// The smarthosts of the settings, as the commands ask about them and try them; app has them.
#pragma once

#include "base/clock.h"
#include "base/login_talk.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/check.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::control {

/// A sender on the way to a smarthost.
struct SentAs {
  std::string policy;        ///< keep, account, rewrite
  std::string reverse_path;  ///< of MAIL
  std::string fields;        ///< the top header as it would leave
};

/// `site` is always one of names(), but a reload may take it away while a command is at work: then nothing is known of
/// it, and nothing is changed on the way to it.
class Smarthosts {
 public:
  Smarthosts() = default;
  Smarthosts(const Smarthosts&) = delete;
  Smarthosts& operator=(const Smarthosts&) = delete;
  virtual ~Smarthosts() = default;

  /// In order.
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  /// Since when a word of the server is waited for that does not come; the longest of such waits.
  [[nodiscard]] virtual std::optional<WallTime> silent_since(const std::string& site) const = 0;
  virtual Task<mail::CheckReport> check(std::string site, mail::CheckOptions options) = 0;
  /// What check() would try; no connection.
  [[nodiscard]] virtual mail::CheckReport explain(const std::string& site) const = 0;
  /// As whom a message of this sender with this top header (LF lines) would go to the site.
  [[nodiscard]] virtual SentAs sent_as(const std::string& site, const std::string& sender,
                                       const std::string& fields) const = 0;
  /// A person lets us log in: shown what to do by `talk`; waits for the person, stores the result. Failure invalid:
  /// nothing of the kind is configured for this site; the text says what is missing. After success the caller checks.
  virtual Task<Result<void>> login(std::string site, LoginFlow flow, LoginTalk talk) = 0;
};

}  // namespace postern::control
