// What somebody or something did to the files: many damaged, times in the future, old copies put back, removed while
// they are being delivered.
#include "queue_fixture.h"

#include "base/log.h"
#include "support/expected_log.h"

#include <set>

namespace postern::queue {
namespace {

class DamageTest : public QueueTest {
 protected:
  static constexpr std::size_t kTold = 20;

  /// Files with the names of messages, but not their contents.
  void damage(std::size_t count) {
    close();
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(clock.wall());
    for (std::size_t i = 0; i < count; ++i) {
      disk.put("spool/queue/" + QueueId::make(now, i).str(), "no message " + std::to_string(i));
    }
  }
  /// A queue whose messages all wait, since no smarthost answers.
  std::vector<QueueId> store(std::size_t count) {
    const test::ExpectLog expected("site down");
    host.trouble = site_trouble();
    std::vector<QueueId> ids;
    for (std::size_t i = 0; i < count; ++i) {
      ids.push_back(accept(envelope({"to" + std::to_string(i) + "@example.net"})));
    }
    host.trouble.reset();
    return ids;
  }
  static std::size_t lines(std::string_view part) {
    return static_cast<std::size_t>(std::ranges::count_if(
        test::logged(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
};

TEST_F(DamageTest, P31_AThousandDamagedFilesAreAllMovedAndTheLogStaysShort) {
  const test::ExpectLog expected("damaged messages are not delivered");
  const test::ExpectLog singly("damaged message is not delivered");
  store(3);
  damage(1000);
  set_log_level(Level::info);  // as usual; the tests' own is debug
  open();
  settle();
  set_log_level(Level::debug);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(host.got.size(), 3U);
  EXPECT_EQ(disk.names("spool/corrupt").size(), 1000U);
  EXPECT_EQ(queue->totals().corrupt, 1000U);
  EXPECT_EQ(lines("damaged message is not delivered"), kTold);
  EXPECT_EQ(lines("more damaged messages are not delivered number=980 in_all=1000"), 1U);
}

TEST_F(DamageTest, P31_AsManyAsAreToldSinglyNeedNoSummary) {
  const test::ExpectLog singly("damaged message is not delivered");
  damage(kTold);
  open();
  settle();
  EXPECT_EQ(lines("damaged message is not delivered"), kTold);
  EXPECT_EQ(lines("more damaged messages"), 0U);
}

TEST_F(DamageTest, P34_WhatCannotBeMovedToCorruptStaysIsToldOnceAndStopsNobody) {
  const test::ExpectLog expected("left in place");
  damage(2);
  for (const std::string& name : files()) disk.put("spool/corrupt/" + name, "another file");
  const std::vector<std::string> before = files();
  open();
  settle();
  accept(envelope({"bob@example.net"}));
  for (int hour = 0; hour < 48; ++hour) pass(Seconds(3600));
  EXPECT_EQ(lines("left in place"), 2U);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(host.got, std::vector<std::string>{"bob@example.net"});
  for (const Entry& entry : listed()) EXPECT_EQ(entry.state, State::corrupt);
}

TEST_F(DamageTest, OfAMessageWhoseTextWasChangedTheReasonIsShown) {
  const test::ExpectLog expected("damaged message is not delivered");
  const std::vector<QueueId> ids = store(1);
  const std::string path = "/" + ids[0].str();
  std::string content = disk.content("spool/queue" + path);
  content.replace(content.rfind("\nbody"), 5, "\nbadd");
  close();
  disk.put("spool/queue" + path, content);
  open();
  settle();
  const auto reasons = [this, &ids] {
    const std::vector<Entry> list = listed();
    const auto shown = run(loop, queue->find(ids[0]));
    EXPECT_EQ(list.size(), 1U);
    EXPECT_EQ(list.at(0).state, State::corrupt);
    EXPECT_EQ(list.at(0).recipients.size(), 1U) << "the rest of it is shown as it is";
    EXPECT_EQ(shown ? shown->reason : "", list.at(0).reason);
    return list.at(0).reason;
  };
  EXPECT_EQ(reasons(), "the checksum is wrong");
  content.replace(content.rfind("\nbadd"), 5, "\nbody");
  disk.put("spool/corrupt" + path, content);
  EXPECT_EQ(reasons(), "was found damaged, and can be read now");
}

TEST_F(DamageTest, ADamagedMessageThatIsLargeIsReadWholeWhereItIsShownAlone) {
  const test::ExpectLog expected("damaged message is not delivered");
  const test::ExpectLog down("site down");
  host.trouble = site_trouble();
  const QueueId id = accept(envelope({"bob@example.net"}), "Subject: hi\n\n" + std::string(300'000, 'x') + "\n");
  host.trouble.reset();
  close();
  std::string content = disk.content("spool/queue/" + id.str());
  content[content.size() - 2] = 'y';
  disk.put("spool/queue/" + id.str(), content);
  open();
  settle();
  EXPECT_EQ(listed().at(0).reason, "damaged; the log says what is wrong");
  EXPECT_EQ(run(loop, queue->find(id))->reason, "the checksum is wrong");
}

TEST_F(DamageTest, P41_NoModificationTimeKeepsAMessageLongerThanABackOffWould) {
  for (const Seconds ahead : {Seconds(60), Seconds(3600), Seconds(4000), Seconds(86400), Seconds(10 * 365 * 86400)}) {
    host.got.clear();
    const std::vector<QueueId> ids = store(3);
    close();
    {
      const auto door = *spool::Spool::open(disk, "spool");
      for (const QueueId& id : ids) ASSERT_TRUE(door->set_next(id, clock.wall() + ahead));
    }
    open();
    settle();
    EXPECT_EQ(host.got.size(), ahead > Seconds(3960) ? 3U : 0U) << ahead.count();
    pass(Seconds(3960));
    EXPECT_EQ(host.got.size(), 3U) << ahead.count();
    EXPECT_TRUE(files().empty());
  }
}

TEST_F(DamageTest, P43_OldFilesThatAreRestoredAreDeliveredAgainAndClashWithNoNewOnes) {
  const std::vector<QueueId> old = store(5);
  std::vector<std::string> backup;
  for (const QueueId& id : old) backup.push_back(disk.content("spool/queue/" + id.str()));
  reopen();
  EXPECT_EQ(host.got.size(), 5U);
  EXPECT_TRUE(files().empty());
  close();
  for (std::size_t i = 0; i < old.size(); ++i) disk.put("spool/queue/" + old[i].str(), backup[i]);
  make({{"main", {4}}});
  // The clock stands where it stood when they were accepted: the new ids come from the same millisecond.
  std::set<std::string> ids;
  for (const QueueId& id : old) ids.insert(id.str());
  for (int i = 0; i < 100; ++i) {
    auto intake = queue->begin(envelope({"new" + std::to_string(i) + "@example.net"}));
    ASSERT_TRUE(run(loop, intake->append("Subject: new\n\nbody\n")));
    ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
    EXPECT_TRUE(ids.insert(intake->id().str()).second);
  }
  EXPECT_EQ(files().size(), 105U);
  reopen();
  settle();
  EXPECT_EQ(host.got.size(), 110U);
  EXPECT_TRUE(files().empty());
}

TEST_F(DamageTest, P45_AMessageUnderWayIsNotRemovedAtAnyPointAndTheAnswerTellsSo) {
  std::set<Failure> answers;
  for (std::size_t point = 0; point < 40; ++point) {
    host.got.clear();
    auto intake = queue->begin(envelope({"bob@example.net"}));
    ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
    ASSERT_TRUE(run(loop, intake->commit(20, mail::BodyType::seven_bit)));
    // Each is one step of the loop; the disk pool's answers come as steps too.
    for (std::size_t step = 0; step < point && queue->totals().active > 0; ++step) loop.run_one();
    const Result<void> answer = run(loop, queue->remove(intake->id()));
    settle();
    ASSERT_FALSE(answer) << point;
    answers.insert(answer.error().failure);
    EXPECT_EQ(host.got, std::vector<std::string>{"bob@example.net"}) << point;
    EXPECT_TRUE(files().empty());
  }
  EXPECT_EQ(answers, (std::set<Failure>{Failure::busy, Failure::not_found}));
}

TEST_F(DamageTest, P45_AMessageThatComesDueAtAnyPointOfItsRemovalIsNotDelivered) {
  host.answers["bob@example.net"] = deferred();
  for (std::size_t point = 0; point < 20; ++point) {
    const QueueId id = accept(envelope({"bob@example.net"}));
    const std::size_t attempts = host.attempts;
    std::vector<Result<void>> answers;
    boost::asio::co_spawn(loop, queue->remove(id), [&](const std::exception_ptr&, Result<void> result) {
      answers.push_back(std::move(result));
    });
    for (std::size_t step = 0; step < point && answers.empty(); ++step) loop.run_one();
    clock.advance(Seconds(7200));
    const Result<void> tried = queue->retry(id);
    settle();
    while (answers.empty()) loop.run_one();
    if (point == 0) {
      EXPECT_TRUE(tried) << "the removal had not begun";
      EXPECT_EQ(answers.front().error().failure, Failure::busy);
      EXPECT_EQ(host.attempts, attempts + 1);
      EXPECT_EQ(files(), std::vector<std::string>{id.str()});
      ASSERT_TRUE(run(loop, queue->remove(id)));
    } else {
      EXPECT_FALSE(tried) << point;
      EXPECT_TRUE(answers.front()) << point;
      EXPECT_EQ(host.attempts, attempts) << point;
    }
    EXPECT_TRUE(files().empty()) << point;
  }
}

}  // namespace
}  // namespace postern::queue
