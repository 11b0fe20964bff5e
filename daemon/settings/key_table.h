// How tables of keys are made and read: one row a key, with what is documented of it and the function that reads it.
#pragma once

#include "settings/document.h"
#include "settings/keys.h"
#include "settings/report.h"
#include "settings/values.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::settings {

template <class Target>
struct Key {
  std::string_view path;
  std::string_view type;
  std::string_view low;  ///< the allowed range where the type has one, written like a value
  std::string_view high;
  std::string_view standard;
  std::string_view help;
  void (*read)(Target&, const Node&, Scope&);
};

/// The member that a path of pointers to members leads to.
template <class Target, class First, class... Rest>
auto& member(Target& target, First first, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return target.*first;
  } else {
    return member(target.*first, rest...);
  }
}

/// A row's reader: converts the node and, if that went well, assigns the member.
template <auto Convert, auto... Path, class Target>
void set(Target& target, const Node& node, Scope& scope) {
  if (auto value = Convert(node, scope)) member(target, Path...) = std::move(*value);
}

/// As documentation, each path behind `prefix` ("smarthosts[].").
template <class Target, std::size_t N>
std::vector<KeyInfo> described(const std::array<Key<Target>, N>& keys, const std::string& prefix) {
  std::vector<KeyInfo> infos;
  for (const Key<Target>& key : keys) {
    std::string type(key.type);
    if (!key.low.empty()) type += " " + std::string(key.low) + "-" + std::string(key.high);
    infos.push_back(
        {prefix + std::string(key.path), std::move(type), std::string(key.standard), std::string(key.help)});
  }
  return infos;
}

/// Where a map of keys stands.
struct Place {
  std::string shown;  ///< with indexes: "smarthosts[0]."
  std::string table;  ///< as in the table: "smarthosts[]."
  std::string group;  ///< the part of a row's path that is already behind us: "listen."
};

/// The group that an entry of `map` which is no key of its own holds; nothing: it has none, and the report says what is
/// wrong.
/// `known`: the table has keys in a group of this name.
[[nodiscard]] std::optional<Node> group_in(const Node& map, const Entry& entry, const Place& place, bool known,
                                           Report& report);

/// Reads a map of keys against the rows of one table; groups ("listen") call it again.
template <class Target, std::size_t N>
void read_map(const Node& map, const std::array<Key<Target>, N>& keys, const Place& place, Target& target,
              Report& report) {
  for (const Entry& entry : map.entries) {
    const std::string path = place.group + entry.key;
    const std::string shown = place.shown + entry.key;
    report.remember(shown, entry.value.mark);
    const auto row = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.path == path; });
    if (row != keys.end()) {
      Scope scope{report, shown, row->low, row->high};
      row->read(target, entry.value, scope);
      continue;
    }
    const bool known =
        std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.path.starts_with(path + "."); });
    if (const std::optional<Node> group = group_in(map, entry, place, known, report)) {
      read_map(*group, keys, Place{shown + ".", place.table + entry.key + ".", path + "."}, target, report);
    }
  }
}

/// Of a text that a forgotten colon made of a key and its value.
void complain_of_colon(const Node& value, Report& report);

/// How the items of a list of groups begin, for who wrote something else.
struct Beginning {
  std::string_view each;  ///< "each server with '- host: NAME'"
  std::string_view one;   ///< "'- host: NAME'"
  std::string_view key;   ///< of `one`, whose colon is easily forgotten; empty: nothing is said of that
};

/// The report says what is wrong with an item that is no group.
void complain_of_item(const Node& item, const std::string& shown, const Beginning& begin, Report& report);

/// Reads a list of groups, each against the rows of one table. Of each that is one `complain` gets its name
/// ("smarthosts[0]") and its place.
template <class Target, std::size_t N, class Complain>
void read_list(const Node& node, const std::array<Key<Target>, N>& keys, const Beginning& begin,
               std::vector<Target>& targets, Scope& scope, Complain complain) {
  if (node.kind != Node::Kind::list) {
    scope.error(node, "must be a list; begin " + std::string(begin.each) + ", or write [] for none");
    return;
  }
  for (const Node& item : node.items) {
    const std::string shown = scope.path + "[" + std::to_string(targets.size()) + "]";
    scope.report.remember(shown, item.mark);
    Target& target = targets.emplace_back();
    if (item.kind != Node::Kind::map) {
      complain_of_item(item, shown, begin, scope.report);
      continue;
    }
    read_map(item, keys, Place{shown + ".", scope.path + "[].", ""}, target, scope.report);
    complain(shown, item.mark);
  }
}

}  // namespace postern::settings
