// Runs one coroutine to its end on a private event loop.
#pragma once

#include "base/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>

namespace postern::test {

template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    if (!error) value.emplace(std::move(result));
  });
  loop.restart();
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::logic_error("the task never ended");
  return std::move(*value);
}

template <class T>
T run(Task<T> task) {
  boost::asio::io_context loop;
  return run(loop, std::move(task));
}

inline void run(boost::asio::io_context& loop, Task<void> task) {
  std::exception_ptr failure;
  bool ended = false;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
    failure = error;
    ended = true;
  });
  loop.restart();
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!ended) throw std::logic_error("the task never ended");
}

inline void run(Task<void> task) {
  boost::asio::io_context loop;
  run(loop, std::move(task));
}

}  // namespace postern::test
