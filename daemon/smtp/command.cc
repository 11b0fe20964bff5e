#include "smtp/command.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/address_marks.h"
#include "smtp/limits.h"

#include <algorithm>

namespace postern::smtp {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_keyword(std::string_view word) {
  return !word.empty() && is_alnum(word.front()) &&
         std::ranges::all_of(word, [](char c) { return is_alnum(c) || c == '-'; });
}

struct Form {
  std::string_view keyword;
  std::string_view syntax;
  std::string_view bad_address;  // RFC 3463
};

const Form& form_of(PathKeyword keyword) {
  static constexpr Form kFrom{"FROM:", "syntax: MAIL FROM:<address>", "5.1.7"};
  static constexpr Form kTo{"TO:", "syntax: RCPT TO:<address>", kBadRecipient};
  return keyword == PathKeyword::from ? kFrom : kTo;
}

/// The length of "<...>" at the front, brackets inside quoted strings not counted; 0 if it is never closed.
std::size_t bracketed_length(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '>' && !quoted) {
      return i + 1;
    }
  }
  return 0;
}

/// Without the blanks at its ends and beside "." and "@" and in a source route: they mean nothing there (obsolete, RFC
/// 5322 4.4), and programs that fill in templates leave some. A blank between two words stays, and makes it no path; so
/// does one behind an abbreviation before the "@" ("Dr. house@x"), as in address lists: it may be a name.
std::string without_blanks(std::string_view path) {
  constexpr std::string_view kMarks = ".@,:";
  std::string text;
  bool quoted = false;
  bool joined = false;  // a blank was left out just before the last character
  bool in_domain = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (!quoted && kBlanks.find(c) != std::string_view::npos) {
      const std::size_t next = path.find_first_not_of(kBlanks, i);
      const bool abbreviated = text.ends_with('.') && !joined && !in_domain;
      joined = text.empty() || next == std::string_view::npos ||
               (kMarks.find(text.back()) != std::string_view::npos && !abbreviated) ||
               kMarks.find(path[next]) != std::string_view::npos;
      if (!joined) text += ' ';
      i = std::min(next, path.size()) - 1;
      continue;
    }
    joined = joined && kBlanks.find(path[i - 1]) != std::string_view::npos;
    if (!quoted && (c == '@' || c == ':')) in_domain = c == '@';  // what a route ends with is no domain
    text += c;
    if (quoted && c == '\\' && i + 1 < path.size()) text += path[++i];
    if (c == '"') quoted = !quoted;
  }
  return text;
}

/// "@a,@b:c@d" -> "c@d" (RFC 5321 appendix C: accepted and ignored). Nothing if the route is not one.
bool drop_source_route(std::string_view& path) {
  if (!path.starts_with('@')) return true;
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view route = path.substr(0, colon);
  path.remove_prefix(colon + 1);
  return !path.empty() && std::ranges::all_of(route, [](char c) {
    return is_alnum(c) || std::string_view("@,.-_").find(c) != std::string_view::npos;
  });
}

/// "a@example.com" with its quotes is what a file of settings made of an address, and no user with an "@" in the name.
Result<std::string> address_of(std::string_view path) {
  Result<std::string> address = mail::parse_address(path, mail::Utf8::allow);
  if (!address || !path.starts_with('"') || !path.ends_with('"')) return address;
  mail::AddressList list = mail::read_address_list(path);
  if (list.addresses.size() == 1) return std::move(list.addresses.front());
  return Error{Failure::invalid, "several addresses in quotes are no recipient"};
}

/// "\root" is root who wants no alias, to Sendmail.
bool has_sendmails_quote(std::string_view path) {
  return path.size() > 1 && path.front() == '\\' && (is_alnum(path[1]) || path[1] == '_') &&
         path.find('@') == std::string_view::npos;
}

Parsed<std::string> check_path(std::string_view given, PathKeyword keyword) {
  const Form& form = form_of(keyword);
  const std::string held = without_blanks(given);
  std::string_view path = held;
  if (path.empty() && keyword == PathKeyword::from) return std::string();
  if (path.empty()) return Refusal{501, std::string(form.bad_address), "the recipient's address is empty"};
  if (path.size() + 2 > limits::kPath) return Refusal{501, std::string(form.bad_address), "the path is too long"};
  if (!drop_source_route(path)) return Refusal{501, std::string(form.bad_address), "the source route is malformed"};
  if (has_sendmails_quote(path)) path.remove_prefix(1);
  Result<std::string> address = address_of(mail::without_marks(path));
  if (!address) return Refusal{501, std::string(form.bad_address), "bad address syntax: " + address.error().text};
  return std::move(*address);
}

/// RFC 5321 4.1.2: esmtp-value. Bytes above 0x7F are left to the parameter (RFC 6533 allows them in ORCPT).
bool is_value(std::string_view value) {
  return !value.empty() && value.find('=') == std::string_view::npos && !has_control(value);
}

Parsed<PathArgument> take_parameters(std::string_view words, PathArgument argument) {
  for (const std::string_view word : split_words(words)) {
    const std::size_t equals = std::min(word.find('='), word.size());
    std::string keyword = to_upper(word.substr(0, equals));
    const bool has_value = equals < word.size();
    const std::string_view value = has_value ? word.substr(equals + 1) : std::string_view();
    if (!is_keyword(keyword)) return Refusal{501, "5.5.4", "a parameter is malformed"};
    if (has_value && !is_value(value)) return Refusal{501, "5.5.4", "bad value of parameter " + keyword};
    if (std::ranges::find(argument.parameters, keyword, [](const auto& item) { return item.first; }) !=
        argument.parameters.end()) {
      return Refusal{501, "5.5.4", "parameter " + keyword + " is given twice"};
    }
    argument.parameters.emplace_back(std::move(keyword), value);
  }
  return argument;
}

}  // namespace

Result<CommandLine> parse_command(std::string_view line) {
  while (!line.empty() && kBlanks.find(line.front()) != std::string_view::npos) line.remove_prefix(1);
  while (!line.empty() && kBlanks.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  if (line.empty()) return Error{Failure::invalid, "empty command"};
  const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
  const std::string_view verb = line.substr(0, end);
  const bool names_client = iequals(verb, "EHLO") || iequals(verb, "HELO");
  const auto is_control = [](char c) { return c != '\t' && has_control(std::string_view(&c, 1)); };
  if (!names_client && std::ranges::any_of(line, is_control)) {
    return Error{Failure::invalid, "control character in a command"};
  }
  if (!std::ranges::all_of(verb, is_alnum)) return Error{Failure::invalid, "not an SMTP command"};
  return CommandLine{to_upper(verb), trim(line.substr(end))};
}

Parsed<PathArgument> parse_path(std::string_view argument, PathKeyword keyword) {
  const Form& form = form_of(keyword);
  if (!istarts_with(argument, form.keyword)) return Refusal{501, "5.5.4", std::string(form.syntax)};
  const std::string_view rest = trim(argument.substr(form.keyword.size()));
  const bool bracketed = rest.starts_with('<');
  const std::size_t end = bracketed ? bracketed_length(rest) : std::min(rest.find_first_of(kBlanks), rest.size());
  if (end == 0) return Refusal{501, "5.5.4", std::string(form.syntax)};
  if (end < rest.size() && kBlanks.find(rest[end]) == std::string_view::npos) {
    return Refusal{501, "5.5.4", "a blank is missing after the address"};
  }
  Parsed<std::string> path = check_path(bracketed ? rest.substr(1, end - 2) : rest.substr(0, end), keyword);
  if (!path) return path.error();
  PathArgument parsed;
  parsed.path = std::move(*path);
  return take_parameters(rest.substr(end), std::move(parsed));
}

}  // namespace postern::smtp
