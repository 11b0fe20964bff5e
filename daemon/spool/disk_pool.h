// A fixed number of threads for calls that block on the disk; the event loop never makes one itself.
// A job ends where it began: `run` resumes its coroutine on the coroutine's own executor.
#pragma once

#include "base/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace postern::spool {

class DiskPool {
 public:
  explicit DiskPool(std::size_t threads = 8);
  /// Ends after all posted jobs have run.
  ~DiskPool();
  DiskPool(const DiskPool&) = delete;
  DiskPool& operator=(const DiskPool&) = delete;

  /// Runs `function()` on the pool; nobody waits for it. It must not throw.
  template <class Function>
  void post(Function function) {
    push(std::make_unique<JobOf<Function>>(std::move(function)));
  }

  /// Runs `function()` on the pool and resumes with its value (not void). It must not throw. Name the lambda on
  /// the line above the co_await.
  template <class Function>
  Task<std::invoke_result_t<Function&>> run(Function function) {
    using Value = std::invoke_result_t<Function&>;
    Start<Function, Value> start;
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(Value)>(
        start, boost::asio::use_awaitable, this, &function);
  }

 private:
  struct Job {
    virtual ~Job() = default;
    virtual void run() = 0;
  };

  template <class Function>
  struct JobOf final : Job {
    explicit JobOf(Function given) : function(std::move(given)) {}
    void run() override { function(); }
    Function function;
  };

  template <class Function, class Value>
  struct Start {
    template <class Handler>
    void operator()(Handler handler, DiskPool* pool, Function* function) const {
      // The guard keeps the event loop running while the job is away.
      auto guard = boost::asio::make_work_guard(handler);
      pool->post([guard = std::move(guard), handler = std::move(handler), function]() mutable {
        auto resume = [handler = std::move(handler), value = (*function)()]() mutable {
          std::move(handler)(std::move(value));
        };
        boost::asio::post(guard.get_executor(), std::move(resume));
      });
    }
  };

  void push(std::unique_ptr<Job> job);
  void work();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::unique_ptr<Job>> jobs_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern::spool
