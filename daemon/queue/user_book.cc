#include "queue/user_book.h"

#include "base/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

// Of more users what is known is forgotten, the oldest half at once.
constexpr std::size_t kMostPages = 10'000;
// A failure that is older says nothing of now, ...
constexpr Seconds kLately = 2 * UserBook::kAskAgainAtMost;
// and after so long the next one is the first of a new row.
constexpr Seconds kLongAgo{2 * 3600};

}  // namespace

UserBook::UserBook(const Ground& ground, const Config& config, std::function<void()> ended)
    : ground_(ground), config_(config), questions_(ground.loop, std::move(ended)) {}

const mail::User* UserBook::find(std::uint32_t uid) const {
  const auto page = pages_.find(uid);
  const bool known = page != pages_.end() && page->second.user && ground_.clock.steady() < page->second.until;
  return known ? &*page->second.user : nullptr;
}

const mail::User* UserBook::last_known(std::uint32_t uid) const {
  const auto page = pages_.find(uid);
  return page != pages_.end() && page->second.user ? &*page->second.user : nullptr;
}

void UserBook::ask_in_time(std::uint32_t uid) {
  if (failed(uid) && ground_.clock.steady() < pages_[uid].again) return;
  ask(uid);
}

void UserBook::ask(std::uint32_t uid) {
  if (stopped_ || find(uid) != nullptr) return;
  if (pages_.size() >= kMostPages) make_room();
  Page& page = pages_[uid];
  if (page.question != Page::Question::none) return;
  page.question = Page::Question::waits;
  waiting_.push_back(uid);
  go_on();
}

/// What somebody waits for stays.
void UserBook::make_room() {
  std::vector<SteadyTime> times;
  times.reserve(pages_.size());
  for (const auto& [uid, page] : pages_) times.push_back(page.until);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  std::erase_if(pages_, [oldest = *middle](const auto& one) {
    return one.second.question == Page::Question::none && one.second.until <= oldest;
  });
}

void UserBook::go_on() {
  if (stopped_) return;
  const SteadyTime now = ground_.clock.steady();
  while (!again_.empty() && again_.begin()->first <= now) {
    const std::uint32_t uid = again_.begin()->second;
    again_.erase(again_.begin());
    pages_[uid].question = Page::Question::waits;
    waiting_.push_back(uid);
  }
  while (!waiting_.empty() && questions_.count() < kMostOpen) {
    const std::uint32_t uid = waiting_.front();
    waiting_.pop_front();
    pages_[uid].question = Page::Question::open;
    questions_.spawn(look_up(uid), "question who uid " + std::to_string(uid) + " is");
  }
}

std::optional<SteadyTime> UserBook::next() const {
  if (again_.empty() || stopped_) return std::nullopt;
  return again_.begin()->first;
}

void UserBook::hurry() {
  for (auto& [uid, page] : pages_) page.again = SteadyTime::min();
  for (const auto& [at, uid] : again_) {
    Page& page = pages_[uid];
    page.question = Page::Question::waits;
    page.failures = 0;
    waiting_.push_back(uid);
  }
  again_.clear();
  go_on();
}

void UserBook::rest() {
  for (const auto& [at, uid] : again_) pages_[uid].question = Page::Question::none;
  for (const std::uint32_t uid : waiting_) pages_[uid].question = Page::Question::none;
  again_.clear();
  waiting_.clear();
}

Task<void> UserBook::stop() {
  stopped_ = true;
  return questions_.all_ended();
}

std::optional<UserBook::Failed> UserBook::failed(std::uint32_t uid) const {
  const auto known = pages_.find(uid);
  if (known == pages_.end() || known->second.why.empty()) return std::nullopt;
  const Page& page = known->second;
  if (ground_.clock.steady() - page.failed >= kLately) return std::nullopt;
  Failed failed;
  failed.text = fmt::format("nobody says who uid {} is, and so by which route this mail goes: {}", uid, page.why);
  failed.since = page.since;
  failed.again = page.again;
  failed.open = page.question != Page::Question::again;
  return failed;
}

Task<void> UserBook::look_up(std::uint32_t uid) {
  Result<mail::User> answer = Error{Failure::cancelled, "there is no name service"};
  try {
    const auto find = config_.user;  // a reload may bring another one meanwhile
    if (find) answer = co_await find(uid);
  } catch (const std::exception& bug) {
    answer = Error{Failure::io, std::string("internal error: ") + bug.what()};
  }
  learn(uid, pages_[uid], std::move(answer));
}

void UserBook::learn(std::uint32_t uid, Page& page, Result<mail::User> answer) {
  const SteadyTime now = ground_.clock.steady();
  page.question = Page::Question::none;
  if (answer) {
    page.user = std::move(*answer);
    page.until = now + kFresh;
    page.failures = 0;
    page.why.clear();
    return;
  }
  // Who it was a minute ago it most likely is.
  if (page.user) {
    page.until = now + kAskAgain;
    return;
  }
  if (page.why.empty() || now - page.failed > kLongAgo) {
    page.since = ground_.clock.wall();
    tell(uid, answer.error().text);
  }
  page.why = answer.error().text;
  page.failed = now;
  const Seconds pause = std::min(kAskAgain * (1U << std::min(page.failures, 10U)), kAskAgainAtMost);
  ++page.failures;
  page.again = now + pause;
  page.question = Page::Question::again;
  again_.emplace(page.again, uid);
}

void UserBook::tell(std::uint32_t uid, const std::string& why) const {
  log(Level::warning, "nobody says who sent a message, for rows of the settings that name users; tried again later",
      {{"uid", uid},
       {"why", why},
       {"advice", "see whether the name service answers: `getent passwd " + std::to_string(uid) + "`"}});
}

}  // namespace postern::queue
