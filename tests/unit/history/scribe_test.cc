// What is noted of messages that go through a queue, and of what doors refuse.
#include "history/scribe.h"

#include "base/text.h"
#include "history/answers.h"
#include "support/expected_log.h"
#include "support/scratch_dir.h"
#include "unit/queue/queue_fixture.h"
#include "unit/queue/stormy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::history {
namespace {

using queue::deferred;
using queue::delivered;
using queue::refused;
using queue::run;
using queue::site_trouble;
using testing::ElementsAre;
using testing::IsEmpty;

Task<Result<Search::Found>> find_at_once(std::function<Result<Search::Found>()> step) { co_return step(); }

class ScribeTest : public queue::QueueTest {
 protected:
  ScribeTest() { queue->configure(recorded(), {{"main", {4}}}); }
  ~ScribeTest() override { close(); }

  queue::Config recorded() {
    queue::Config made = config();
    made.recorder = &scribe;
    return made;
  }
  mail::Envelope local(std::vector<std::string> recipients, std::uint32_t uid = 1000) {
    mail::Envelope made = envelope(std::move(recipients));
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = uid;
    made.source.pid = 42;
    return made;
  }
  /// The oldest first.
  std::vector<Record> records(Query query = {}) {
    std::vector<Record> all = history.search(std::move(query))->next(100'000)->records;
    std::ranges::reverse(all);
    return all;
  }
  /// "delivered a@example.com", in order.
  std::vector<std::string> told(Query query = {}) {
    std::vector<std::string> lines;
    for (const Record& one : records(std::move(query))) lines.push_back(one[Field::kind] + " " + one[Field::to]);
    return lines;
  }

  test::ScratchDir scratch;
  History history{
      loop.get_executor(), [](const std::function<void()>& job) { job(); }, clock, scratch.path() + "/history", {}};
  Scribe scribe{history, clock};
};

TEST_F(ScribeTest, AMessageIsNotedWhenItIsTakenAndForEachRecipientWhenItEnds) {
  host.answers["bad@example.com"] = refused();
  mail::Envelope made = local({"good@example.com", "bad@example.com"});
  made.recipients[0].orcpt = "rfc822;root@web1.example.net";
  const QueueId id =
      accept(std::move(made), "Subject: =?utf-8?q?Backup_f=C3=BCr?=\n web1\nMessage-ID: <a@b>\n\nbody\n");
  Query of_it;
  of_it.id = id.str();
  const std::vector<Record> all = records(of_it);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0][Field::kind], "accepted");
  EXPECT_EQ(all[0][Field::to], "good@example.com bad@example.com");
  EXPECT_EQ(all[0][Field::original], "root@web1.example.net -");
  EXPECT_EQ(all[0][Field::count], "2");
  EXPECT_EQ(all[0][Field::client], "uid 1000 pid 42");
  for (const Record& one : all) {
    EXPECT_EQ(one[Field::subject], "Backup f\u00fcr web1");
    EXPECT_EQ(one[Field::message_id], "<a@b>");
    EXPECT_EQ(one[Field::from], "alice@example.com");
    EXPECT_EQ(one[Field::uid], "1000");
    EXPECT_EQ(one[Field::owner], "1000");
    EXPECT_EQ(one[Field::accepted], to_rfc3339(id.accepted()));
  }
  EXPECT_EQ(all[1][Field::kind], "delivered");
  EXPECT_EQ(all[1][Field::to], "good@example.com");
  EXPECT_EQ(all[1][Field::original], "root@web1.example.net");
  EXPECT_EQ(all[1][Field::site], "main");
  EXPECT_EQ(all[1][Field::host], "smtp.example.com[192.0.2.1]:465");
  EXPECT_EQ(all[1][Field::reply], "250 2.0.0 Ok");
  EXPECT_EQ(all[1][Field::attempts], "");
  EXPECT_EQ(all[2][Field::kind], "failed");
  EXPECT_EQ(all[2][Field::reply], "550 5.1.1 no such user");
}

TEST_F(ScribeTest, TheReportToItsSenderIsNobodysMessage) {
  host.answers["bad@example.com"] = refused();
  accept(local({"bad@example.com"}));
  EXPECT_THAT(told(), ElementsAre("accepted bad@example.com", "accepted alice@example.com", "failed bad@example.com",
                                  "delivered alice@example.com"));
  const std::vector<Record> all = records();
  EXPECT_EQ(all[1][Field::reply], "report");
  EXPECT_EQ(all[1][Field::from], "<>");
  EXPECT_EQ(all[3][Field::uid] + all[3][Field::owner] + all[3][Field::client], "");
}

TEST_F(ScribeTest, AttemptsThatSayTheSameAreCountedAndNotRepeated) {
  mail::Status busy = deferred();
  host.answers["a@example.com"] = busy;
  Query of_it;
  of_it.id = accept(local({"a@example.com"})).str();
  for (int i = 0; i < 5; ++i) {
    busy.text = "try again in " + std::to_string(100 - i) + " seconds";
    if (i > 0) host.answers["a@example.com"] = busy;
    pass(std::chrono::hours(2));
  }
  host.answers.clear();
  pass(std::chrono::hours(2));
  const std::vector<Record> all = records(of_it);
  ASSERT_THAT(told(of_it), ElementsAre("accepted a@example.com", "deferred a@example.com", "deferred a@example.com",
                                       "delivered a@example.com"));
  EXPECT_EQ(all.at(1)[Field::reply], "451 4.3.0 try again later");
  EXPECT_EQ(all.at(2)[Field::reply], "451 4.3.0 try again in 99 seconds");
  EXPECT_EQ(all.at(3)[Field::attempts], "7");
}

TEST_F(ScribeTest, TroubleOfTheSmarthostIsNotedWithTheMessageThatMetIt) {
  const test::ExpectLog log("site down");
  host.trouble = site_trouble();
  accept(local({"a@example.com", "b@example.com"}));
  for (int i = 0; i < 3; ++i) pass(std::chrono::hours(1));
  host.trouble.reset();
  pass(std::chrono::hours(1));
  EXPECT_THAT(told(), ElementsAre("accepted a@example.com b@example.com", "deferred a@example.com b@example.com",
                                  "delivered a@example.com", "delivered b@example.com"));
  EXPECT_EQ(records()[1][Field::reply], "connection refused");
}

// As many as no record has room for, whom the sender named otherwise, too.
TEST_F(ScribeTest, EachOfVeryManyRecipientsIsFoundWhateverBecameOfThem) {
  const test::ExpectLog log("site down");
  constexpr std::size_t kAll = 200;
  const auto number = [](std::size_t i) { return "recipient-number-" + std::to_string(100 + i) + "@"; };
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kAll; ++i) all.push_back(number(i) + "destination.example.com");
  mail::Envelope made = local(std::move(all));
  for (std::size_t i = 0; i < kAll; ++i) made.recipients[i].orcpt = "rfc822;named-" + number(i) + "web1.example.net";
  const auto named = [&](Kind kind) {
    std::size_t count = 0;
    Query query;
    query.kinds = {kind};
    for (const Record& one : records(query)) count += parse_number(one[Field::count]).value_or(1);
    for (std::size_t i = 0; i < kAll; ++i) {
      for (const std::string& wanted : {number(i), "named-" + number(i)}) {
        query.to = wanted;
        EXPECT_EQ(records(query).size(), 1U) << wanted << " " << name(kind);
      }
    }
    return count;
  };
  host.trouble = site_trouble();
  const QueueId down = accept(made);
  EXPECT_EQ(named(Kind::accepted), kAll);
  EXPECT_EQ(named(Kind::deferred), kAll);
  ASSERT_TRUE(run(loop, queue->remove(down)));
  EXPECT_EQ(named(Kind::deleted), kAll);
  scribe.gathered(made, {}, QueueId::make(clock.wall(), 1));
  EXPECT_EQ(named(Kind::gathered), kAll);
  scribe.damaged(made.id, made, std::vector<queue::RecipientState>(kAll), {}, "cut");
  EXPECT_EQ(named(Kind::corrupt), kAll);
}

TEST_F(ScribeTest, OfWhomAServerPutsOffByTheHundredEachIsFound) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < 200; ++i) all.push_back("recipient-number-" + std::to_string(100 + i) + "@example.com");
  for (const std::string& one : all) host.answers[one] = deferred();
  accept(local(all));
  Query query;
  query.kinds = {Kind::deferred};
  for (const std::string& one : all) {
    query.to = one;
    EXPECT_EQ(records(query).size(), 1U) << one;
  }
}

TEST_F(ScribeTest, ATroubleThatTheHourHadNoRoomForIsNotedInTheNext) {
  const test::ExpectLog log("site down");
  const test::ExpectLog again("site still down");
  host.trouble = site_trouble();
  Query of_it;
  of_it.kinds = {Kind::deferred};
  of_it.id = accept(local({"a@example.com"})).str();
  const auto now_it_says = [&](const std::string& words) {
    clock.advance(Seconds(20));  // a site that is down is not tried at every word of an operator
    host.trouble->site->text = words;
    queue->retry_all(queue::Probe::forced);
    settle();
  };
  for (std::size_t i = 0; i <= Scribe::kDeferrals; ++i) now_it_says(std::string(i + 1, 'x'));
  EXPECT_EQ(records(of_it).size(), 1 + Scribe::kDeferrals);
  clock.advance(std::chrono::hours(1));
  now_it_says(std::string(Scribe::kDeferrals + 1, 'x'));
  EXPECT_EQ(records(of_it).size(), 2 + Scribe::kDeferrals) << "the same that there was no room for";
  now_it_says(std::string(Scribe::kDeferrals + 1, 'x'));
  EXPECT_EQ(records(of_it).size(), 2 + Scribe::kDeferrals);
}

TEST_F(ScribeTest, WhatIsSaidOfALoginIsNotForWhoeverSentTheMessage) {
  const test::ExpectLog log("site down");
  host.trouble = site_trouble(mail::Step::auth);
  host.trouble->site->text = "token server says: invalid grant for boss@example.com";
  host.trouble->site->code = 535;

  accept(local({"a@example.com"}));
  EXPECT_EQ(records().at(1)[Field::reply].find("boss"), std::string::npos);
  EXPECT_NE(records().at(1)[Field::reply].find("535"), std::string::npos);
}

TEST_F(ScribeTest, DeferralsThatSayAnotherThingEachTimeAreBoundedForEachPartyAlone) {
  constexpr std::size_t kMessages = 40;
  const auto to = [](std::size_t i) { return "other" + std::to_string(i) + "@example.com"; };
  mail::Status busy = deferred();
  for (std::size_t round = 0; round < Scribe::kDeferrals / kMessages + 3; ++round) {
    busy.text = std::string("word") + static_cast<char>('a' + round);
    for (std::size_t i = 0; i < kMessages; ++i) host.answers[to(i)] = busy;
    host.answers["quiet@example.com"] = busy;
    for (std::size_t i = 0; round == 0 && i < kMessages; ++i) accept(local({to(i)}));
    if (round == 0) accept(local({"quiet@example.com"}, 1001));
    queue->retry_all(queue::Probe::forced);
    settle();
  }
  std::map<std::string, std::size_t> noted;
  for (const Record& one : records()) noted[one[Field::owner]] += one[Field::kind] == "deferred" ? 1U : 0U;
  EXPECT_EQ(noted["1000"], Scribe::kDeferrals + kMessages);
  EXPECT_EQ(noted["1001"], Scribe::kDeferrals / kMessages + 3);
}

TEST_F(ScribeTest, WhatAnOperatorEndsIsNotedAsThat) {
  host.answers["a@example.com"] = deferred();
  const QueueId deleted = accept(local({"a@example.com"}), "Subject: one\nMessage-ID: <1@b>\n\n");
  ASSERT_TRUE(run(loop, queue->remove(deleted)));
  const QueueId bounced = accept(local({"a@example.com"}), "Subject: two\n\n");
  ASSERT_TRUE(run(loop, queue->hold(bounced)));
  ASSERT_TRUE(run(loop, queue->bounce(bounced)));
  settle();
  Query first;
  first.id = deleted.str();
  EXPECT_THAT(told(first), ElementsAre("accepted a@example.com", "deferred a@example.com", "deleted a@example.com"));
  EXPECT_EQ(records(first)[2][Field::subject], "one");
  EXPECT_EQ(records(first)[2][Field::message_id], "<1@b>");
  EXPECT_EQ(records(first)[2][Field::owner], "1000");
  Query second;
  second.id = bounced.str();
  EXPECT_THAT(told(second), ElementsAre("accepted a@example.com", "deferred a@example.com", "bounced a@example.com"));
}

TEST_F(ScribeTest, WhatLeftTheQueueIsForgottenHoweverItDid) {
  const test::ExpectLog log("damaged message is not delivered");
  host.answers["a@example.com"] = deferred();
  std::vector<QueueId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(accept(local({"a@example.com"})));
  EXPECT_EQ(scribe.tried(), 5U);
  ASSERT_TRUE(run(loop, queue->hold(ids[0])));
  EXPECT_EQ(scribe.tried(), 4U);
  ASSERT_TRUE(run(loop, queue->remove(ids[1])));
  EXPECT_EQ(scribe.tried(), 3U);
  ASSERT_TRUE(run(loop, queue->bounce(ids[2])));
  settle();
  EXPECT_EQ(scribe.tried(), 2U);
  disk.put("spool/queue/" + ids[3].str(), "damaged");
  pass(std::chrono::hours(2));
  EXPECT_EQ(scribe.tried(), 1U);
  host.answers.clear();
  pass(std::chrono::hours(5));
  EXPECT_EQ(scribe.tried(), 0U);
}

TEST_F(ScribeTest, WhatWentInAStormDigestNamesItAndTheDigestIsThereItself) {
  queue::Config made = queue::stormy_config();
  made.recorder = &scribe;
  queue->configure(std::move(made), {{"main", {4}}});
  std::vector<QueueId> ids;
  for (std::size_t i = 0; i < 6; ++i) ids.push_back(accept(queue::from_user(1000), queue::failing_job(i)));
  pass(Seconds(600));
  Query of_originals;
  of_originals.kinds = {Kind::gathered};
  const std::vector<Record> originals = records(of_originals);
  ASSERT_EQ(originals.size(), 3U);
  Query of_digest;
  of_digest.id = originals[0][Field::digest];
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(originals[i][Field::id], ids[3 + i].text());
    EXPECT_EQ(originals[i][Field::digest], *of_digest.id);
    EXPECT_EQ(originals[i][Field::subject], "Cron backup");
    EXPECT_EQ(originals[i][Field::to], "admin@example.com");
    EXPECT_EQ(originals[i][Field::owner], "1000");
    Query of_it;
    of_it.id = ids[3 + i].str();
    EXPECT_THAT(told(of_it), ElementsAre("accepted admin@example.com", "gathered admin@example.com"));
  }
  EXPECT_THAT(told(of_digest), ElementsAre("accepted admin@example.com", "delivered admin@example.com"));
  for (const Record& one : records(of_digest)) {
    EXPECT_EQ(one[Field::subject], "[3 alike] Cron backup");
    EXPECT_EQ(one[Field::owner], "1000");
  }
  EXPECT_EQ(records(of_digest)[0][Field::reply], "storm digest");
}

TEST_F(ScribeTest, RefusalsOfEachUserAreBoundedAndKeepNobodyElsesOut) {
  queue::AtDoor message;
  message.source.kind = mail::Source::Kind::local;
  message.source.uid = 1000;
  message.client = "uid 1000 pid 7";
  message.sender = "alice@example.com";
  message.recipients.push_back({"a@example.com", 0, "rfc822;root@web1"});
  message.count = 2;
  for (std::size_t i = 0; i < 3 * Scribe::kRefusals; ++i) scribe.refused(message, "452 4.3.1 no space");
  message.source.uid = 1001;
  scribe.refused(message, "452 4.3.1 no space");
  EXPECT_EQ(records().size(), Scribe::kRefusals + 1);
  clock.advance(Seconds(60));
  scribe.refused(message, "552 5.3.4 too large");
  const Record last = records().back();
  EXPECT_EQ(last[Field::kind], "refused");
  EXPECT_EQ(last[Field::id], "");
  EXPECT_EQ(last[Field::owner], "1001");
  EXPECT_EQ(last[Field::from], "alice@example.com");
  EXPECT_EQ(last[Field::to], "a@example.com");
  EXPECT_EQ(last[Field::original], "root@web1");
  EXPECT_EQ(last[Field::count], "2");
  EXPECT_EQ(last[Field::reply], "552 5.3.4 too large");
  // Strangers by the thousand share what is left.
  message.source.uid.reset();
  message.source.kind = mail::Source::Kind::smtp;
  const std::size_t before = records().size();
  for (int i = 0; i < 2000; ++i) {
    message.source.peer = "192.0.2." + std::to_string(i % 250) + std::to_string(i / 250) + ":5000";
    scribe.refused(message, "554 5.7.1 no");
  }
  EXPECT_LE(records().size() - before, Allowances::kApart + Scribe::kRefusals + 1);
}

TEST_F(ScribeTest, RefusalsOfTheManyUidsOfOneUserAreOfOneParty) {
  scribe.use_parties(mail::Parties({{100'000, 65'536, 1000}}));
  queue::AtDoor message;
  message.source.kind = mail::Source::Kind::local;
  for (std::uint32_t uid = 100'000; uid < 100'500; ++uid) {
    message.source.uid = uid;
    scribe.refused(message, "452 4.3.1 no space");
  }
  message.source.uid = 1001;
  scribe.refused(message, "452 4.3.1 no space");
  EXPECT_EQ(records().size(), Scribe::kRefusals + 1);
}

TEST_F(ScribeTest, WhatAPartySendsBeyondItsShareIsNotNotedAndThatOfOthersIs) {
  const test::ExpectLog log("records are left out of the history");
  HistoryOptions small;
  small.size = 1024ULL * 1024;
  history.configure(small);
  scribe.use_parties(mail::Parties({{100'000, 65'536, 1000}}));
  mail::Envelope many = local({"a@example.com"});
  for (std::uint32_t i = 0; i < 2500; ++i) {
    many.source.uid = i % 2 == 0 ? 1000 : 100'000 + i;
    scribe.accepted(many, {}, "");
  }
  scribe.deleted(many.id, many, {}, {});
  const mail::Envelope one = local({"b@example.com"}, 1001);
  scribe.accepted(one, {}, "");
  std::size_t of_many = 0;
  for (const Record& each : records()) of_many += line_of(each).size();
  EXPECT_LE(of_many, small.size / Shares::kPart + 1000);
  const std::vector<std::string> all = told();
  EXPECT_EQ(all.back(), "accepted b@example.com");
  EXPECT_EQ(all.at(all.size() - 2), "deleted ") << "what became of it counts more";
}

TEST_F(ScribeTest, WhatAStartAfterACrashNotedOnceMoreIsAnsweredOnce) {
  const Answers answers(history, find_at_once);
  const QueueId digest = QueueId::make(clock.wall(), 1);
  const QueueId id = QueueId::make(clock.wall(), 2);
  mail::Envelope original = local({"a@example.com"});
  original.id = id;
  mail::Envelope of_digest = original;
  of_digest.id = digest;
  scribe.accepted(original, {}, "");
  for (int start = 0; start < 2; ++start) {
    scribe.gathered(original, {}, digest);
    scribe.accepted(of_digest, {}, "storm digest");
  }
  const auto states = [](const std::vector<boost::json::object>& records) {
    std::vector<std::string> all;
    for (const auto& one : records) all.emplace_back(one.at("state").as_string());
    return all;
  };
  for (const Detail detail : {Detail::endings, Detail::all}) {
    Query of_original;
    of_original.id = id.str();
    const Result<Page> page = run(loop, answers.page(of_original, 10, detail));
    ASSERT_TRUE(page);
    EXPECT_EQ(std::ranges::count(states(page->records), "gathered"), 1);
    Query gathered;
    gathered.id = digest.str();
    const Result<Page> whole = run(loop, answers.page(gathered, 10, detail));
    ASSERT_TRUE(whole);
    EXPECT_THAT(states(whole->records), ElementsAre("accepted"));
  }
  const Result<Story> story = run(loop, answers.story(id.str(), std::nullopt));
  ASSERT_TRUE(story);
  EXPECT_THAT(states(story->records), ElementsAre("accepted", "gathered"));
}

TEST_F(ScribeTest, AnswersHaveOneLineForAMessageAndItsWholeWayForWhoAsks) {
  const Answers answers(history, find_at_once);
  host.answers["a@example.com"] = deferred();
  const QueueId id = accept(local({"a@example.com"}));
  host.answers.clear();
  pass(std::chrono::hours(2));
  accept(local({"b@example.com"}, 1001));
  const auto states = [](const std::vector<boost::json::object>& records) {
    std::vector<std::string> all;
    for (const auto& one : records) all.emplace_back(one.at("state").as_string());
    return all;
  };
  const Result<Page> page = run(loop, answers.page({}, 10));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->records.size(), 2U);
  for (const auto& one : page->records) EXPECT_EQ(one.at("state"), "delivered");
  const Result<Page> one = run(loop, answers.page({}, 1));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->records.size(), 1U);
  const Result<Story> story = run(loop, answers.story(id.str().substr(0, 12), std::nullopt));
  ASSERT_TRUE(story);
  EXPECT_THAT(states(story->records), ElementsAre("accepted", "deferred", "delivered"));
  const Result<Story> anothers = run(loop, answers.story(id.str(), 1001));
  ASSERT_TRUE(anothers);
  EXPECT_THAT(anothers->records, IsEmpty());
  const Result<Story> two = run(loop, answers.story(id.str().substr(0, 1), std::nullopt));
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().failure, Failure::invalid);
  HistoryOptions off;
  off.size = 0;
  history.configure(off);
  EXPECT_EQ(run(loop, answers.page({}, 1)).error().failure, Failure::not_found);
}

}  // namespace
}  // namespace postern::history
