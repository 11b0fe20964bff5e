// Private to credentials/: the answers of authorization servers are JSON objects of which we need top-level strings,
// numbers and booleans only.
#pragma once

#include "base/clock.h"
#include "base/redactor.h"
#include "base/result.h"
#include "base/secret.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace postern::credentials {

class Members {
 public:
  /// At most 8 levels deep. The text and everything in between is wiped. Failure: protocol (no JSON object).
  static Result<Members> parse(const Secret& json_text);

  /// A string, or a number in digits; empty if there is none.
  [[nodiscard]] std::string_view text(std::string_view name) const;
  /// The boolean true, and no other value.
  [[nodiscard]] bool is_true(std::string_view name) const;
  /// Whole seconds from 0 to ten years, also of a string of digits, as some servers send it; else nothing.
  [[nodiscard]] std::optional<Seconds> seconds(std::string_view name) const;
  /// Whether the server gives something secret by this name: a token, a code of the device grant.
  [[nodiscard]] static bool is_secret(std::string_view name);
  /// For logs, errors and people: the only way to them. Printable, at most 300 bytes; not if it repeats a secret.
  [[nodiscard]] std::string words(std::string_view name, const Redactor& redactor) const;
  /// Those of the answer, so that nothing else in it repeats them; not what is too short to be one ("N/A").
  void teach(Redactor& redactor) const;

 private:
  std::map<std::string, Secret, std::less<>> members_;
  std::set<std::string, std::less<>> true_;
};

}  // namespace postern::credentials
