// One SMTP command line (RFC 5321 4.1.1) as data: what can be said about it without knowing the state of
// the session. A Refusal tells which reply a wrong line earns.
#pragma once

#include "base/result.h"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::smtp {

/// Why a command or the end of data is answered with a refusal.
struct Refusal {
  int code = 451;
  std::string enhanced;  ///< "4.3.1"
  std::string text;
};

template <class T>
using Parsed = boost::system::result<T, Refusal>;

/// A command line split into its verb (upper case) and the rest (trimmed).
struct CommandLine {
  std::string verb;
  std::string_view argument;
};

/// Failure: invalid (empty, a verb that is not letters and digits, a control byte anywhere).
Result<CommandLine> parse_command(std::string_view line);

/// `FROM:<path> KEY=value ...` of MAIL and `TO:<path> ...` of RCPT. The path is syntactically checked, its
/// source route dropped. Accepted beyond the RFC, because local programs send it: a bare local part
/// ("root"), blanks after the colon and between the brackets where they mean nothing, an address without brackets
/// ("FROM:a@b"), and what mail::parse_address() takes and writes anew. A path may hold UTF-8; whether SMTPUTF8 was
/// asked for is for the caller to compare.
struct PathArgument {
  std::string path;                                             ///< without brackets; empty for <>
  std::vector<std::pair<std::string, std::string>> parameters;  ///< keyword in upper case, value as given, no repeats
};

enum class PathKeyword { from, to };

/// The enhanced code of a recipient's address that is none (RFC 3463 3.2).
inline constexpr std::string_view kBadRecipient = "5.1.3";

/// Refusals: 501 for whatever is not of that form; the null path is refused for RCPT.
Parsed<PathArgument> parse_path(std::string_view argument, PathKeyword keyword);

}  // namespace postern::smtp
