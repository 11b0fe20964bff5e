// A question to a disk, which may hang: asked apart from whoever waits for the answer, and waited for no longer than
// so.
#pragma once

#include "base/clock.h"
#include "base/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::app {

/// One question, asked again and again. For one event loop's thread.
template <class Answer>
class BoundedQuestion {
 public:
  BoundedQuestion(Executor loop, std::string name, SteadyTime::duration patience)
      : loop_(std::move(loop)), name_(std::move(name)), patience_(patience) {}

  /// Where the last one is not answered yet, nothing is asked and its answer counts: however long a disk hangs, it is
  /// asked one thing. What the task uses must live until it has ended.
  void ask(Task<Answer> question) {
    if (run_ && !run_->over) return;
    run_ = std::make_shared<Run>(loop_, patience_);
    auto over = [run = run_] {
      run->over = true;
      run->ended.cancel();
    };
    spawn(loop_, take_answer(run_, std::move(question)), name_, std::move(over));
  }

  /// To what was asked last. Nothing: there is none in time, counted from when it was asked; or there was a bug, and
  /// the log has it.
  Task<std::optional<Answer>> answer() {
    const std::shared_ptr<Run> run = run_;
    constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable);
    if (run && !run->over) static_cast<void>(co_await run->ended.async_wait(kToken));
    if (!run) co_return std::nullopt;
    co_return run->answer;
  }

 private:
  struct Run {
    Run(const Executor& loop, SteadyTime::duration patience) : ended(loop, patience) {}

    boost::asio::steady_timer ended;  ///< cancelled at the end
    bool over = false;
    std::optional<Answer> answer;
  };

  static Task<void> take_answer(std::shared_ptr<Run> run, Task<Answer> question) {
    run->answer.emplace(co_await std::move(question));
  }

  Executor loop_;
  std::string name_;
  SteadyTime::duration patience_;
  std::shared_ptr<Run> run_;
};

}  // namespace postern::app
