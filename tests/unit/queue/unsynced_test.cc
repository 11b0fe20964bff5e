// Where a change of files fails half-way the queue believes what the disk shows.
#include "queue_fixture.h"

#include "support/expected_log.h"

#include <cerrno>

namespace postern::queue {
namespace {

/// Where the message is said to be, and where its file is.
class UnsyncedTest : public QueueTest {
 protected:
  std::string from = "alice@example.com";
  bool damaged = false;   ///< it may be left in queue/, and is shown as what it is
  bool tried_on = false;  ///< what stays in queue/ is not settled

  [[nodiscard]] bool is_in(const std::string& area, const QueueId& id) const {
    const auto names = disk.names("spool/" + area);
    return std::ranges::find(names, id.str()) != names.end();
  }

  void expect_agreement(const QueueId& id) {
    const auto found = run(loop, queue->find(id));
    const auto is = [&](State state) { return found && found->state == state; };
    EXPECT_EQ(is(State::waiting) || is(State::active), is_in("queue", id))
        << (found ? name(found->state) : found.error().text);
    EXPECT_EQ(is(State::held), is_in("hold", id));
    EXPECT_EQ(is(State::failed), is_in("failed", id));
    EXPECT_EQ(is(State::corrupt), is_in("corrupt", id));
    const Totals totals = queue->totals();
    EXPECT_EQ(totals.held, disk.names("spool/hold").size());
    EXPECT_EQ(totals.failed, disk.names("spool/failed").size());
    EXPECT_EQ(totals.corrupt, disk.names("spool/corrupt").size());
    EXPECT_EQ(totals.active, 0U);
  }

  /// `change` for every call of its own that fails, on a message of its own that waits, or is on hold.
  template <class Change>
  void at_every_failure(bool held, Change change) {
    bool reached = true;
    for (std::size_t nth = 1; reached; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth));
      host.answers["to@example.com"] = deferred();
      const QueueId id = accept(envelope({"to@example.com"}, from));
      if (held) {
        ASSERT_TRUE(run(loop, queue->hold(id)));
      }
      disk.fail_at(nth, EIO);
      change(id);
      settle();
      reached = disk.calls() >= nth;
      disk.heal();
      if (!damaged) expect_agreement(id);
      if (tried_on && is_in("queue", id)) {
        const std::size_t before = host.attempts;
        queue->retry_all();
        settle();
        EXPECT_GT(host.attempts, before);
      }
      (void)run(loop, queue->remove(id));
      for (const std::string area : {"queue", "hold", "failed", "corrupt"}) EXPECT_FALSE(is_in(area, id)) << area;
    }
  }
};

TEST_F(UnsyncedTest, WhatIsHeldReleasedOrRemovedIsWhereItsFileIs) {
  const test::ExpectLog read("cannot be read now");
  const auto told = [](const Result<void>& done) {
    if (!done && done.error().text.find("the disk did not confirm") != std::string::npos) return 1;
    return 0;
  };
  int unconfirmed = 0;
  tried_on = true;
  at_every_failure(false, [&](const QueueId& id) { unconfirmed += told(run(loop, queue->hold(id))); });
  EXPECT_EQ(unconfirmed, 2) << "either directory";
  at_every_failure(true, [&](const QueueId& id) { unconfirmed += told(run(loop, queue->release(id))); });
  EXPECT_GE(unconfirmed, 4);
  unconfirmed = 0;
  for (const bool held : {false, true}) {
    at_every_failure(held, [&](const QueueId& id) { unconfirmed += told(run(loop, queue->remove(id))); });
  }
  EXPECT_EQ(unconfirmed, 2);
}

TEST_F(UnsyncedTest, ABounceThatTheDiskInterruptsLeavesTheMessageWhereItsFileIs) {
  const test::ExpectLog settled("message is settled but its file cannot be removed");
  const test::ExpectLog unwritten("delivery log cannot be written");
  const test::ExpectLog unstored("its message waits");
  const test::ExpectLog unread("cannot be read now");
  for (const bool held : {false, true}) {
    at_every_failure(held, [&](const QueueId& id) { (void)run(loop, queue->bounce(id)); });
  }
}

TEST_F(UnsyncedTest, WhatNobodyIsToldOfIsWhereItsFileIs) {
  const test::ExpectLog kept("kept in failed/");
  const test::ExpectLog again("tried again later");
  const test::ExpectLog read("cannot be read now");
  from = "";  // a report to nobody
  at_every_failure(false, [&](const QueueId&) {
    host.answers["to@example.com"] = refused();
    queue->retry_all();
    settle();
  });
}

TEST_F(UnsyncedTest, WhatIsDamagedIsWhereItsFileIs) {
  const test::ExpectLog read("cannot be read now");
  const test::ExpectLog told("damaged message");
  damaged = true;
  at_every_failure(false, [&](const QueueId& id) {
    const std::string path = "spool/queue/" + id.str();
    std::string text = disk.content(path);
    disk.put(path, text.replace(text.find("body"), 4, "bOdy"));
    queue->retry_all();
    settle();
  });
}

}  // namespace
}  // namespace postern::queue
