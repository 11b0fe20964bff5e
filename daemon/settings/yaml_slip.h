// What is probably wrong with a text that the parser of YAML gave up on, where, and what to do. Parsers notice a slip
// where it first makes no sense, which may be a line later, and say it in words of the grammar. Pure; a guess, so that
// it only ever replaces the words of an error.
#pragma once

#include "settings/report.h"

#include <optional>
#include <string>
#include <string_view>

namespace postern::settings {

inline constexpr std::string_view kUnrendered =
    "a template that was not rendered: write the value, or let the program that makes this file put it in";

struct YamlSlip {
  Mark mark;
  std::string text;
};

/// `where`: what the parser complained of.
[[nodiscard]] std::optional<YamlSlip> yaml_slip(const std::string& text, Mark where);
/// Likewise where it complained of a backslash, or of what stands behind it: the backslash.
[[nodiscard]] std::optional<YamlSlip> bad_escape(const std::string& text, Mark where);
/// A section of INI or TOML in one of the last lines up to there.
[[nodiscard]] std::optional<YamlSlip> section_slip(const std::string& text, Mark where);
/// Likewise where it says that a quote never closes: the quote.
[[nodiscard]] std::optional<YamlSlip> open_quote(const std::string& text);
/// Likewise of a bracket: the innermost one that is open at the end of the text.
[[nodiscard]] std::optional<YamlSlip> open_bracket(const std::string& text);
/// What is wrong with "domain example.net", "domain:example.net" or "domain = example.net", which are keys of their own
/// to YAML; empty: it is none of these.
[[nodiscard]] std::string_view missing_behind_key(std::string_view word);
/// The key as an error may show it: its first word, since a password may be among the others.
[[nodiscard]] std::string shown_key(std::string_view word);

}  // namespace postern::settings
