#include "setup/postfix_tables.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::setup {
namespace {

/// Databases that postmap(1) makes from a text file of the same name, and the text file itself.
constexpr auto kIndexed = std::to_array<std::string_view>({"hash", "lmdb", "btree", "texthash", "cdb", "dbm", "sdbm"});
constexpr auto kPatterns = std::to_array<std::string_view>({"regexp", "pcre"});
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
  const auto file = import.find(table.name);
  if (!file) return file.error();
  if (!*file) {
    import.note(mark, "there is no " + import.here(table.name) + " to read this table from");
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
        import.note(place, "not carried over: the pattern " + key);
        continue;
      }
      key = "*";
    }
    entries.push_back(TableEntry{place, to_lower(key), std::string(trim(line.text.substr(end)))});
  }
  return entries;
}

}  // namespace

std::string source_of(std::string_view table) {
  TableName split = split_table(table);
  return is_one_of(split.type, kIndexed) ? std::move(split.name) : std::string();
}

Result<std::vector<TableEntry>> read_table(Import& import, const Mark& mark, std::string_view table) {
  const TableName split = split_table(table);
  if (split.type == "static") return std::vector<TableEntry>{TableEntry{mark, "*", split.name}};
  if (is_one_of(split.type, kIndexed) || is_one_of(split.type, kPatterns)) return table_entries(import, mark, split);
  import.note(mark, "a table of the type " + split.type + " is not read");
  return std::vector<TableEntry>();
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
