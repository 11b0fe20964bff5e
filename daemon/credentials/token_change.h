// What a stop waits for: a request to an authorization server whose answer may bring a new refresh token, until that is
// stored. The old one may be worth nothing by then, and the login would be lost with the answer.
#pragma once

#include "base/clock.h"
#include "base/task.h"

#include <cstddef>

namespace postern::credentials {

/// One such request, from before it is sent. Of the event loop's thread alone.
class TokenChange {
 public:
  TokenChange();
  ~TokenChange();
  TokenChange(const TokenChange&) = delete;
  TokenChange& operator=(const TokenChange&) = delete;

  [[nodiscard]] static std::size_t under_way();
};

/// Returns when none is under way, at that time at the latest.
Task<void> token_changes_ended(SteadyTime until);

}  // namespace postern::credentials
