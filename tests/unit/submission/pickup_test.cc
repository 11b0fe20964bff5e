#include "submission/pickup.h"

#include "fake_drop_box.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace postern::submission {
namespace {

using dropped::commands;
using dropped::FakeBox;
using dropped::frame;
using dropped::kId;
using dropped::Place;
using test::ExpectLog;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Pickup, TakesAFileLikeASubmissionOfItsOwner) {
  Place place;
  place.box.files["x"] = {frame(commands(kId, "root")), 1234};
  place.run();
  ASSERT_EQ(place.queue.stored.size(), 1U);
  const auto& stored = place.queue.stored[0];
  EXPECT_EQ(stored.envelope.source.uid, 1234U);
  EXPECT_EQ(stored.envelope.source.kind, mail::Source::Kind::local);
  EXPECT_EQ(stored.envelope.sender, "alice@example.net");
  ASSERT_EQ(stored.envelope.recipients.size(), 1U);
  EXPECT_EQ(stored.envelope.recipients[0].address, "admin@example.com");
  EXPECT_THAT(stored.text, StartsWith("Received: by mx.example.net (Postern, from userid 1234)"));
  EXPECT_THAT(stored.text, HasSubstr("\nSubject: hi\n"));
  EXPECT_EQ(stored.wire_size, stored.text.size() + static_cast<std::size_t>(std::ranges::count(stored.text, '\n')));
  EXPECT_THAT(place.box.files, IsEmpty());
  EXPECT_THAT(place.box.waits, ElementsAre(Pickup::kRescan));
}

TEST(Pickup, KeepsTheParametersOfTheEnvelope) {
  Place place;
  place.box.files["x"] = {frame("MAIL FROM:<> XSUBMISSION=" + kId + " BODY=8BITMIME RET=HDRS ENVID=a+20b\n" +
                                    "RCPT TO:<b@example.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.com\nDATA\n",
                                "Subject: \xC3\xBC\n\n")};
  place.run();
  ASSERT_EQ(place.queue.stored.size(), 1U);
  const mail::Envelope& envelope = place.queue.stored[0].envelope;
  EXPECT_EQ(envelope.sender, "");
  EXPECT_EQ(envelope.ret, mail::Return::headers);
  EXPECT_EQ(envelope.envid, "a+20b");
  EXPECT_EQ(envelope.recipients[0].notify, mail::kNotifySuccess | mail::kNotifyDelay);
  EXPECT_EQ(envelope.recipients[0].orcpt, "rfc822;b@example.com");
  EXPECT_EQ(place.queue.stored[0].body, mail::BodyType::eight_bit);
}

TEST(Pickup, AnAddressThatIsNoneCostsItselfAlone) {
  const test::ExpectLog expected("the sender cannot be read");
  Place place;
  place.box.files["x"] = {frame("MAIL FROM:<a@b> XSUBMISSION=" + kId + " XUNREAD=two+20words XSENDER=no+20one\n" +
                                "RCPT TO:<b@example.com>\nRCPT TO:<c@example..com>\nDATA\n")};
  place.run();
  ASSERT_EQ(place.queue.stored.size(), 1U);
  const mail::Envelope& envelope = place.queue.stored[0].envelope;
  EXPECT_EQ(envelope.recipients.size(), 1U);
  EXPECT_THAT(envelope.unread, ElementsAre("two words", "<c@example..com>"));
}

TEST(Pickup, TheSameSubmissionIsStoredOnceHoweverItComes) {
  Place place;
  place.box.files["a"] = {frame(commands())};
  place.box.files["b"] = {frame(commands())};
  place.box.files["other-user"] = {frame(commands()), 2000};
  place.run();
  EXPECT_EQ(place.queue.stored.size(), 2U);
  EXPECT_THAT(place.box.files, IsEmpty());
}

TEST(Pickup, EveryCutIsSetAsideAndStopsNothingElse) {
  const std::string good = frame(commands());
  for (std::size_t size = 0; size < good.size(); ++size) {
    Place place;
    const ExpectLog expected("dropped file refused");
    place.box.files["a"] = {good.substr(0, size)};
    place.box.files["b"] = {good};
    place.run();
    ASSERT_EQ(place.queue.stored.size(), 1U) << size;
    ASSERT_THAT(place.box.aside, ElementsAre("a")) << size;
    ASSERT_THAT(place.box.files, IsEmpty());
  }
}

TEST(Pickup, WhatTheSocketWouldRefuseIsSetAsideWithItsOwnerAndTheReason) {
  const std::string mail = "MAIL FROM:<a@b.example> XSUBMISSION=" + kId + "\n";
  const std::string to = "RCPT TO:<c@d.example>\n";
  const std::vector<std::string> bad = {
      mail + "DATA\n",
      "RCPT TO:<c@d.example>\nDATA\n",
      mail + to + "QUIT\nDATA\n",
      mail + to + "RSET\nDATA\n",
      mail + to + "DATA\nDATA\n",
      mail + mail + to + "DATA\n",
      mail + "RCPT TO:<>\nDATA\n",
      mail + "RCPT TO:<c@d.example> SIZE=1\nDATA\n",
      mail + "RCPT TO:<c\x01@d.example>\nDATA\n",
      "MAIL FROM:<a@b.example>\n" + to + "DATA\n",
      "MAIL FROM:<a@b.example> XSUBMISSION=short\n" + to + "DATA\n",
  };
  for (const std::string& lines : bad) {
    Place place;
    const ExpectLog expected("dropped file refused uid=77");
    place.box.files["x"] = {frame(lines), 77};
    place.run();
    EXPECT_THAT(place.queue.stored, IsEmpty()) << lines;
    EXPECT_THAT(place.box.aside, ElementsAre("x")) << lines;
  }
}

TEST(Pickup, ALoopIsSetAside) {
  Place place;
  const ExpectLog expected("loop");
  std::string text;
  for (int i = 0; i < 60; ++i) text += "Received: by x\n";
  place.box.files["x"] = {frame(commands(), text + "\n")};
  place.run();
  EXPECT_THAT(place.queue.stored, IsEmpty());
  EXPECT_THAT(place.box.aside, ElementsAre("x"));
}

TEST(Pickup, WhatCannotBeOpenedForGoodIsSetAside) {
  for (const Failure failure : {Failure::invalid, Failure::denied}) {
    Place place;
    const ExpectLog expected("no regular file");
    place.box.files["x"] = {"", 1, failure};
    place.run();
    EXPECT_THAT(place.box.aside, ElementsAre("x"));
  }
}

TEST(Pickup, PassingTroubleLeavesTheFileAndIsToldOnce) {
  const std::string good = frame(commands());
  const auto stays = [&](const std::function<void(Place&)>& make_trouble, const std::function<void(Place&)>& mend) {
    Place place;
    place.box.files["x"] = {good};
    make_trouble(place);
    {
      const ExpectLog expected("dropped mail cannot be taken now");
      place.run(3);
    }
    EXPECT_EQ(place.box.files.size(), 1U);
    EXPECT_THAT(place.box.waits, ElementsAre(Pickup::kRetry, Pickup::kRetry, Pickup::kRetry));
    EXPECT_EQ(std::ranges::count_if(
                  test::logged(),
                  [](const std::string& line) { return line.find("cannot be taken now") != std::string::npos; }),
              1);
    Place after;
    after.box.files = place.box.files;
    mend(after);
    after.run();
    EXPECT_EQ(after.queue.stored.size(), 1U);
  };
  stays([](Place& place) { place.queue.full = true; }, [](Place&) {});
}

TEST(Pickup, AFailedReadOrCommitLeavesTheFile) {
  Place unreadable;
  {
    const ExpectLog expected("cannot read");
    unreadable.box.files["x"] = {frame(commands()), 1, {}, Failure::io};
    unreadable.run();
  }
  EXPECT_EQ(unreadable.box.files.size(), 1U);

  Place full;
  {
    const ExpectLog expected("dropped mail cannot be taken now");
    full.box.files["x"] = {frame(commands())};
    full.queue.commit_fails = Failure::no_space;
    full.run(2);  // the second look finds room
  }
  EXPECT_EQ(full.queue.stored.size(), 1U);
  EXPECT_THAT(full.box.files, IsEmpty());
}

TEST(Pickup, AFileThatCannotBeRemovedIsTakenOnce) {
  Place place;
  const ExpectLog expected("cannot remove");
  place.box.files["x"] = {frame(commands())};
  place.box.remove_fails = Failure::io;
  place.run(4);
  EXPECT_EQ(place.queue.stored.size(), 1U);
  EXPECT_THAT(place.box.waits, testing::Each(Pickup::kRetry));
}

TEST(Pickup, WithoutADropDirectoryThereIsNothingToSay) {
  Place place;
  place.box.list_fails = Failure::not_found;
  place.run(2);
  EXPECT_THAT(place.box.waits, ElementsAre(Pickup::kRescan, Pickup::kRescan));
}

TEST(Pickup, RubbishDoesNotFillTheLog) {
  Place place;
  const ExpectLog expected("dropped file refused");
  for (int i = 0; i < 100; ++i) place.box.files[std::to_string(i)] = {"rubbish"};
  place.run();
  EXPECT_EQ(test::logged().size(), RefusalLog::kLines);
  EXPECT_EQ(place.box.aside.size(), 100U);
  EXPECT_EQ(place.queue.drops_refused, 100U) << "but the operator is told of each";
}

TEST(Pickup, WhatIsRemovedIsNothingToLookAt) {
  Place place;
  const ExpectLog expected("dropped file refused");
  place.box.keeps = false;
  place.box.files["x"] = {"rubbish"};
  place.run();
  EXPECT_EQ(place.queue.drops_refused, 0U);
}

Task<void> until_cancelled(boost::asio::steady_timer* timer) {
  static_cast<void>(co_await timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
}

TEST(Pickup, ItsShutdownWaitsForTheFileThatIsBeingCopiedAndTakesNoOther) {
  Place place;
  boost::asio::io_context loop;
  boost::asio::steady_timer disk(loop, boost::asio::steady_timer::time_point::max());
  place.queue.before_commit = [&disk] { return until_cancelled(&disk); };
  place.box.files["a"] = {frame(commands())};
  place.box.files["b"] = {frame(commands(std::string(32, 'b')))};
  const auto settle = [&loop] {
    loop.restart();
    while (loop.poll() > 0) {
    }
  };
  place.pickup.start(loop.get_executor());
  settle();
  bool ended = false;
  spawn(loop.get_executor(), place.pickup.shutdown(), "shutdown", [&ended] { ended = true; });
  settle();
  EXPECT_FALSE(ended);
  disk.cancel();
  settle();
  EXPECT_TRUE(ended);
  EXPECT_EQ(place.queue.stored.size(), 1U);
  EXPECT_EQ(place.box.files.size(), 1U);
}

TEST(Pickup, ItsShutdownHasNothingToWaitForBeforeTheStart) {
  Place place;
  test::run(place.pickup.shutdown());
  EXPECT_TRUE(place.box.stopped);
}

class FakeRecord final : public SubmissionRecord {
 public:
  std::string text;
  std::vector<Against> against;
  Task<void> write(std::string line, Against what) override {
    text += line;
    against.push_back(what);
    co_return;
  }
  void post(std::string line) override { text += line; }
};

TEST(SubmissionRecord, ADroppedMessageIsClaimedAgainstPowerFailureBeforeItIsCommitted) {
  Place place;
  FakeRecord record;
  place.memory.set_record(record);
  std::string before_commit;
  place.box.files["x"] = {frame(commands())};
  place.run();
  EXPECT_THAT(record.against, ElementsAre(SubmissionRecord::Against::power_failure));
  EXPECT_THAT(record.text, StartsWith("claim 1000 " + kId + " "));
  EXPECT_THAT(record.text, HasSubstr("\nstored 1000 " + kId + " "));
}

TEST(SubmissionRecord, IsReadBackWhereverItWasCut) {
  FakeRecord record;
  SubmissionMemory first;
  first.set_record(record);
  const SteadyTime now{};
  const QueueId one = *QueueId::parse("6w7k2m0000abcdef");
  const QueueId two = *QueueId::parse("6w7k2m0000abcdeg");
  test::run(first.committing("1 x", one, SubmissionRecord::Against::crash));
  const std::size_t claimed = record.text.size();
  first.stored("1 x", one);
  const std::size_t stored = record.text.size();
  test::run(first.committing("2 y", two, SubmissionRecord::Against::crash));
  for (std::size_t size = 0; size <= record.text.size(); ++size) {
    SubmissionMemory second;
    const auto open = second.restore(record.text.substr(0, size), now);
    const bool is_stored = second.claim("1 x", now).claim == SubmissionMemory::Claim::stored;
    EXPECT_EQ(is_stored, size + 1 >= stored) << size;  // the LF itself may be missing
    const std::size_t expected =
        (size + 1 >= claimed && size + 1 < stored ? 1U : 0U) + (size + 1 >= record.text.size() ? 1U : 0U);
    EXPECT_EQ(open.size(), expected) << size;
  }
  SubmissionMemory third;
  const auto open = third.restore("rubbish\nclaim 1\nstored 1 x nonsense\n\n" + record.text, now);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].first, "2 y");
  third.set_record(record);
  third.settle(open[0], now);
  EXPECT_EQ(third.claim("2 y", now).id.text(), two.text());
  SubmissionMemory fourth;
  EXPECT_TRUE(fourth.restore(record.text, now).empty()) << "it is settled for every daemon to come";
  EXPECT_EQ(fourth.claim("2 y", now).id.text(), two.text());
}

}  // namespace
}  // namespace postern::submission
