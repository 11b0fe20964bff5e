// What each caller of the queue asks the disk threads for: mail that comes in goes before deliveries, and both before
// listings. Which of the waiting jobs goes first is the pool's matter, see disk_pool_test.cc.
#include "queue_fixture.h"

#include <array>
#include <future>
#include <optional>

namespace postern::queue {
namespace {

using spool::Priority;

class Priorities : public QueueTest {
 protected:
  Priorities() { host.answers["bob@example.net"] = deferred(); }

  /// Among which of the pool's jobs the first disk calls of the task stand. While the only thread is busy it asks for
  /// its job, and then one job of each kind comes: each tells whether the disk was called before.
  template <class T>
  std::optional<Priority> of(Task<T> task) {
    std::promise<void> gate;
    pool.post(Priority::urgent, [opened = gate.get_future().share()] { opened.wait(); });
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(task),
                          [&value](const std::exception_ptr&, T result) { value.emplace(std::move(result)); });
    loop.restart();
    loop.poll();
    EXPECT_FALSE(value) << "asked for nothing";
    constexpr std::array kKinds = {Priority::urgent, Priority::normal, Priority::background};
    std::array<std::size_t, kKinds.size()> calls{};
    std::promise<void> last;
    const std::size_t before = disk.calls();
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      pool.post(kKinds.at(i), [this, &calls, &last, i] {
        calls.at(i) = disk.calls();
        if (i + 1 == calls.size()) last.set_value();
      });
    }
    gate.set_value();
    last.get_future().wait();
    loop.restart();
    while (!value) loop.run_one();
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if (calls.at(i) > before) return kKinds.at(i);
    }
    return std::nullopt;
  }
};

TEST_F(Priorities, Fault13_WhatTheAnswerToASubmissionWaitsForIsUrgent) {
  const std::string small = "Subject: hi\n\nbody\n";
  auto intake = queue->begin(envelope({"bob@example.net"}));
  ASSERT_TRUE(run(loop, intake->append(small)));
  EXPECT_EQ(of(intake->commit(small.size(), mail::BodyType::seven_bit)), Priority::urgent);

  const std::string large(3 * spool::kPiece, 'x');
  auto spilling = queue->begin(envelope({"bob@example.net"}));
  EXPECT_EQ(of(spilling->append(large)), Priority::urgent);
  settle();
}

TEST_F(Priorities, Fault13_WhatAnOperatorChangesIsNormal) {
  const QueueId id = accept(envelope({"bob@example.net"}));
  EXPECT_EQ(of(queue->hold(id)), Priority::normal);
  EXPECT_EQ(of(queue->reroute(id, "main")), Priority::normal);
  EXPECT_EQ(of(queue->release(id)), Priority::normal);
  settle();
  EXPECT_EQ(of(queue->remove(id)), Priority::normal);
}

TEST_F(Priorities, Fault13_WhatCanBeAskedForAgainAndAgainIsBackground) {
  const QueueId id = accept(envelope({"bob@example.net"}));
  for (std::size_t i = 0; i < Listing::kPage; ++i) accept(envelope({"bob@example.net"}));
  const std::unique_ptr<Listing> all = queue->list({});
  EXPECT_EQ(of(all->next()), Priority::background) << "what is set aside is looked for";
  EXPECT_EQ(of(all->next()), Priority::background) << "a page is read";
  EXPECT_EQ(of(queue->find(id)), Priority::background);
  EXPECT_EQ(of(queue->raw(id, 1000)), Priority::background);
}

}  // namespace
}  // namespace postern::queue
