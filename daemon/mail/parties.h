// Parties: who limits and turns are counted by. A user's uid is a party; the uids that /etc/subuid gives a user for
// containers (subuid(5)) are that user's, so that nobody becomes many by a user namespace. Pure.
#pragma once

#include "mail/envelope.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// A report or an alarm: made by us. A report has the uid of the message that it is about (kNoUid: of no known user),
/// an alarm has none.
[[nodiscard]] inline bool made_by_us(const Source& source) { return source.kind == Source::Kind::daemon; }
[[nodiscard]] inline bool is_alarm(const Source& source) { return made_by_us(source) && !source.uid; }
/// The user whose message it is, and who may see and handle it; kNoUid: none.
[[nodiscard]] inline std::uint32_t owner_of(const Source& source) {
  return made_by_us(source) ? kNoUid : source.uid.value_or(kNoUid);
}

/// "user 1000", "whoever has no known uid".
[[nodiscard]] std::string party_text(std::uint32_t party);

/// A value; copies share what it knows.
class Parties {
 public:
  /// So many uids from `first` on are `owner`'s.
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t owner = 0;
  };
  /// The kernel's /proc/sys/kernel/overflowuid, unless somebody set it.
  static constexpr std::uint32_t kUsualOverflow = 65534;

  /// Each uid is a party of its own.
  Parties() = default;
  /// Where two ranges overlap, the one that begins first (of two that begin alike, the lower uid's) has what both have.
  /// `overflow` stands for users that this machine's user namespace cannot tell apart.
  explicit Parties(std::vector<Range> ranges, std::uint32_t overflow = kUsualOverflow);

  /// The overflow uid is nobody's: kNoUid, as what comes by TCP from a user that is not known. uid 0 is always itself.
  [[nodiscard]] std::uint32_t of(std::uint32_t uid) const;
  /// Who this counts for; a report for the party that it is about. kNoUid for alarms, which are no party's.
  [[nodiscard]] std::uint32_t of(const Source& source) const {
    return of(source.uid ? *source.uid : source.holder.value_or(kNoUid));
  }
  /// Whose own mail it is; nothing: it was made by us.
  [[nodiscard]] std::optional<std::uint32_t> author(const Source& source) const {
    return made_by_us(source) ? std::nullopt : std::optional(of(source));
  }

 private:
  std::shared_ptr<const std::vector<Range>> ranges_;  ///< in order, and apart from each other; null: none
  std::uint32_t overflow_ = kUsualOverflow;
};

struct SubordinateIds {
  std::vector<Parties::Range> ranges;
  std::size_t over_accounts = 0;    ///< lines left out since their uids may be those of accounts
  std::size_t broken = 0;           ///< lines that say nothing, and were left out
  std::size_t first_broken_at = 0;  ///< the number of the first of them, from 1
};
/// Below are the accounts of a machine (useradd gives subordinate uids from 100000 on): a range that begins there would
/// make its owner of them all.
inline constexpr std::uint32_t kFirstSubordinate = 65536;
/// The text of /etc/subuid: lines of "user:first:count". A user is a name, or a uid in digits. The ranges of root's,
/// and of a user that is not there (any more), are nobody's but their own: each counts as one party, called by its
/// first uid, since what runs in a container of root's is not root. Each name is asked for once.
[[nodiscard]] SubordinateIds parse_subordinate_ids(
    std::string_view text, const std::function<std::optional<std::uint32_t>(const std::string& name)>& uid_of);

}  // namespace postern::mail
