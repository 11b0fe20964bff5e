// Files of aliases as sendmail and Postfix have them (/etc/aliases). Pure.
//
//   name: target, target
//         target              a line that begins with a blank goes on with the one before; so does one after a "\" at
//                             its end
//   # comment                 on a line of its own, beside a blank, or behind a domain; or (one in parentheses)
//   "name with blanks": "who else"@example.com, Joe Public <joe@example.com>, \root
//
// Programs ("|..."), files (/...) and lists in files (:include:...) are mail systems' own affairs and are passed over,
// as is what cannot be read; slips between targets are read past (mail/address_scanner.h). One odd line, or one odd
// target, costs itself alone, and is told with its line; never with its words, since the line of a program may hold a
// password.
#pragma once

#include "mail/aliases.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

inline constexpr std::size_t kLargestAliasesFile = std::size_t{1} << 20U;  ///< bytes
inline constexpr std::size_t kMostAliases = 20'000;                        ///< of one file; the rest is passed over
inline constexpr std::size_t kMostFaults = 50;                             ///< that are told one by one

struct AliasesFile {
  struct Fault {
    std::size_t line = 0;  ///< 1-based
    std::string text;
  };

  Aliases aliases;                           ///< at least one target each
  std::map<std::string, std::size_t> lines;  ///< where each of them begins
  std::vector<Fault> faults;                 ///< in the order of the file, at most kMostFaults
  std::size_t passed_over = 0;               ///< how many there are
};

/// Reads any bytes; what is behind kLargestAliasesFile is not read and is a fault.
[[nodiscard]] AliasesFile parse_aliases_file(std::string_view text);

}  // namespace postern::mail
