#include "base/task.h"

#include "base/log.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace postern {
namespace {

void report(const std::string& name, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log(Level::error, "internal error", {{"task", name}, {"what", error.what()}});
  } catch (...) {
    log(Level::error, "internal error", {{"task", name}, {"what", "not a std::exception"}});
  }
}

}  // namespace

void spawn(const Executor& executor, Task<void> task, std::string name, std::function<void()> done) {
  boost::asio::co_spawn(executor, std::move(task),
                        [name = std::move(name), done = std::move(done)](const std::exception_ptr& failure) {
                          if (failure) report(name, failure);
                          if (done) done();
                        });
}

}  // namespace postern
