#include "app/threads.h"

#include <functional>
#include <utility>

namespace postern::app {
namespace {

Task<void> run_urgently(spool::DiskPool* pool, std::function<void()> job) {
  auto done = [job = std::move(job)] {
    job();
    return true;
  };
  static_cast<void>(co_await pool->run(spool::Priority::urgent, std::move(done)));
}

}  // namespace

submission::SubmissionRecordFile::Threads record_threads(spool::DiskPool& pool) {
  submission::SubmissionRecordFile::Threads threads;
  threads.run = [&pool](std::function<void()> job) { return run_urgently(&pool, std::move(job)); };
  threads.post = [&pool](std::function<void()> job) { pool.post(spool::Priority::normal, std::move(job)); };
  return threads;
}

relay::MemoryFile::Background in_background(const spool::DiskPool& pool) {
  return
      [poster = pool.poster()](std::function<void()> job) { poster.post(spool::Priority::background, std::move(job)); };
}

}  // namespace postern::app
