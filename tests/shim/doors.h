// The ways in, for tests: what a program hands in goes through the real shim and the real sessions and pick-up of the
// daemon into a queue in memory, with a clock, ids, users and names that are always the same. So what is stored can be
// compared byte for byte.
#pragma once

#include "shim/call_file.h"
#include "support/fake_queue.h"

#include <string>
#include <vector>

namespace postern::shim {

/// What came of a call.
struct CameOf {
  int exit = 0;         ///< of sendmail
  std::string words;    ///< of sendmail: on standard error, or the daemon's last ones
  std::string replies;  ///< what a client of SMTP heard
  std::vector<test::FakeQueue::Stored> stored;
};

/// By the call's own door: the submit socket for sendmail, TCP for SMTP.
[[nodiscard]] CameOf hand_in(const Call& call);
/// sendmail without a daemon, and then the daemon's pick-up of what it dropped.
[[nodiscard]] CameOf drop_and_pick_up(const Call& call);

}  // namespace postern::shim
