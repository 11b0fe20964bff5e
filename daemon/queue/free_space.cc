#include "queue/free_space.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <string>
#include <utility>

namespace postern::queue {
namespace {

constexpr Milliseconds kLongestLook = Seconds(1);

}  // namespace

Result<void> enough_room(const spool::Space& space, std::uint64_t size) {
  if (space.bytes < kReservedBytes || space.bytes - kReservedBytes < size) {
    return Error{Failure::no_space, fmt::format("{} MiB free on the spool's disk, {} MiB are kept in reserve",
                                                space.bytes >> 20U, kReservedBytes >> 20U)};
  }
  if (space.inodes < kReservedInodes) {
    return Error{Failure::no_space, fmt::format("{} inodes free on the spool's disk, {} are kept in reserve",
                                                space.inodes, kReservedInodes)};
  }
  return {};
}

Result<void> FreeSpace::room_for(std::uint64_t size) {
  const SteadyTime now = clock_.steady();
  const bool recent = state_->taken && now - *state_->taken < kSampleAge;
  if (recent && state_->space) return enough_room(*state_->space, size);
  if (!recent) take_sample(now);
  return {};
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
  boost::asio::steady_timer pause(loop_);
  // A disk that hangs must not keep an administrator from hearing of it.
  for (Milliseconds wait(1); state->sampling && wait < kLongestLook; wait *= 2) {
    pause.expires_after(wait);
    co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  co_return !state->sampling;
}

Task<void> FreeSpace::sample(std::shared_ptr<State> state, spool::Spool& spool, spool::DiskPool& pool, SteadyTime now) {
  auto job = [&spool] { return spool.space(); };
  const Result<spool::Space> space = co_await pool.run(spool::Priority::urgent, std::move(job));
  state->sampling = false;
  state->taken = now;
  // A sample that fails refuses nobody: writing will tell.
  state->space = space ? std::optional(*space) : std::nullopt;
}

}  // namespace postern::queue
