// What is open, and what the stop waits for: messages between waiting and waiting (or gone), and tasks beside them.
#pragma once

#include "base/task.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace postern::queue {

class OpenWork {
 public:
  /// `ended` is called after every task of spawn(), since what it was about may be due now, and by changed().
  OpenWork(const Executor& loop, std::function<void()> ended);

  void begin() { ++count_; }
  /// Ends what begin() began.
  void end();
  /// A task that counts as open until it has ended.
  void spawn(Task<void> task, std::string name);
  /// Something may be due that was not before.
  void changed() { ended_(); }
  [[nodiscard]] std::size_t count() const { return count_; }
  /// Returns when nothing is open.
  Task<void> all_ended();

 private:
  Executor loop_;
  std::function<void()> ended_;
  std::size_t count_ = 0;
  boost::asio::steady_timer none_left_;  ///< cancelled when the last one has ended
};

}  // namespace postern::queue
