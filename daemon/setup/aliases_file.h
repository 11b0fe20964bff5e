// Private to setup/: tables of aliases as /etc/aliases has them, of whichever program.
#pragma once

#include "mail/aliases.h"
#include "setup/peer_files.h"

#include <string>
#include <string_view>

namespace postern::setup {

struct AliasesStyle {
  bool continued = true;           ///< lines that begin with a blank go on with the one before; else each is one
  bool comments_anywhere = false;  ///< "#" begins a comment wherever it stands
  std::string_view catch_all;      ///< the name that stands for all others: "*", "default"; empty: there is none
};

/// Adds what the file says to the proposal; programs, files and includes, which have no place in Postern's aliases,
/// become notes. No file: nothing to add. Failures: those of reading, invalid (a line that is no alias).
Result<void> add_aliases(Import& import, const std::string& path, const AliasesStyle& style);

/// Local mail goes where it went under the other program: what /etc/aliases says to Postern (`of_file`) is left to that
/// file, so that it is changed there as before; if the program did not follow it, it is not read.
void settle_aliases(Proposal& proposal, const mail::Aliases& of_file);

/// The addresses of a list, commas or blanks between them. What is none becomes a note.
[[nodiscard]] std::vector<std::string> addresses_of(Import& import, const Mark& mark, std::string_view list);

/// Takes back the alias of all local names where Postern's own domain is one that has mailboxes of others, too: their
/// mail would be caught. Root's stays. `mark`: what says the domain.
void narrow_catch_all(Import& import, const Mark& mark);

}  // namespace postern::setup
