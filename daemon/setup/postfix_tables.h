// Private to setup/: Postfix' lookup tables, as far as their source is a text file (postmap(1), DATABASE_README).
#pragma once

#include "setup/peer_files.h"

#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

struct TableEntry {
  Mark mark;
  std::string key;  ///< in lower case; "*" for one that fits everything
  std::string value;
};

/// The entries of tables that are named as "type:name", one after the other, in the order of their files. Tables that
/// are no text files, patterns that are more than "everything", and databases whose source is gone become notes.
/// `mark`: where the tables are named. Failures: those of reading.
[[nodiscard]] Result<std::vector<TableEntry>> read_tables(Import& import, const Mark& mark,
                                                          const std::vector<std::string>& tables);

/// The type, if it is one of Postfix', for people. What stands behind it may be a password.
[[nodiscard]] std::string kind_of_table(std::string_view table);

/// The file that "hash:/etc/aliases" and the like are made from; empty if it is no table of that kind.
[[nodiscard]] std::string source_of(std::string_view table);

}  // namespace postern::setup
