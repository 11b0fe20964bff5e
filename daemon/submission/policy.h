// Who may have how much of what all clients share. Pure: what is there now and what is asked go in; out comes whether
// it is admitted, or a refusal that names the limit and what to do.
#pragma once

#include "base/clock.h"
#include "base/fair_memory.h"
#include "net/connection.h"
#include "smtp/command.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::submission {

/// Whom limits count (mail/parties.h): a uid, or mail::kNoUid for all who have none that is known.
using Party = std::uint32_t;

// Sessions ------------------------------------------------------------------------------------------------------------

inline constexpr std::size_t kSessions = 1000;        ///< at a time, altogether
inline constexpr std::size_t kSessionsOverTcp = 500;  ///< of these
inline constexpr std::size_t kSessionsOfUser = 100;   ///< of one party on the unix socket
/// Of all sessions, and of those over TCP, nobody has more than are left to others: one party has at most half. So many
/// are a little, and so many are for parties that have no more than that (base/fair_memory.h has the rule).
inline constexpr std::size_t kSessionsLittle = 10;
inline constexpr std::size_t kSessionsKept = 50;
/// A transaction whose client is waited for as long as this makes room, too, where nothing is idle.
inline constexpr Seconds kStalled{30};

/// A session as the policy sees it.
struct Seat {
  Party party = 0;
  bool tcp = false;
  enum class State {
    busy,
    waiting,  ///< for its client, in a transaction
    idle,     ///< waiting, and no transaction is under way
  };
  State state = State::busy;
  SteadyTime since;  ///< it is waited for
};

struct Admission {
  enum class Verdict {
    admitted,
    makes_room,  ///< admitted, if the session at `place` ends
    refused,
  };
  Verdict verdict = Verdict::admitted;
  std::size_t place = 0;
  std::string limit;  ///< "too many connections of user 1000 (limit: 100)"; why room must be made
};

/// Whether a new session gets a place. Where a limit is reached, the one that has been idle for longest makes room, of
/// the party that has most of those that are counted by this limit; but never for a party that has as many itself.
/// Where none is idle, a stalled one does likewise.
[[nodiscard]] Admission admit(std::span<const Seat> sessions, Party party, bool tcp, SteadyTime now);

// Memory of what is not stored yet ------------------------------------------------------------------------------------

/// Of all sessions. A few ordinary messages at a time are a little.
inline constexpr MemoryLimits kMemory{
    .all = std::size_t{96} << 20U, .little = std::size_t{512} << 10U, .kept = std::size_t{32} << 20U};
/// 452: everything that is refused for memory may be handed in again soon.
[[nodiscard]] smtp::Refusal no_memory(Party party);

// Messages a minute ---------------------------------------------------------------------------------------------------

/// How many messages each party began lately. A minute of a party begins with its first message.
class MessageRates {
 public:
  static constexpr Seconds kMinute{60};

  /// One more message of this party counts, unless that is more than `limit` in its minute (0: no limit): then 451,
  /// with the time that is left. Root's are not limited: they are the machine's own alerts.
  [[nodiscard]] std::optional<smtp::Refusal> take(Party party, std::size_t limit, SteadyTime now);

 private:
  struct Minute {
    SteadyTime begin{};
    std::size_t messages = 0;
  };
  std::map<Party, Minute> minutes_;
  SteadyTime swept_{};  ///< minutes that are over were forgotten then
};

}  // namespace postern::submission
