#include "queue/free_space.h"

#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

namespace postern::queue {
namespace {

// A small file takes a block.
constexpr std::uint64_t kBlock = 4096;
// Of the last part this part is root's, and from this part on it is for those who have little.
constexpr std::uint64_t kRoots = 4;
constexpr std::uint64_t kFew = 2;
// So much of it anybody has who asks for no more.
constexpr std::uint64_t kSmall = 8;

std::uint64_t last_part(std::uint64_t total, std::uint64_t reserve, std::uint64_t least, std::uint64_t most) {
  if (total <= reserve) return 0;
  return std::min(std::clamp(total / 10, least, most), (total - reserve) / 4);
}

/// What is left beyond the reserve and this; less than nothing: 0.
std::uint64_t beyond(std::uint64_t free, std::uint64_t kept, std::uint64_t size) {
  return free < kept || free - kept < size ? 0 : free - kept - size + 1;
}

std::uint64_t disk_weight(const Usage& usage, std::uint64_t size) {
  return usage.bytes + size + kBlock * (usage.messages + 1);
}

std::string room_words(Room room) {
  switch (room) {
    case Room::all: return {};
    case Room::below_share: return "; this last part is for users who have less than their share in the queue";
    case Room::little: return "; this last part is for users who have little in the queue";
    case Room::root: return "; this last part is for root alone";
    case Room::none: break;
  }
  return fmt::format(", {} MiB and {} inodes are kept in reserve", kReservedBytes >> 20U, kReservedInodes);
}

}  // namespace

LastPart last_part_of(const spool::Space& space) {
  return {last_part(space.total_bytes, kReservedBytes, LastPart::kLeastBytes, LastPart::kMostBytes),
          last_part(space.total_inodes, kReservedInodes, LastPart::kLeastInodes, LastPart::kMostInodes)};
}

Room room_left(const spool::Space& space, std::uint64_t size) {
  const LastPart last = last_part_of(space);
  const auto leaves = [&](std::uint64_t bytes, std::uint64_t inodes) {
    return beyond(space.bytes, kReservedBytes + bytes, size) > 0 && space.inodes >= kReservedInodes + inodes;
  };
  if (!leaves(0, 0)) return Room::none;
  if (!leaves(last.bytes / kRoots, last.inodes / kRoots)) return Room::root;
  if (!leaves(last.bytes / kFew, last.inodes / kFew)) return Room::little;
  return leaves(last.bytes, last.inodes) ? Room::all : Room::below_share;
}

bool is_below_share(const Claim& claim, std::uint64_t size, const LastPart& last) {
  const std::uint64_t own = disk_weight(claim.own, size);
  const std::size_t parties = claim.parties + (claim.own.messages == 0 ? 1 : 0);
  return own <= std::max(disk_weight(claim.all, size) / (parties + 1), last.bytes / kSmall);
}

bool has_little(const Claim& claim, std::uint64_t size, const spool::Space& space) {
  const LastPart last = last_part_of(space);
  const std::uint64_t bytes = beyond(space.bytes, kReservedBytes + last.bytes / kRoots, 0);
  const std::uint64_t inodes = beyond(space.inodes, kReservedInodes + last.inodes / kRoots, 0);
  return disk_weight(claim.own, size) <= bytes / 2 && claim.own.messages < inodes / 2;
}

Result<void> enough_room(const spool::Space& space, std::uint64_t size, const Claim& claim) {
  const Room room = room_left(space, size);
  if (room == Room::all || (room != Room::none && claim.party == 0)) return {};
  if (room == Room::below_share && is_below_share(claim, size, last_part_of(space))) return {};
  if (room <= Room::little && has_little(claim, size, space)) return {};
  return Error{Failure::no_space, fmt::format("{} MiB and {} inodes free on the spool's disk{}", space.bytes >> 20U,
                                              space.inodes, room_words(room))};
}

Result<void> FreeSpace::room_for(std::uint64_t size, const Claim& claim) {
  const SteadyTime now = clock_.steady();
  const bool recent = state_->taken && now - *state_->taken < kSampleAge;
  if (!recent) take_sample(now);
  if (!recent || !state_->space) return {};
  const Result<void> enough = enough_room(*state_->space, size, claim);
  if (!enough) tell_if_full(*state_, claim);
  if (enough) tell_of_room(*state_->space);
  return enough;
}

Task<void> FreeSpace::refused(Claim claim) {
  const std::shared_ptr<State> state = state_;
  const SteadyTime now = clock_.steady();
  const bool confirmed = state->confirmed && now - *state->confirmed < kSampleAge;
  if (!confirmed) {
    state->confirmed = now;
    co_await sample(state, spool_, pool_, now);
  }
  if (state->space) tell_if_full(*state, claim);
}

/// A large message that is more than all that is left says little of the disk.
void FreeSpace::tell_if_full(State& state, const Claim& claim) {
  const Result<void> any = enough_room(*state.space, kOrdinary, claim);
  if (!any) tell(state, room_left(*state.space, kOrdinary), any.error());
}

/// Once for each step that it gets worse.
void FreeSpace::tell(State& state, Room room, const Error& why) {
  if (room <= state.told) return;
  state.told = room;
  if (room == Room::none) {
    log(Level::error, "the spool's disk is full, mail is refused until there is room again", {{"why", why.text}});
  } else {
    log(Level::warning, "the spool's disk is nearly full, mail is taken of some users alone until there is room again",
        {{"why", why.text}});
  }
}

/// Where it comes and goes by single messages it is as if there were none.
void FreeSpace::tell_of_room(const spool::Space& space) {
  if (state_->told == Room::all || room_left(space, last_part_of(space).bytes / 2) != Room::all) return;
  state_->told = Room::all;
  log(Level::notice, "there is room on the spool's disk again", {{"free_mib", space.bytes >> 20U}});
}

void FreeSpace::take_sample(SteadyTime now) {
  if (std::exchange(state_->sampling, true)) return;
  spawn(loop_, sample(state_, spool_, pool_, now), "free space of the spool");
}

Task<bool> FreeSpace::look() {
  const SteadyTime now = clock_.steady();
  if (state_->taken && now - *state_->taken < kSampleAge) co_return true;
  take_sample(now);
  const std::shared_ptr<State> state = state_;
  std::function<bool()> is_over = [state] { return !state->sampling; };
  const bool answered = co_await wait_shortly(loop_, std::move(is_over), patience_);
  co_return answered;
}

Task<void> FreeSpace::sample(std::shared_ptr<State> state, spool::Spool& spool, spool::DiskPool& pool, SteadyTime now) {
  auto job = [&spool] { return spool.space(); };
  const Result<spool::Space> space = co_await pool.run(spool::Priority::urgent, std::move(job));
  state->sampling = false;
  state->taken = now;
  // A sample that fails refuses nobody: writing will tell.
  state->space = space ? std::optional(*space) : std::nullopt;
  const bool is_short = space && !enough_room(*space, 0, Claim());
  if (!is_short) state->short_since.reset();
  if (is_short && !state->short_since) state->short_since = now;
}

}  // namespace postern::queue
