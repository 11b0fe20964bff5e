#include "settings/key_table.h"

#include "base/nearest.h"
#include "base/text.h"
#include "settings/other_keys.h"
#include "settings/short_forms.h"
#include "settings/yaml_slip.h"

#include <algorithm>
#include <span>

namespace postern::settings {
namespace {

std::string_view last_word(std::string_view path) { return path.substr(path.rfind('.') + 1); }

/// The keys that may stand under `prefix` ("", "listen.", "smarthosts[]."): first words, sections included.
std::vector<std::string> keys_under(const std::string& prefix) {
  std::vector<std::string> names;
  for (const KeyInfo& key : all_keys()) {
    if (!key.path.starts_with(prefix)) continue;
    const std::string rest = key.path.substr(prefix.size());
    std::string word = rest.substr(0, rest.find_first_of(".["));
    if (std::find(names.begin(), names.end(), word) == names.end()) names.push_back(std::move(word));
  }
  return names;
}

/// In small letters, its words between "_" as the table has them.
std::string plain_key(const std::string& word) {
  std::string plain = to_lower(word);
  std::ranges::replace_if(plain, [](char c) { return c == ' ' || c == '-'; }, '_');
  return plain;
}

std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = name.find('_');
    parts.emplace_back(name.substr(0, end));
    name.remove_prefix(std::min(end, name.size() - 1) + 1);
  }
  return parts;
}

/// Of names of several words each word must be near: 'client_id' is no slip for 'client_key'.
bool near_in_each_word(std::string_view written, std::string_view name) {
  const std::vector<std::string> from = parts_of(written);
  const std::vector<std::string> to = parts_of(name);
  if (from.size() != to.size()) return true;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!nearest(from[i], {to[i]})) return false;
  }
  return true;
}

/// The only one that begins so; nothing: none does, or several.
std::optional<std::string> begun(const std::string& plain, const std::vector<std::string>& names) {
  constexpr std::size_t kEnough = 4;
  const auto begins = [&](const std::string& name) { return name.starts_with(plain); };
  if (plain.size() < kEnough || std::ranges::count_if(names, begins) != 1) return std::nullopt;
  return *std::ranges::find_if(names, begins);
}

/// The key in a group below `prefix` of which this is the last word.
std::optional<std::string> further_in(const std::string& prefix, const std::string& plain) {
  for (const KeyInfo& key : all_keys()) {
    if (!key.path.starts_with(prefix) || last_word(key.path) != plain) continue;
    return prefix.find("[]") == std::string::npos ? key.path : key.path.substr(prefix.size());
  }
  return std::nullopt;
}

/// What the writer of an unknown key probably wanted; empty: nobody knows.
std::string meant_by_key(const std::string& prefix, const std::string& word) {
  if (const std::string_view other = in_place_of(prefix, word); !other.empty()) return std::string(other);
  const std::vector<std::string> names = keys_under(prefix);
  const std::string plain = plain_key(word);
  const auto with = [](const std::string& name) { return "did you mean '" + name + "'?"; };
  if (std::ranges::find(names, plain) != names.end()) return with(plain);
  if (const auto there = further_in(prefix, plain)) return with(*there);
  if (const auto name = begun(plain, names)) return with(*name);
  if (const auto near = nearest(plain, names); near && near_in_each_word(plain, *near)) return with(*near);
  if (std::ranges::find(all_keys(), plain, &KeyInfo::path) != all_keys().end()) return with(plain);
  return {};
}

/// The words are another spelling of one key, so that no value is among them.
bool is_one_key(const std::string& prefix, const std::string& word) {
  const std::vector<std::string> names = keys_under(prefix);
  return !in_place_of(prefix, word).empty() || std::ranges::find(names, plain_key(word)) != names.end();
}

/// Of a key that is none here. A password may be among its words, or be all of it.
void complain_of_key(const Node& map, const Entry& entry, const Place& place, Report& report) {
  std::string meant = meant_by_key(place.table, entry.key);
  const std::span<const Entry> entries(map.entries);
  const auto index = static_cast<std::size_t>(&entry - map.entries.data());
  if (map.flow && end_in_bare_password(entries.first(index))) {
    report.error(entry.mark,
                 "unknown key behind the password; in braces that ends at a comma: put all of it in single "
                 "quotes ('...')" +
                     (meant.empty() ? meant : ", or " + meant));
    return;
  }
  const std::vector<std::string> names = keys_under(place.table);
  std::string shown = entry.key;
  const std::string_view missing = missing_behind_key(entry.key);
  if (!missing.empty() && !is_one_key(place.table, entry.key)) {
    const std::size_t end = entry.key.find_first_of(" :=");
    const bool begins = std::ranges::find(names, entry.key.substr(0, end)) != names.end();
    if (begins || meant.empty()) {
      report.error(Mark{entry.mark.line, entry.mark.column + end}, std::string(missing));
      return;
    }
    shown = shown_key(entry.key);
  }
  if (meant.empty() && map.flow && entry.value.kind == Node::Kind::null) {
    report.error(entry.mark,
                 "unknown key without a value; in braces a value ends at a comma: put one that has commas in single "
                 "quotes ('...')");
    return;
  }
  if (meant.empty()) {
    meant = "here may stand: ";
    for (const std::string& name : names) meant += (&name == names.data() ? "" : ", ") + name;
  }
  report.error(entry.mark, "unknown key '" + place.shown + shown + "'; " + meant);
}

/// "min 1m" below "retry:" is a text to YAML.
bool forgot_colon(const Node& value, const std::string& prefix) {
  if (value.kind != Node::Kind::scalar || missing_behind_key(value.text).empty()) return false;
  const std::vector<std::string> names = keys_under(prefix);
  return std::ranges::find(names, value.text.substr(0, value.text.find_first_of(" :="))) != names.end();
}

}  // namespace

void complain_of_colon(const Node& value, Report& report) {
  report.error(Mark{value.mark.line, value.mark.column + value.text.find_first_of(" :=")},
               std::string(missing_behind_key(value.text)));
}

std::optional<Node> group_in(const Node& map, const Entry& entry, const Place& place, bool known, Report& report) {
  if (!known) {
    complain_of_key(map, entry, place, report);
    return std::nullopt;
  }
  const std::string path = place.group + entry.key;
  const std::string shown = place.shown + entry.key;
  if (forgot_colon(entry.value, place.table + entry.key + ".")) {
    complain_of_colon(entry.value, report);
    return std::nullopt;
  }
  Node value = spelt_out(entry, path);
  if (value.kind == Node::Kind::map) return value;
  const std::string form(short_form_of(path));
  if (value.kind == Node::Kind::null) {
    report.error(entry.mark, "'" + shown + "' has no value; " +
                                 (form.empty() ? "write its keys below it, further in" : form) + ", or leave it out");
  } else {
    report.error(entry.value.mark, "'" + shown + "' must be a group of keys; " + (form.empty() ? "" : form + ", or ") +
                                       "leave it out for the defaults");
  }
  return std::nullopt;
}

void complain_of_item(const Node& item, const std::string& shown, const Beginning& begin, Report& report) {
  const bool colon =
      item.kind == Node::Kind::scalar && !begin.key.empty() && item.text.starts_with(std::string(begin.key) + " ");
  report.error(item.mark, colon ? "a colon is missing in this line, behind '" + std::string(begin.key) + "'"
                                : "'" + shown + "' must be a group of keys; begin it with " + std::string(begin.one));
}

}  // namespace postern::settings
