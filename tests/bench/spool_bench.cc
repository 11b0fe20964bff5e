// What one durable message costs: the spool's commit with 1, 8 and 32 writers, beside the bare floor of a file
// created, written and synced. POSTERN_BENCH_DIR names a directory on the disk to measure (default: the working
// directory; never a tmpfs).
#include "base/clock.h"
#include "base/random.h"
#include "spool/draft.h"
#include "spool/spool.h"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace postern {
namespace {

constexpr std::size_t kMessage = 4096;

std::filesystem::path scratch() {
  const char* base = std::getenv("POSTERN_BENCH_DIR");
  return std::filesystem::path(base != nullptr ? base : ".") / ("postern-bench-" + std::to_string(::getpid()));
}

void bare_file_and_fsync(benchmark::State& state) {
  const std::filesystem::path directory = scratch();
  if (state.thread_index() == 0) std::filesystem::create_directory(directory);
  const std::string text(kMessage, 'x');
  const std::string prefix = (directory / ("t" + std::to_string(state.thread_index()) + ".")).string();
  std::size_t number = 0;
  for (auto _ : state) {
    const int fd = ::open((prefix + std::to_string(number++)).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(fd) != 0) {
      state.SkipWithError("the disk failed");
    }
    ::close(fd);
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) std::filesystem::remove_all(directory);
}
BENCHMARK(bare_file_and_fsync)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

mail::Envelope envelope() {
  mail::Envelope envelope;
  envelope.accepted = system_clock().wall();
  envelope.id =
      QueueId::make(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()), random_number());
  envelope.sender = "alice@example.com";
  mail::Recipient recipient;
  recipient.address = "bob@example.net";
  envelope.recipients.push_back(recipient);
  envelope.wire_size = kMessage;
  return envelope;
}

std::unique_ptr<spool::Spool> shared_spool;

void spool_commit(benchmark::State& state) {
  const std::filesystem::path directory = scratch();
  if (state.thread_index() == 0) {
    auto opened = spool::Spool::open(spool::posix_disk(), directory.string());
    if (!opened) {
      state.SkipWithError(opened.error().text.c_str());
      return;
    }
    shared_spool = std::move(*opened);
  }
  const std::string text(kMessage, 'x');
  for (auto _ : state) {
    spool::Draft draft(*shared_spool, envelope());
    draft.add(text);
    if (!draft.commit(kMessage, mail::BodyType::seven_bit)) state.SkipWithError("the commit failed");
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    shared_spool.reset();
    std::filesystem::remove_all(directory);
  }
}
BENCHMARK(spool_commit)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

}  // namespace
}  // namespace postern
