#include "settings/short_forms.h"

#include "base/text.h"
#include "settings/sender_values.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

bool is_off(const Node& node) {
  constexpr std::array<std::string_view, 5> kWords{"off", "false", "none", "no", "0"};
  return std::ranges::find(kWords, to_lower(node.text)) != kWords.end();
}

bool is_on(const Node& node) {
  constexpr std::array<std::string_view, 3> kWords{"on", "true", "yes"};
  return std::ranges::find(kWords, to_lower(node.text)) != kWords.end();
}

/// The keys that one value stands for where a group of them may be; nothing: it stands for none.
using KeysOf = std::optional<std::vector<Entry>> (*)(const Entry& entry);

std::optional<std::vector<Entry>> from_keys(const Entry& entry) {
  return std::vector<Entry>{Entry{sender_key_of(entry.value), entry.value.mark, entry.value}};
}

std::optional<std::vector<Entry>> metrics_keys(const Entry& entry) {
  return std::vector<Entry>{Entry{"listen", entry.value.mark, entry.value}};
}

std::optional<std::vector<Entry>> history_keys(const Entry& entry) {
  if (is_on(entry.value)) return std::vector<Entry>();
  if (!is_off(entry.value)) return std::nullopt;
  Entry size{"size", entry.value.mark, entry.value};
  size.value.text = "0";
  return std::vector<Entry>{std::move(size)};
}

/// What a group may be written as that has one value for the key that matters, and how to say that it has none.
struct Short {
  std::string_view group;
  KeysOf keys;
  std::string_view wanted;
};
constexpr std::array kShort{
    Short{"from", from_keys, "write the account's address"},
    Short{"metrics", metrics_keys, "write an address, such as 127.0.0.1:9157"},
    Short{"history", history_keys, "write off"},
};

const Short* find_short(const std::string& path) {
  const auto row = std::ranges::find(kShort, path, &Short::group);
  return row == kShort.end() ? nullptr : &*row;
}

}  // namespace

Node spelt_out(const Entry& entry, const std::string& path) {
  Node group = entry.value;
  const Short* form = find_short(path);
  if (form == nullptr || entry.value.kind != Node::Kind::scalar) return group;
  std::optional<std::vector<Entry>> keys = form->keys(entry);
  if (!keys) return group;
  group.kind = Node::Kind::map;
  group.entries = std::move(*keys);
  return group;
}

std::string_view short_form_of(const std::string& path) {
  const Short* const form = find_short(path);
  return form == nullptr ? std::string_view() : form->wanted;
}

}  // namespace postern::settings
