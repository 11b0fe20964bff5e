#include "app/history_desk.h"

#include "history/keeping.h"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace postern::app {
namespace {

using Found = history::Search::Found;

/// Steps of administrators; more than these wait only where nothing is answered.
constexpr std::size_t kMostWaiting = 1000;

struct Awaited {
  explicit Awaited(const Executor& loop) : timer(loop) {}

  boost::asio::steady_timer timer;
  std::optional<Result<Found>> found;  // on the loop
  std::atomic<bool> begun = false;
  std::atomic<bool> given_up = false;
};

Error too_many(std::optional<std::uint32_t> party) {
  return {Failure::busy, party ? "too many searches of the history by one user at once: wait until some have ended"
                               : "too many search the history at once"};
}

Error no_answer(bool busy, Milliseconds patience) {
  const auto seconds = std::chrono::ceil<Seconds>(patience).count();
  if (busy) {
    return {Failure::busy, fmt::format("the history is busy with other searches, and this one had no turn for {} s: "
                                       "try again when they have ended",
                                       seconds)};
  }
  return {Failure::io, fmt::format("the disk of the history has not answered for {} s", seconds)};
}

Task<Result<Found>> find_on(Executor loop, OneThread thread, std::optional<std::uint32_t> party, Milliseconds patience,
                            std::function<Result<Found>()> step) {
  if (thread.waiting(party) >= (party ? kMostOfUser : kMostWaiting)) co_return too_many(party);
  const auto awaited = std::make_shared<Awaited>(loop);
  awaited->timer.expires_after(patience);
  const std::uint64_t ended = thread.ended();
  auto job = [loop, awaited, step = std::move(step)] {
    if (awaited->given_up) return;
    awaited->begun = true;
    auto done = [awaited, found = step()]() mutable {
      awaited->found = std::move(found);
      awaited->timer.cancel();
    };
    boost::asio::post(loop, std::move(done));
  };
  thread.post(std::move(job), party);
  co_await awaited->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (awaited->found) co_return std::move(*awaited->found);
  awaited->given_up = true;
  // What was under way when this came may have ended before the disk stopped to answer.
  const bool others_went = thread.ended() > ended + 1;
  co_return no_answer(!awaited->begun && others_went, patience);
}

}  // namespace

std::string history_directory(const std::string& spool) {
  const char* const made = std::getenv("STATE_DIRECTORY");  // several: between colons
  const std::string_view first = made == nullptr ? std::string_view() : made;
  const std::string_view parent = first.substr(0, first.find(':'));
  return (parent.starts_with('/') ? std::string(parent) : spool) + "/history";
}

history::HistoryOptions cautious(history::HistoryOptions salvaged) {
  salvaged.keep_all = true;
  salvaged.subjects = false;
  return salvaged;
}

history::Steps steps_on(const Executor& loop, OneThread thread, std::optional<std::uint32_t> party,
                        Milliseconds patience) {
  return [loop, thread = std::move(thread), party, patience](std::function<Result<Found>()> step) {
    return find_on(loop, thread, party, patience, std::move(step));
  };
}

HistoryDesk::HistoryDesk(const Executor& loop, const OneThread& thread, Clock& clock, std::string directory,
                         history::HistoryOptions options)
    : history_(
          loop, [thread](std::function<void()> job) { thread.post(std::move(job)); }, clock, std::move(directory),
          options),
      scribe_(history_, clock),
      answers_(history_,
               [loop, thread, parties = parties_](std::optional<std::uint32_t> owner) {
                 return steps_on(loop, thread, owner ? std::optional(parties->of(*owner)) : std::nullopt);
               }),
      daily_(loop),
      alive_(std::make_shared<int>(0)) {}

void HistoryDesk::start() {
  history_.tidy();
  daily_.expires_after(history::kDay);
  daily_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) start();
  });
}

void HistoryDesk::use_parties(const mail::Parties& parties) {
  *parties_ = parties;
  scribe_.use_parties(parties);
}

void HistoryDesk::stop() {
  alive_ = nullptr;
  daily_.cancel();
}

}  // namespace postern::app
