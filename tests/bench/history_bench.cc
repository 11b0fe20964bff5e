// What the history costs those who feed it and those who ask: a record on the event loop, a batch on the disk, and
// answers out of 1,000,000 records: of the last hour, by an id, and by a text that is nowhere, which reads them all.
// POSTERN_BENCH_DIR names a directory on the disk to measure.
#include "base/clock.h"
#include "base/ids.h"
#include "history/history.h"
#include "history/search.h"
#include "history/segments.h"

#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace postern::history {
namespace {

constexpr int kMany = 1'000'000;
constexpr int kMessagesADay = 10'000;

std::string history_scratch() {
  const char* base = std::getenv("POSTERN_BENCH_DIR");
  const auto name = "postern-bench-history-" + std::to_string(::getpid());
  return (std::filesystem::path(base != nullptr ? base : ".") / name).string();
}

Record delivery(int number, WallTime at) {
  Record record;
  const QueueId id = QueueId::make(at, static_cast<std::uint64_t>(number));
  record[Field::at] = to_rfc3339(at);
  record[Field::kind] = name(Kind::delivered);
  record[Field::id] = id.text();
  record[Field::uid] = record[Field::owner] = std::to_string(1000 + number % 7);
  record[Field::accepted] = record[Field::at];
  record[Field::size] = "4096";
  record[Field::from] = "cron@web1.example.net";
  record[Field::to] = "admin@example.com";
  record[Field::original] = "root@web1.example.net";
  record[Field::subject] = "Cron <root@web1> /usr/local/bin/backup --all " + std::to_string(number);
  record[Field::message_id] = "<" + id.str() + "@web1.example.net>";
  record[Field::site] = "main";
  record[Field::host] = "smtp.example.com[192.0.2.1]:465";
  record[Field::remote_id] = "4XYZ" + std::to_string(number);
  record[Field::reply] = "250 2.0.0 Ok: queued as 4XYZ" + std::to_string(number);
  return record;
}

/// A million of them, the last one now; made once and removed at the end.
class Kept {
 public:
  Kept() : now_(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now())) {
    HistoryOptions options;
    options.size = std::uint64_t{4} << 30U;
    options.days = 3650;
    Segments segments(directory_);
    std::string lines;
    for (int i = 0; i < kMany; ++i) {
      lines += line_of(delivery(i, at(i)));
      if (i % 1000 == 999) (void)segments.append(std::exchange(lines, {}), options, at(i));
    }
  }
  ~Kept() { std::filesystem::remove_all(directory_); }
  [[nodiscard]] WallTime at(int number) const {
    return now_ - Milliseconds(static_cast<std::int64_t>(kMany - 1 - number) * 86'400'000 / kMessagesADay);
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_ = history_scratch();
  WallTime now_;
};

const Kept& kept() {
  static const Kept once;
  return once;
}

void ask(benchmark::State& state, const Query& query, bool first_alone) {
  const std::string& directory = kept().directory();
  std::size_t found = 0;
  for (auto _ : state) {
    Search search(directory, query);
    for (bool ended = false; !ended;) {
      const auto page = search.next(32);
      if (!page) return state.SkipWithError(page.error().text.c_str());
      found += page->records.size();
      ended = page->ended || (first_alone && !page->records.empty());
    }
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  state.counters["found"] = static_cast<double>(found) / static_cast<double>(state.iterations());
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

void history_of_the_last_hour(benchmark::State& state) {
  Query query;
  query.since = kept().at(kMany - 1) - std::chrono::hours(1);
  ask(state, query, false);
}
BENCHMARK(history_of_the_last_hour)->Unit(benchmark::kMillisecond);

void history_by_an_id_of_yesterday(benchmark::State& state) {
  const int number = kMany - 1 - kMessagesADay;
  Query query;
  query.id = delivery(number, kept().at(number))[Field::id];
  query.since = kept().at(number);
  ask(state, query, false);
}
BENCHMARK(history_by_an_id_of_yesterday)->Unit(benchmark::kMillisecond);

void history_by_the_oldest_id(benchmark::State& state) {
  Query query;
  query.id = delivery(0, kept().at(0))[Field::id];
  ask(state, query, false);
}
BENCHMARK(history_by_the_oldest_id)->Unit(benchmark::kMillisecond);

void history_full_scan(benchmark::State& state) {
  Query query;
  query.subject = "no such words";
  ask(state, query, false);
}
BENCHMARK(history_full_scan)->Unit(benchmark::kMillisecond);

/// What the event loop pays for one record.
void history_note(benchmark::State& state) {
  boost::asio::io_context loop;
  const std::string directory = history_scratch() + "-note";
  History history(loop.get_executor(), [](const std::function<void()>& job) { job(); }, system_clock(), directory, {});
  const Record record = delivery(1, system_clock().wall());
  int noted = 0;
  for (auto _ : state) {
    if (noted++ % 500 == 0) {
      state.PauseTiming();
      history.flush();
      state.ResumeTiming();
    }
    history.note(record);
  }
  state.SetItemsProcessed(state.iterations());
  history.flush();
  std::filesystem::remove_all(directory);
}
BENCHMARK(history_note);

/// What a thread of the disk pays for a second's records.
void history_batch_of_a_thousand(benchmark::State& state) {
  const std::string directory = history_scratch() + "-batch";
  Segments segments(directory);
  const WallTime now = system_clock().wall();
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += line_of(delivery(i, now));
  for (auto _ : state) {
    if (!segments.append(lines, {}, now)) return state.SkipWithError("the disk failed");
  }
  state.SetItemsProcessed(state.iterations() * 1000);
  std::filesystem::remove_all(directory);
}
BENCHMARK(history_batch_of_a_thousand)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace postern::history
