// What others say about a login may repeat the secrets of it: servers echo what they refuse, programs print what they
// read. One redactor knows the secrets of one login, and whatever turns words from outside into text for a log, a
// status, an alarm or a report asks it first.
//
// A secret is found as it is and in the forms in which it is repeated: with other case, escaped for URLs, JSON, HTML or
// our log (up to three times over), in hexadecimal, in base64 of either alphabet at any place of what was encoded (the
// response of PLAIN or XOAUTH2, "Authorization: Basic"), with blanks, line breaks or quotes in between. Of a long
// secret (12 letters and digits) any 8 characters in a row are enough, unless they say "password".
//
// Words that repeat a secret are left out as a whole: what is left around a gap may be its rest. A secret that is too
// short to be told from innocent words, in one of these forms, has all words left out, whatever they are: left out only
// where it occurs, it could be read from what is missing.
#pragma once

#include "base/secret.h"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

class Redactor {
 public:
  /// In place of words that may repeat a secret.
  static constexpr std::string_view kRemark = "(words that may repeat a secret are not shown)";

  /// An empty one is none. The last 12 secrets are known: a token that was replaced is no secret worth keeping.
  void learn(std::string_view secret);
  /// What is no secret and may be said, but tells in base64 that one follows: the beginning of a SASL response.
  void learn_encoded(std::string_view beginning);

  [[nodiscard]] bool repeats(std::string_view words) const;
  /// The same without those that are too short: for what is used and not shown, or is no use without being shown.
  [[nodiscard]] bool contains(std::string_view words) const;
  /// The words, printable and of at most `longest` bytes, or the remark. Of more than 16 KiB the rest is not looked at
  /// and not shown.
  [[nodiscard]] std::string shown(std::string_view words, std::size_t longest = kLongest) const;

 private:
  static constexpr std::size_t kLongest = 4096;
  struct Known {
    Secret secret;
    Secret close;               ///< without blanks and quotes; for what has hardly a letter
    std::vector<Secret> forms;  ///< letters and digits alone
    bool too_short = false;
  };
  void keep(Known known);

  std::deque<Known> known_;
};

}  // namespace postern
