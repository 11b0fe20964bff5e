// Coroutines of the daemon. A coroutine is a function with parameters, never a capturing lambda;
// reference parameters only if the caller awaits at once. In an expression with co_await write no
// braced aggregate, no capturing lambda and no initializer list: GCC 12 destroys them twice. Name
// the object on the line above.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace postern {

using Executor = boost::asio::any_io_executor;

template <class T>
using Task = boost::asio::awaitable<T>;

/// Runs a task on the executor. An exception that escapes it is a bug of ours: it is logged with
/// the name and ends that task only. `done`, if given, is called afterwards in either case.
void spawn(const Executor& executor, Task<void> task, std::string name, std::function<void()> done = {});

}  // namespace postern
