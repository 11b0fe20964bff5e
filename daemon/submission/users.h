// Who a uid is: its name, and those of its groups. The name service may ask a server (LDAP, systemd-homed), so it is
// asked in threads of their own; nothing of mail waits for that but the mail of that user. An answer that cannot be had
// anew is believed on: who a user is changes seldom, and alerts go on while a directory is away.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/user.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace postern::submission {

using mail::User;

/// Blocks. A uid that nobody has is a user without a name. Failures: io, and what else the name service says.
[[nodiscard]] Result<User> user_of_the_system(std::uint32_t uid);

class Users {
 public:
  using Ask = std::function<Result<User>(std::uint32_t uid)>;
  static constexpr Seconds kKept{60};                     ///< an answer is believed for so long
  static constexpr Milliseconds kPatience = Seconds(10);  ///< then whoever asked is told that there is none
  static constexpr std::size_t kThreads = 4;

  explicit Users(Executor loop, Ask ask = user_of_the_system, Milliseconds patience = kPatience);
  /// Waits for the answers to what is being asked.
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
