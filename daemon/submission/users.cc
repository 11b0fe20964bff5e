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

constexpr std::size_t kLongestRow = std::size_t{64} << 10U;  // of a group with very many members
constexpr int kMostGroups = 1 << 16;                         // NGROUPS_MAX, the most that the kernel takes
constexpr std::size_t kMostKept = 1000;

/// No error of the service: it says that there is none (getpwnam(3) has this list).
bool says_none(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

std::string group_text(gid_t gid) {
  std::vector<char> bytes(kLongestRow);
  group row{};
  group* found = nullptr;
  ::getgrgid_r(gid, &row, bytes.data(), bytes.size(), &found);
  return found == nullptr ? std::string() : std::string(found->gr_name);
}

}  // namespace

Result<User> user_of_the_system(std::uint32_t uid) {
  User user;
  user.root = uid == 0;
  std::vector<char> bytes(kLongestRow);
  passwd row{};
  passwd* found = nullptr;
  const int error = ::getpwuid_r(uid, &row, bytes.data(), bytes.size(), &found);
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
    if (std::string name = group_text(gid); !name.empty()) user.groups.push_back(std::move(name));
  }
  return user;
}

struct Users::State : std::enable_shared_from_this<Users::State> {
  State(Executor executor, Ask asked) : loop(std::move(executor)), ask(std::move(asked)) {}

  /// One that is under way.
  struct Question {
    explicit Question(const Executor& loop) : answered(loop, kPatience) {}
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
  std::map<std::uint32_t, Known> known;
  std::map<std::uint32_t, std::shared_ptr<Question>> open;
  std::optional<boost::asio::thread_pool> thread;  ///< from the first question on
};

std::shared_ptr<Users::State::Question> Users::State::question(std::uint32_t uid) {
  std::shared_ptr<Question>& place = open[uid];
  if (place) return place;
  place = std::make_shared<Question>(loop);
  const std::shared_ptr<Question> made = place;
  auto job = [state = weak_from_this(), loop = loop, ask = ask, uid] {
    Result<User> result = ask(uid);
    boost::asio::post(loop, [state, uid, result = std::move(result)]() mutable {
      if (const auto self = state.lock()) self->answer(uid, std::move(result));
    });
  };
  try {
    if (!thread) thread.emplace(1);
    boost::asio::post(*thread, std::move(job));
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

Users::Users(Executor loop, Ask ask) : state_(std::make_shared<State>(std::move(loop), std::move(ask))) {}
Users::~Users() = default;

Task<Result<User>> Users::find(std::uint32_t uid) {
  const std::shared_ptr<State> state = state_;
  const auto place = state->known.find(uid);
  if (place != state->known.end() && std::chrono::steady_clock::now() - place->second.since < kKept) {
    co_return place->second.user;
  }
  const std::shared_ptr<State::Question> question = state->question(uid);
  if (!question->result) {
    static_cast<void>(co_await question->answered.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
  }
  if (question->result) co_return *question->result;
  co_return Error{Failure::timeout, "no answer from the name service about uid " + std::to_string(uid)};
}

}  // namespace postern::submission
