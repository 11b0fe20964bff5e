// A user of this machine as rows of the settings name one: by name, or by a group. Who a uid is the name service says
// (submission/users.h).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct User {
  bool root = false;
  std::string name;  ///< empty: there is none, or it came by TCP
  std::vector<std::string> groups;
};

/// In place of a name: every user, and whoever is none.
inline constexpr std::string_view kEverybody = "*";

/// A row with these users and these groups names this user, or a group that it is in. "*" is for the caller to judge.
[[nodiscard]] inline bool names_user(const std::vector<std::string>& users, const std::vector<std::string>& groups,
                                     const User& user) {
  const auto has = [](const std::vector<std::string>& list, const std::string& one) {
    return std::ranges::find(list, one) != list.end();
  };
  if (!user.name.empty() && has(users, user.name)) return true;
  return std::ranges::any_of(groups, [&](const std::string& group) { return has(user.groups, group); });
}

}  // namespace postern::mail
