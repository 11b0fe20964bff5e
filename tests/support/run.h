// Runs one coroutine to its end on an event loop.
#pragma once

#include "base/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>

namespace postern::test {

/// Runs the loop until the task ends; what else there is on it goes on afterwards.
template <class T>
T wait(boost::asio::io_context& loop, Task<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    if (!error) value.emplace(std::move(result));
  });
  loop.restart();
  while (!value && !failure && loop.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::logic_error("the task never ended");
  return std::move(*value);
}

inline Task<bool> and_then_true(Task<void> task) {
  co_await std::move(task);
  co_return true;
}

inline void wait(boost::asio::io_context& loop, Task<void> task) { wait(loop, and_then_true(std::move(task))); }

/// Runs the loop until nothing is left on it.
template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
  T value = wait(loop, std::move(task));
  loop.run();
  return value;
}

inline void run(boost::asio::io_context& loop, Task<void> task) { run(loop, and_then_true(std::move(task))); }

/// On a loop of its own.
template <class T>
T run(Task<T> task) {
  boost::asio::io_context loop;
  return run(loop, std::move(task));
}

inline void run(Task<void> task) { run(and_then_true(std::move(task))); }

}  // namespace postern::test
