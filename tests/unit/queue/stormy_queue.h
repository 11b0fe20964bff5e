// A queue that gathers what is alike, may be started again, and is listened to as a history does.
#pragma once

#include "queue/recorder.h"
#include "queue/suspects.h"
#include "stormy.h"

#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::queue {

struct Gathered final : Recorder {
  void accepted(const mail::Envelope&, const Title& title, std::string_view why) override {
    if (why == "storm digest") digests.push_back(title.subject);
  }
  void refused(const AtDoor&, std::string_view) override {}
  void answered(const Answered&) override {}
  void deleted(const QueueId&, const mail::Envelope&, const std::vector<RecipientState>&, const Title&) override {}
  void gathered(const mail::Envelope& original, const Title& title, const QueueId& digest) override {
    EXPECT_TRUE(title.subject.starts_with("Cron ")) << title.subject;
    in[original.id] = digest;
  }
  std::map<QueueId, QueueId> in;
  std::vector<std::string> digests;  ///< by their subjects
};

class StormKeeperTest : public QueueTest {
 protected:
  StormKeeperTest() {
    close();
    begin();
  }
  ~StormKeeperTest() override { close(); }

  void begin() {
    spool = *spool::Spool::open(disk, "spool");
    Config made = stormy_config();
    made.recorder = &recorded;
    made.in_flight = memory;
    made.retry = retry;
    made.bounces = bounces;
    queue = Queue::make(loop.get_executor(), *spool, pool, clock, std::move(made), {{"main", {4}}},
                        [this](mail::Message& message, const std::string&) {
                          envelopes.push_back(message.envelope());
                          return deliver_to(&host, &pool, &message);
                        });
    EXPECT_TRUE(run(loop, queue->start()));
    settle();
  }
  void restart() {
    close();
    begin();
  }
  QueueId come(std::uint32_t uid = 1000, const std::string& what = "backup") {
    return accept(from_user(uid), failing_job(number_++, what));
  }
  std::vector<QueueId> come_often(std::size_t count) {
    std::vector<QueueId> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(come());
    return ids;
  }
  /// All at once; they are stored then, and may not be judged yet.
  void come_together(std::size_t count) {
    std::vector<std::unique_ptr<Intake>> intakes;
    for (std::size_t i = 0; i < count; ++i) {
      intakes.push_back(queue->begin(from_user(1000)));
      EXPECT_TRUE(run(loop, intakes.back()->append(failing_job(number_++))));
    }
    std::size_t ended = 0;
    for (const auto& intake : intakes) {
      boost::asio::co_spawn(loop, intake->commit(100, mail::BodyType::seven_bit),
                            [&](const std::exception_ptr& failure, const Result<void>& stored) {
                              EXPECT_FALSE(failure);
                              EXPECT_TRUE(stored);
                              ++ended;
                            });
    }
    loop.restart();
    while (ended < count) loop.run_one();
  }
  /// As pass(), also where something stays under way.
  void later(Milliseconds time) {
    clock.advance(time);
    queue->site_recovered("no such site");
    for (int i = 0; i < 200; ++i) {
      auto nothing = [] { return 0; };
      (void)run(loop, pool.run(spool::Priority::background, std::move(nothing)));
    }
  }
  [[nodiscard]] State state(const QueueId& id) { return run(loop, queue->find(id))->state; }
  std::vector<Entry> in_storm() {
    Selection selection;
    selection.state = State::storm;
    return listed(selection);
  }

  Retry retry;
  queue::Bounces bounces;
  Gathered recorded;
  std::vector<mail::Envelope> envelopes;  ///< that were tried
  std::vector<char> memory = std::vector<char>(Suspects::kMemory);
  std::size_t number_ = 0;
};

}  // namespace postern::queue
