// Private to setup/: the parameters of Postfix' main.cf, and the values that their words stand for (postconf(5)).
#pragma once

#include "setup/peer_files.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

class PostfixParameters {
 public:
  /// Failure: invalid (a line without "=").
  static Result<PostfixParameters> read(const PeerFile& file);

  /// What it stands for, after $name, ${name} and the like; empty if it is not there and has no default that counts
  /// here.
  [[nodiscard]] std::string value(std::string_view name) const;
  /// yes or no, as Postfix reads it.
  [[nodiscard]] bool is_on(std::string_view name, bool standard = false) const;
  /// Words between commas and blanks.
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

  [[nodiscard]] bool has(std::string_view name) const { return parameters_.contains(name); }
  /// Where it stands, or the file as a whole.
  [[nodiscard]] Mark mark(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// Nothing stands behind its "=".
  [[nodiscard]] bool is_empty(std::string_view name) const;
  /// That the values have in them: $name.
  [[nodiscard]] std::set<std::string, std::less<>> names_referred_to() const;
  /// Its value has an expression in it that cannot be told, such as "${{a} == {b} ? {c} : {d}}".
  [[nodiscard]] bool is_unread(std::string_view name) const;

 private:
  struct Parameter {
    Mark mark;
    std::string text;  ///< as it stands
  };
  struct Expansion;

  std::string file_;
  std::map<std::string, Parameter, std::less<>> parameters_;
};

/// The words between commas and blanks; what stands in braces is one, braces included.
[[nodiscard]] std::vector<std::string> postfix_words(std::string_view text);
/// Without the braces that may enclose a text: "{value}".
[[nodiscard]] std::string_view without_braces(std::string_view text);

}  // namespace postern::setup
