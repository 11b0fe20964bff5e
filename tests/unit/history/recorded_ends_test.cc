// What is noted of recipients by several smarthosts, of messages that are removed or damaged before their end, and
// which attempt it was.
#include "history/scribe.h"
#include "support/expected_log.h"
#include "support/scratch_dir.h"
#include "unit/queue/routed_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::history {
namespace {

using queue::deferred;
using queue::refused;
using queue::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class RecordedEndsTest : public queue::RoutedTest {
 protected:
  RecordedEndsTest() { begin(); }
  ~RecordedEndsTest() override {
    stuck.clear();
    close();
  }

  void begin() {
    start(by_recipient());
    queue::Config made = routed(by_recipient());
    made.recorder = &scribe;
    queue->configure(std::move(made), both());
    settle();
  }
  mail::Envelope local(std::vector<std::string> recipients) {
    mail::Envelope made = envelope(std::move(recipients));
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = 2001;
    made.source.pid = 42;
    return made;
  }
  /// The oldest first; of our own reports nothing.
  std::vector<Record> records() {
    std::vector<Record> all = history.search({})->next(100'000)->records;
    std::erase_if(all, [](const Record& one) { return one[Field::from] == "<>"; });
    std::ranges::reverse(all);
    return all;
  }
  /// "delivered a@one.example", and the attempt where it is told.
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    for (const Record& one : records()) {
      const std::string& attempt = one[Field::attempts];
      lines.push_back(one[Field::kind] + " " + one[Field::to] + (attempt.empty() ? "" : " attempt " + attempt));
    }
    return lines;
  }
  void spoil(const QueueId& id, std::size_t at, const std::string& by) {
    const std::string path = "spool/queue/" + id.str();
    std::string text = disk.content(path);
    disk.put(path, text.replace(at, by.size(), by));
  }

  test::ScratchDir scratch;
  History history{
      loop.get_executor(), [](const std::function<void()>& job) { job(); }, clock, scratch.path() + "/history", {}};
  Scribe scribe{history, clock};
};

TEST_F(RecordedEndsTest, OnlyThoseWhoHadNoEndAreDeleted) {
  hosts["one"].answers["bad@one.example"] = refused();
  hosts["one"].answers["later@one.example"] = deferred();
  const QueueId id = accept(local({"bob@one.example", "carol@one.example", "bad@one.example", "later@one.example"}));
  ASSERT_TRUE(run(loop, queue->remove(id)));
  EXPECT_THAT(told(),
              ElementsAre("accepted bob@one.example carol@one.example bad@one.example later@one.example",
                          "deferred later@one.example", "delivered bob@one.example", "delivered carol@one.example",
                          "failed bad@one.example", "deleted later@one.example"));
}

TEST_F(RecordedEndsTest, OfAMessageInFailedThoseOfWhomNobodyWasToldAreDeleted) {
  const test::ExpectLog log("neither delivered nor bounced");
  hosts["one"].answers["bad@one.example"] = refused();
  mail::Envelope made = local({"good@one.example", "bad@one.example"});
  made.sender.clear();
  const QueueId id = accept(std::move(made));
  ASSERT_TRUE(run(loop, queue->remove(id)));
  const std::vector<Record> newest = history.search({})->next(1)->records;
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0][Field::kind] + " " + newest[0][Field::to], "deleted bad@one.example");
}

TEST_F(RecordedEndsTest, AMessageWhoseTextIsDamagedIsNotedWithAllThatItsEnvelopeSays) {
  const test::ExpectLog log("damaged message is not delivered");
  down("one");
  const test::ExpectLog down_told("site down");
  const QueueId id = accept(local({"a@one.example"}), "Subject: backup\nMessage-ID: <m@x>\n\nthe text of it\n");
  const std::string text = disk.content("spool/queue/" + id.str());
  spoil(id, text.find("the text"), "XXX");
  pass(std::chrono::hours(2));
  ASSERT_TRUE(run(loop, queue->remove(id)));
  const std::vector<Record> all = records();
  ASSERT_THAT(told(), ElementsAre("accepted a@one.example", "deferred a@one.example", "corrupt a@one.example",
                                  "deleted a@one.example"));
  EXPECT_THAT(all[2][Field::reply], HasSubstr("checksum"));
  for (const Record& one : all) {
    EXPECT_EQ(one[Field::owner], "2001");
    EXPECT_EQ(one[Field::from], "alice@example.com");
    EXPECT_EQ(one[Field::subject], "backup");
    EXPECT_EQ(one[Field::message_id], "<m@x>");
  }
}

// Wherever a file is spoilt, its owner finds that it was set aside, and that an operator removed it then.
TEST_F(RecordedEndsTest, ADamagedMessageIsItsOwnersWhateverOfItsEnvelopeIsGone) {
  const test::ExpectLog log("damaged message is not delivered");
  down("one");
  const test::ExpectLog down_told("site down");
  for (const std::string key : {"postern-spool", "id: ", "accepted: ", "source: ", "from: ", "to: ", "size: ", "all"}) {
    const QueueId id = accept(local({"a@one.example"}), "Subject: backup\n\ntext\n");
    const std::string text = disk.content("spool/queue/" + id.str());
    if (key == "all") {
      disk.put("spool/queue/" + id.str(), "");
    } else {
      spoil(id, key == "postern-spool" ? 0 : text.find("\n" + key) + 1, "XXXXX");
    }
    pass(std::chrono::hours(2));
    ASSERT_TRUE(run(loop, queue->remove(id))) << key;
    std::vector<Record> of_it = records();
    std::erase_if(of_it, [&](const Record& one) { return one[Field::id] != id.text(); });
    ASSERT_GE(of_it.size(), 3U) << key;
    const Record& set_aside = of_it[of_it.size() - 2];
    const Record& deleted = of_it.back();
    EXPECT_EQ(set_aside[Field::kind], "corrupt") << key;
    EXPECT_EQ(deleted[Field::kind], "deleted") << key;
    for (const Record* one : {&set_aside, &deleted}) {
      EXPECT_EQ((*one)[Field::owner], "2001") << key;
      const bool names_its_sender = key != "id: " && key != "from: " && key != "to: " && key != "all";
      EXPECT_EQ((*one)[Field::from], names_its_sender ? "alice@example.com" : "") << key;
    }
  }
}

TEST_F(RecordedEndsTest, NothingOfAnothersFileUnderTheNameOfAMessageIsToldToItsOwner) {
  const test::ExpectLog log("damaged message is not delivered");
  down("one");
  const test::ExpectLog down_told("site down");
  mail::Envelope of_another = local({"secret@one.example"});
  of_another.sender = "bob@example.com";
  of_another.source.uid = 2002;
  const QueueId other = accept(of_another, "Subject: for nobody else\n\ntext\n");
  const QueueId id = accept(local({"a@one.example"}), "Subject: backup\n\ntext\n");
  disk.put("spool/queue/" + id.str(), disk.content("spool/queue/" + other.str()));
  pass(std::chrono::hours(2));
  std::vector<Record> of_it = records();
  std::erase_if(of_it, [&](const Record& one) { return one[Field::id] != id.text() || one[Field::kind] != "corrupt"; });
  ASSERT_EQ(of_it.size(), 1U);
  EXPECT_EQ(of_it[0][Field::owner], "2001");
  for (const Field field : {Field::from, Field::to, Field::subject}) EXPECT_EQ(of_it[0][field], "");
}

TEST_F(RecordedEndsTest, AMessageWhoseFileIsGoneIsNotedForItsOwner) {
  down("one");
  const test::ExpectLog down_told("site down");
  const QueueId id = accept(local({"a@one.example"}));
  ASSERT_TRUE(spool->remove(id, spool::Area::queue, spool::Durability::synced));
  pass(std::chrono::hours(2));
  const Record last = records().back();
  EXPECT_EQ(last[Field::kind], "deleted");
  EXPECT_EQ(last[Field::id], id.text());
  EXPECT_EQ(last[Field::owner], "2001");
  EXPECT_THAT(last[Field::reply], HasSubstr("file is gone"));
}

TEST_F(RecordedEndsTest, AttemptsAreThoseOfEachRecipientAtItsSmarthost) {
  const test::ExpectLog down_told("site down");
  hosts["two"].trouble = queue::site_trouble();
  for (const auto& [first, second] :
       {std::pair("a@one.example", "b@two.example"), {"b@two.example", "a@one.example"}}) {
    accept(local({first, second}));
  }
  for (int i = 0; i < 3; ++i) pass(std::chrono::hours(1));
  up("two");
  pass(std::chrono::hours(2));
  for (const std::string& one : told()) {
    if (!one.starts_with("delivered a@")) continue;
    EXPECT_EQ(one, "delivered a@one.example") << "it was tried once";
  }
  EXPECT_EQ(std::ranges::count(told(), "delivered a@one.example"), 2);
}

TEST_F(RecordedEndsTest, EachRecipientIsCountedAtItsOwnSmarthost) {
  hosts["one"].answers["slow@one.example"] = deferred();
  hosts["two"].answers["b@two.example"] = deferred();
  accept(local({"slow@one.example", "b@two.example"}));
  pass(std::chrono::hours(2));
  hosts["one"].answers.clear();
  hosts["two"].answers.clear();
  pass(std::chrono::hours(2));
  EXPECT_THAT(told(), UnorderedElementsAre("accepted slow@one.example b@two.example", "deferred slow@one.example",
                                           "deferred b@two.example", "delivered slow@one.example attempt 3",
                                           "delivered b@two.example attempt 3"));
}

TEST_F(RecordedEndsTest, OfAMessageThatWasTriedBeforeTheStartNoNumberIsTold) {
  const test::ExpectLog down_told("site down");
  down("one");
  const QueueId before = accept(local({"a@one.example"}));
  clock.advance(Milliseconds(1));
  Scribe later{history, clock};
  queue::Config made = routed(by_recipient());
  made.recorder = &later;
  queue->configure(std::move(made), both());
  for (int i = 0; i < 3; ++i) pass(std::chrono::hours(1));
  up("one");
  pass(std::chrono::hours(1));
  EXPECT_EQ(records().back()[Field::kind], "delivered");
  EXPECT_EQ(records().back()[Field::id], before.text());
  EXPECT_EQ(records().back()[Field::attempts], "");
  close();
}

}  // namespace
}  // namespace postern::history
