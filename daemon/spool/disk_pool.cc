#include "spool/disk_pool.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace postern::spool {
namespace {

constexpr std::array kPriorities = {Priority::urgent, Priority::normal, Priority::background};

std::size_t index_of(Priority priority) { return static_cast<std::size_t>(priority); }

}  // namespace

std::size_t DiskPool::most(Priority priority, std::size_t threads) {
  const std::size_t quarter = std::max<std::size_t>(threads / 4, 1);
  if (priority == Priority::urgent) return threads;
  if (priority == Priority::background) return quarter;
  return std::max<std::size_t>(threads - std::min(quarter, threads), 1);
}

/// Under its mutex but for `threads`.
struct DiskPool::Jobs {
  explicit Jobs(std::size_t number) : threads(number) {}

  struct Line {
    std::deque<std::unique_ptr<Job>> waiting;
    std::size_t running = 0;
    std::size_t overtaken = 0;  ///< by jobs of higher priority, since one of these was taken last
  };

  [[nodiscard]] Line& line(Priority priority) { return lines.at(index_of(priority)); }

  /// It has a job that may run now.
  [[nodiscard]] bool ready(Priority priority) {
    if (line(priority).waiting.empty()) return false;
    if (priority == Priority::urgent) return true;
    const std::size_t background = line(Priority::background).running;
    if (background + line(Priority::normal).running >= most(Priority::normal, threads)) return false;
    return priority == Priority::normal || background < most(Priority::background, threads);
  }

  [[nodiscard]] std::optional<Priority> next() {
    std::optional<Priority> first;
    for (const Priority priority : kPriorities) {
      if (!ready(priority)) continue;
      if (line(priority).overtaken >= kPatience) return priority;
      if (!first) first = priority;
    }
    return first;
  }

  std::unique_ptr<Job> take(Priority priority) {
    for (const Priority other : kPriorities) {
      if (other > priority && ready(other)) ++line(other).overtaken;
    }
    Line& from = line(priority);
    from.overtaken = 0;
    ++from.running;
    std::unique_ptr<Job> job = std::move(from.waiting.front());
    from.waiting.pop_front();
    return job;
  }

  [[nodiscard]] bool empty() const {
    return std::ranges::all_of(lines, [](const Line& one) { return one.waiting.empty(); });
  }

  const std::size_t threads;
  std::mutex mutex;
  std::condition_variable changed;
  std::array<Line, kPriorities.size()> lines;
  bool ending = false;
  bool ended = false;
};

DiskPool::DiskPool(std::size_t threads) : jobs_(std::make_shared<Jobs>(threads)) {
  // Signals belong to the event loop's thread; new threads inherit the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([jobs = jobs_] { work(*jobs); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

DiskPool::~DiskPool() {
  {
    const std::scoped_lock lock(jobs_->mutex);
    jobs_->ending = true;
  }
  jobs_->changed.notify_all();
  for (std::thread& thread : threads_) thread.join();
  decltype(Jobs::lines) left;  // by a poster, since the last thread looked
  {
    const std::scoped_lock lock(jobs_->mutex);
    jobs_->ended = true;
    std::swap(left, jobs_->lines);
  }
}

void DiskPool::push(Jobs& jobs, Priority priority, std::unique_ptr<Job> job) {
  {
    const std::scoped_lock lock(jobs.mutex);
    if (jobs.ended) return;  // the job is destroyed without the lock
    jobs.line(priority).waiting.push_back(std::move(job));
  }
  jobs.changed.notify_one();
}

void DiskPool::work(Jobs& jobs) {
  std::unique_lock lock(jobs.mutex);
  for (;;) {
    std::optional<Priority> priority;
    jobs.changed.wait(lock, [&] { return (priority = jobs.next()) || (jobs.ending && jobs.empty()); });
    if (!priority) return;
    std::unique_ptr<Job> job = jobs.take(*priority);
    // Others may wait for the rest of the end, or for a job that could not run beside those that ran.
    if (jobs.ending) jobs.changed.notify_all();
    lock.unlock();
    job->run();
    job.reset();
    lock.lock();
    --jobs.line(*priority).running;
  }
}

}  // namespace postern::spool
