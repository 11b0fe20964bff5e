// Who a uid is: its name, and those of its groups. The name service may ask a server (LDAP, systemd-homed), so it is
// asked in a thread of its own; nothing of mail waits for that but the mail of that user.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postern::submission {

struct User {
  bool root = false;
  std::string name;  ///< empty: there is none, or it came by TCP
  std::vector<std::string> groups;
};

/// Blocks. A uid that nobody has is a user without a name. Failures: io, and what else the name service says.
[[nodiscard]] Result<User> user_of_the_system(std::uint32_t uid);

class Users {
 public:
  using Ask = std::function<Result<User>(std::uint32_t uid)>;
  static constexpr Seconds kKept{60};      ///< an answer is believed for so long
  static constexpr Seconds kPatience{10};  ///< then whoever asked is told that there is none

  explicit Users(Executor loop, Ask ask = user_of_the_system);
  ~Users();
  Users(const Users&) = delete;
  Users& operator=(const Users&) = delete;

  /// Questions about one uid are asked once. Failures: those of Ask, timeout.
  Task<Result<User>> find(std::uint32_t uid);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern::submission
