#include "setup/postfix_tables.h"

#include "base/text.h"
#include "setup/postfix_parameters.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

/// Databases that postmap(1) makes from a text file of the same name, and the text file itself.
constexpr auto kIndexed = std::to_array<std::string_view>({"hash", "lmdb", "btree", "texthash", "cdb", "dbm", "sdbm"});
constexpr auto kPatterns = std::to_array<std::string_view>({"regexp", "pcre"});
constexpr auto kOtherTypes = std::to_array<std::string_view>(
    {"cidr",  "environ", "inline",  "ldap",      "memcache", "mongodb", "mysql", "netinfo",  "nis",  "nisplus",
     "pgsql", "pipemap", "randmap", "socketmap", "sqlite",   "static",  "tcp",   "unionmap", "unix", "fail"});
/// Patterns that fit every address.
constexpr auto kEverything = std::to_array<std::string_view>(
    {"/.+/", "/.*/", "/^.+$/", "/^.*$/", "/./", "/^/", "/^(.*)$/", "/^(.+)$/", "/(.*)/", "/(.+)/"});

struct TableName {
  std::string type;
  std::string name;
};

TableName split_table(std::string_view table) {
  for (const std::string_view wrapper : {"proxy:", "proxywrite:"}) {
    if (table.starts_with(wrapper)) table.remove_prefix(wrapper.size());
  }
  const std::size_t colon = table.find(':');
  if (colon == std::string_view::npos) return {"hash", std::string(table)};
  return {std::string(table.substr(0, colon)), std::string(table.substr(colon + 1))};
}

bool is_one_of(std::string_view type, const auto& types) { return std::ranges::find(types, type) != types.end(); }

Result<std::vector<TableEntry>> table_entries(Import& import, const Mark& mark, const TableName& table) {
  std::vector<TableEntry> entries;
  const bool absolute = table.name.starts_with('/');
  const auto file = absolute ? import.find(table.name) : std::optional<PeerFile>();
  if (!file) return file.error();
  if (!*file) {
    import.note(mark, "there is no file to read this table of the type " + table.type + " from");
    return entries;
  }
  const bool patterns = is_one_of(table.type, kPatterns);
  for (const Line& line : logical_lines(**file)) {
    const Mark place = (*file)->mark(line);
    const std::size_t end = std::min(line.text.find_first_of(" \t"), line.text.size());
    std::string key = line.text.substr(0, end);
    if (patterns) {
      if (key.ends_with("/i")) key.pop_back();
      if (!is_one_of(key, kEverything)) {
        import.note(place, "not carried over: a pattern that does not fit everything");
        continue;
      }
      key = "*";
    }
    entries.push_back(TableEntry{place, to_lower(key), std::string(trim(line.text.substr(end)))});
  }
  return entries;
}

/// "{ key=value, { key = text with blanks and commas } }"
std::vector<TableEntry> inline_entries(Import& import, const Mark& mark, std::string_view text) {
  std::vector<TableEntry> entries;
  for (const std::string& word : postfix_words(without_braces(text))) {
    const std::string_view entry = without_braces(word);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) {
      import.note(mark, "not carried over: an entry of a table without =");
      continue;
    }
    entries.push_back(
        TableEntry{mark, to_lower(trim(entry.substr(0, equals))), std::string(trim(entry.substr(equals + 1)))});
  }
  return entries;
}

/// The entries of one "type:name", in the file's order. Tables that are no text files, patterns that are more than
/// "everything", and databases whose source is gone become notes.
Result<std::vector<TableEntry>> read_table(Import& import, const Mark& mark, std::string_view table) {
  const TableName split = split_table(table);
  if (split.type == "static") {
    return std::vector<TableEntry>{TableEntry{mark, "*", std::string(without_braces(split.name))}};
  }
  if (split.type == "inline") return inline_entries(import, mark, split.name);
  if (is_one_of(split.type, kIndexed) || is_one_of(split.type, kPatterns)) return table_entries(import, mark, split);
  import.note(mark, kind_of_table(table) + " is not read");
  return std::vector<TableEntry>();
}

}  // namespace

std::string kind_of_table(std::string_view table) {
  const std::string type = split_table(table).type;
  const bool known = is_one_of(type, kIndexed) || is_one_of(type, kPatterns) || is_one_of(type, kOtherTypes);
  return known ? "a table of the type " + type : "a table of an unknown type";
}

std::string source_of(std::string_view table) {
  TableName split = split_table(table);
  return is_one_of(split.type, kIndexed) ? std::move(split.name) : std::string();
}

Result<std::vector<TableEntry>> read_tables(Import& import, const Mark& mark, const std::vector<std::string>& tables) {
  std::vector<TableEntry> all;
  for (const std::string& table : tables) {
    auto entries = read_table(import, mark, table);
    if (!entries) return entries.error();
    all.insert(all.end(), std::make_move_iterator(entries->begin()), std::make_move_iterator(entries->end()));
  }
  return all;
}

}  // namespace postern::setup
