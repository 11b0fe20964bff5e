// The queue over a disk in memory, with a delivery function that does what the test says and a clock that
// stands still until told.
#pragma once

#include "queue/queue.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"
#include "support/fake_clock.h"
#include "support/memory_disk.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace postern::queue {

using mail::DeliveryReport;
using mail::Status;

inline Status delivered() { return Status{mail::Verdict::delivered, 250, "2.0.0", "Ok"}; }
inline Status deferred() { return Status{mail::Verdict::deferred, 451, "4.3.0", "try again later"}; }
inline Status refused() { return Status{mail::Verdict::failed, 550, "5.1.1", "no such user"}; }

inline DeliveryReport site_trouble(mail::Step step = mail::Step::connect) {
  DeliveryReport report;
  report.site = mail::SiteTrouble{step, Failure::refused, 0, "connection refused", false};
  report.site->in_transaction = step >= mail::Step::mail;
  return report;
}

/// What the smarthost does with each recipient: by address, else delivered.
struct Smarthost {
  std::map<std::string, Status> answers;
  std::optional<DeliveryReport> trouble;
  bool throws = false;
  std::string sent_as;           // as it tells of each message
  std::vector<std::string> got;  // addresses delivered
  std::vector<std::string> texts;
  std::size_t attempts = 0;
  std::size_t active = 0;
  std::size_t most_active = 0;
};

inline Task<DeliveryReport> deliver_to(Smarthost* host, spool::DiskPool* pool, mail::Message* message) {
  ++host->attempts;
  ++host->active;
  host->most_active = std::max(host->most_active, host->active);
  auto elsewhere = [] { return 0; };
  co_await pool->run(spool::Priority::normal, std::move(elsewhere));
  --host->active;
  if (host->throws) throw std::runtime_error("poison");
  if (host->trouble) co_return *host->trouble;
  std::string text;
  for (;;) {
    const Result<std::string_view> piece = co_await message->read();
    if (!piece || piece->empty()) break;
    text += *piece;
  }
  DeliveryReport report;
  report.host = "smtp.example.com[192.0.2.1]:465";
  report.sent_as = host->sent_as;
  for (const std::size_t index : message->pending()) {
    const std::string& address = message->envelope().recipients[index].address;
    const auto answer = host->answers.find(address);
    const Status status = answer == host->answers.end() ? delivered() : answer->second;
    if (status.verdict == mail::Verdict::delivered) host->got.push_back(address);
    report.recipients.emplace_back(status);
  }
  host->texts.push_back(std::move(text));
  co_return report;
}

/// Runs the loop until this task has ended; the queue's timer, which sleeps in real time, is not waited for.
template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
  std::optional<T> value;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T result) {
    if (failure) std::rethrow_exception(failure);
    value.emplace(std::move(result));
  });
  loop.restart();
  while (!value) loop.run_one();
  return std::move(*value);
}

inline void run(boost::asio::io_context& loop, Task<void> task) {
  bool ended = false;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    ended = true;
  });
  loop.restart();
  while (!ended) loop.run_one();
}

class QueueTest : public testing::Test {
 protected:
  QueueTest() { open(); }
  ~QueueTest() override { close(); }

  void make(std::vector<SiteConfig> sites) {
    spool = *spool::Spool::open(disk, "spool");
    queue =
        Queue::make(loop.get_executor(), *spool, pool, clock, config(), std::move(sites),
                    [this](mail::Message& message, const std::string&) { return deliver_to(&host, &pool, &message); });
  }
  void open(std::vector<SiteConfig> sites = {{"main", {4}}}) {
    make(std::move(sites));
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  void close() {
    if (queue) run(loop, queue->stop());
    queue.reset();
    spool.reset();
  }
  void reopen() {
    close();
    open();
  }

  static mail::Envelope envelope(std::vector<std::string> recipients, std::string sender = "alice@example.com") {
    mail::Envelope made;
    made.sender = std::move(sender);
    made.source.kind = mail::Source::Kind::smtp;
    for (std::string& address : recipients) {
      mail::Recipient one;
      one.address = std::move(address);
      made.recipients.push_back(std::move(one));
    }
    return made;
  }

  /// Commits and lets the loop run until nothing more happens without time passing.
  QueueId accept(mail::Envelope made, const std::string& text = "Subject: hi\n\nbody\n") {
    auto intake = queue->begin(std::move(made));
    EXPECT_TRUE(run(loop, intake->append(text)));
    EXPECT_TRUE(run(loop, intake->commit(text.size(), mail::BodyType::seven_bit)));
    const QueueId id = intake->id();
    settle();
    return id;
  }
  void settle() {
    for (int quiet = 0; quiet < 3;) {
      auto nothing = [] { return 0; };
      (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
      quiet = queue->totals().active == 0 ? quiet + 1 : 0;
    }
  }
  void pass(Milliseconds time) {
    clock.advance(time);
    queue->site_recovered("no such site");  // looks at the clock
    settle();
  }
  static Config config() {
    Config made;
    made.hostname = "web1.example.net";
    made.domain = "example.net";
    made.patience = Seconds(60);  // no disk hangs here, and a busy machine may let its thread wait for long
    return made;
  }
  /// All that the selection means, in its order.
  std::vector<Entry> listed(Selection selection = {}) {
    std::vector<Entry> all;
    const std::unique_ptr<Listing> listing = queue->list(std::move(selection));
    for (auto page = run(loop, listing->next()); !page.empty(); page = run(loop, listing->next())) {
      EXPECT_LE(page.size(), Listing::kPage);
      all.insert(all.end(), page.begin(), page.end());
    }
    return all;
  }
  [[nodiscard]] std::vector<std::string> files() const { return disk.names("spool/queue"); }

  boost::asio::io_context loop;
  test::FakeClock clock;
  test::MemoryDisk disk;
  spool::DiskPool pool{1};
  Smarthost host;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<Queue> queue;
};

}  // namespace postern::queue
