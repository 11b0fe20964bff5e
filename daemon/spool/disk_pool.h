// A fixed number of threads for calls that block on the disk, and for what takes the processor long; the event loop
// never makes one itself. A job ends where it began: `run` resumes its coroutine on the coroutine's own executor.
//
// Jobs of higher priority go first, those of one in the order of their coming. Lower ones never hold all threads, so
// that a commit finds one however many listings are asked for; and none waits for ever, however many commits come.
#pragma once

#include "base/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace postern::spool {

enum class Priority {
  urgent,      ///< what the answer to a submission waits for
  normal,      ///< delivery, and what an operator changes
  background,  ///< what can be asked for again and again (listings, pages), key derivation, notes for the next start
};

class DiskPool {
 public:
  explicit DiskPool(std::size_t threads = 8);
  /// Ends after all posted jobs have run.
  ~DiskPool();
  DiskPool(const DiskPool&) = delete;
  DiskPool& operator=(const DiskPool&) = delete;

  /// Jobs of a priority that run at once: urgent ones have all threads, all others together leave a quarter free, and
  /// background ones have a quarter; one each where there are too few threads for that.
  [[nodiscard]] static std::size_t most(Priority priority, std::size_t threads);
  /// So many jobs may overtake one that waits and has room to run.
  static constexpr std::size_t kPatience = 16;

  /// Runs `function()` on the pool; nobody waits for it. It must not throw.
  template <class Function>
  void post(Priority priority, Function function) {
    push(*jobs_, priority, std::make_unique<JobOf<Function>>(std::move(function)));
  }

  /// Runs `function()` on the pool and resumes with its value (not void). It must not throw. Name the lambda on
  /// the line above the co_await.
  template <class Function>
  Task<std::invoke_result_t<Function&>> run(Priority priority, Function function) {
    using Value = std::invoke_result_t<Function&>;
    Start<Function, Value> start;
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(Value)>(
        start, boost::asio::use_awaitable, this, priority, &function);
  }

 private:
  struct Job {
    virtual ~Job() = default;
    virtual void run() = 0;
  };
  struct Jobs;

  template <class Function>
  struct JobOf final : Job {
    explicit JobOf(Function given) : function(std::move(given)) {}
    void run() override { function(); }
    Function function;
  };

  template <class Function, class Value>
  struct Start {
    template <class Handler>
    void operator()(Handler handler, DiskPool* pool, Priority priority, Function* function) const {
      // The guard keeps the event loop running while the job is away.
      auto guard = boost::asio::make_work_guard(handler);
      pool->post(priority, [guard = std::move(guard), handler = std::move(handler), function]() mutable {
        auto resume = [handler = std::move(handler), value = (*function)()]() mutable {
          std::move(handler)(std::move(value));
        };
        boost::asio::post(guard.get_executor(), std::move(resume));
      });
    }
  };

 public:
  /// Posts to the pool from whatever may outlive it: the frames of coroutines end with the event loop, after all else.
  class Poster {
   public:
    /// Once the pool has ended the job is destroyed here and now, without having run.
    template <class Function>
    void post(Priority priority, Function function) const {
      push(*jobs_, priority, std::make_unique<JobOf<Function>>(std::move(function)));
    }

   private:
    friend class DiskPool;
    explicit Poster(std::shared_ptr<Jobs> jobs) : jobs_(std::move(jobs)) {}
    std::shared_ptr<Jobs> jobs_;
  };
  [[nodiscard]] Poster poster() const { return Poster(jobs_); }

 private:
  static void push(Jobs& jobs, Priority priority, std::unique_ptr<Job> job);
  static void work(Jobs& jobs);

  std::shared_ptr<Jobs> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace postern::spool
