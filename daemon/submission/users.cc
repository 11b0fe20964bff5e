#include "submission/users.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <utility>

namespace postern::submission {
namespace {

constexpr std::size_t kFirstRow = std::size_t{64} << 10U;
constexpr std::size_t kLongestRow = std::size_t{16} << 20U;  // of a group with very many members
constexpr int kMostGroups = 1 << 16;                         // NGROUPS_MAX, the most that the kernel takes
constexpr std::size_t kMostKept = 1000;

/// No error of the service: it says that there is none (getpwnam(3) has this list).
bool says_none(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/// Calls `look` with more and more room until the row has enough of it. The errno.
template <typename Look>
int with_room(std::vector<char>& bytes, Look look) {
  bytes.resize(kFirstRow);
  for (;;) {
    const int error = look();
    if (error != ERANGE || bytes.size() >= kLongestRow) return error;
    bytes.resize(bytes.size() * 4);
  }
}

/// Empty: there is none.
Result<std::string> group_text(gid_t gid) {
  std::vector<char> bytes;
  group row{};
  group* found = nullptr;
  const int error = with_room(bytes, [&] { return ::getgrgid_r(gid, &row, bytes.data(), bytes.size(), &found); });
  if (found != nullptr) return std::string(found->gr_name);
  if (says_none(error)) return std::string();
  return system_error(error, "cannot look for the name of group " + std::to_string(gid));
}

}  // namespace

Result<User> user_of_the_system(std::uint32_t uid) {
  User user;
  user.root = uid == 0;
  std::vector<char> bytes;
  passwd row{};
  passwd* found = nullptr;
  const int error = with_room(bytes, [&] { return ::getpwuid_r(uid, &row, bytes.data(), bytes.size(), &found); });
  if (found == nullptr && !says_none(error)) {
    return system_error(error, "cannot look for the name of uid " + std::to_string(uid));
  }
  if (found == nullptr) return user;
  user.name = found->pw_name;
  int count = kMostGroups;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  ::getgrouplist(found->pw_name, found->pw_gid, groups.data(), &count);
  groups.resize(static_cast<std::size_t>(count > 0 ? count : 0));
  for (const gid_t gid : groups) {
    Result<std::string> name = group_text(gid);
    // A row for that group would not hold for the user.
    if (!name) return name.error();
    if (!name->empty()) user.groups.push_back(std::move(*name));
  }
  return user;
}

struct Users::State : std::enable_shared_from_this<Users::State> {
  State(Executor executor, Ask asked, Milliseconds longest)
      : loop(std::move(executor)), ask(std::move(asked)), patience(longest) {}

  /// One that is under way.
  struct Question {
    Question(const Executor& loop, Milliseconds patience) : answered(loop, patience) {}
    boost::asio::steady_timer answered;  ///< cancelled by the answer, for all who wait
    std::optional<Result<User>> result;
  };
  struct Known {
    User user;
    std::chrono::steady_clock::time_point since;
  };

  std::shared_ptr<Question> question(std::uint32_t uid);
  void answer(std::uint32_t uid, Result<User> result);

  Executor loop;
  Ask ask;
  Milliseconds patience;
  std::map<std::uint32_t, Known> known;
  std::map<std::uint32_t, std::shared_ptr<Question>> open;
  std::optional<boost::asio::thread_pool> threads;  ///< from the first question on
};

std::shared_ptr<Users::State::Question> Users::State::question(std::uint32_t uid) {
  std::shared_ptr<Question>& place = open[uid];
  if (place) return place;
  place = std::make_shared<Question>(loop, patience);
  const std::shared_ptr<Question> made = place;
  auto job = [state = weak_from_this(), loop = loop, ask = ask, uid] {
    Result<User> result = ask(uid);
    boost::asio::post(loop, [state, uid, result = std::move(result)]() mutable {
      if (const auto self = state.lock()) self->answer(uid, std::move(result));
    });
  };
  try {
    if (!threads) threads.emplace(kThreads);
    boost::asio::post(*threads, std::move(job));
  } catch (const boost::system::system_error& error) {  // there may be no more threads
    answer(uid, system_error(error.code().value(), "cannot look for the name of uid " + std::to_string(uid)));
  }
  return made;
}

void Users::State::answer(std::uint32_t uid, Result<User> result) {
  const auto place = open.find(uid);
  const std::shared_ptr<Question> asked = place->second;
  open.erase(place);
  if (result) {
    if (known.size() >= kMostKept) known.clear();
    known.insert_or_assign(uid, Known{*result, std::chrono::steady_clock::now()});
  }
  asked->result = std::move(result);
  asked->answered.cancel();
}

Users::Users(Executor loop, Ask ask, Milliseconds patience)
    : state_(std::make_shared<State>(std::move(loop), std::move(ask), patience)) {}
Users::~Users() = default;

Task<Result<User>> Users::find(std::uint32_t uid) {
  const std::shared_ptr<State> state = state_;
  const auto fresh = state->known.find(uid);
  if (fresh != state->known.end() && std::chrono::steady_clock::now() - fresh->second.since < kKept) {
    co_return fresh->second.user;
  }
  const std::shared_ptr<State::Question> question = state->question(uid);
  if (!question->result) {
    static_cast<void>(co_await question->answered.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  }
  if (question->result && *question->result) co_return *question->result;
  const auto old = state->known.find(uid);
  if (old != state->known.end()) co_return old->second.user;
  if (question->result) co_return *question->result;
  co_return Error{Failure::timeout, "the name service does not say who uid " + std::to_string(uid) + " is"};
}

}  // namespace postern::submission
