// What is known of the messages that were there when the program began, before any of them is tried.
#include "queue_fixture.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace postern::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kAlice = 1000;
constexpr std::uint32_t kBob = 1001;

class ReaderTest : public QueueTest {
 protected:
  ReaderTest() {
    close();
    open({});  // no site: nothing is tried
  }
  QueueId add(std::optional<std::uint32_t> uid) {
    mail::Envelope made = envelope({"to@example.com"});
    made.source.kind = uid ? mail::Source::Kind::local : mail::Source::Kind::smtp;
    made.source.uid = uid;
    return accept(std::move(made));
  }
  /// Until every envelope is read: each round of the pool brings a few more.
  void start_again(std::vector<SiteConfig> sites = {}) {
    close();
    open(std::move(sites));
    for (int i = 0; i < 100; ++i) settle();
  }
  std::vector<QueueId> of(std::uint32_t uid) {
    Selection selection;
    selection.owner = uid;
    std::vector<QueueId> ids;
    for (const Entry& entry : listed(selection)) ids.push_back(entry.id);
    return ids;
  }
  /// How many files a listing for this user opens.
  std::size_t files_read_for(std::uint32_t uid) {
    const std::size_t before = disk.calls_of("open");
    (void)of(uid);
    return disk.calls_of("open") - before;
  }
};

TEST_F(ReaderTest, AListingForOneUserReadsThatUsersFilesAlone) {
  const QueueId first = add(kAlice);
  for (int i = 0; i < 100; ++i) add(kBob);
  for (int i = 0; i < 100; ++i) add({});
  const QueueId second = add(kAlice);
  const std::size_t lists = files_read_for(kBob + 1);  // the directories of what is set aside
  for (const bool after_a_start : {false, true}) {
    SCOPED_TRACE(after_a_start);
    if (after_a_start) start_again();
    EXPECT_THAT(of(kAlice), ElementsAre(first, second));
    EXPECT_EQ(files_read_for(kAlice), lists + 2);
    EXPECT_EQ(files_read_for(kBob + 1), lists);
    EXPECT_EQ(of(kBob).size(), 100U);
  }
}

TEST_F(ReaderTest, WhatIsSetAsideIsReadOnceToKnowItsOwner) {
  const QueueId own = add(kAlice);
  std::vector<QueueId> others;
  for (int i = 0; i < 50; ++i) others.push_back(add(kBob));
  for (const QueueId& id : others) ASSERT_TRUE(run(loop, queue->hold(id)));
  EXPECT_THAT(of(kAlice), ElementsAre(own));
  const std::size_t lists = files_read_for(kBob + 1);
  EXPECT_EQ(files_read_for(kAlice), lists + 1);
  for (const QueueId& id : others) ASSERT_TRUE(run(loop, queue->release(id)));
  EXPECT_THAT(of(kAlice), ElementsAre(own));
  EXPECT_EQ(of(kBob), others);
}

TEST_F(ReaderTest, MessagesAreCountedAtTheirOwnSitesBeforeAnyIsTried) {
  const test::ExpectLog down_told("site down");
  start_again({{"first", {1}}, {"second", {1}}});
  host.trouble = site_trouble();
  std::vector<QueueId> rerouted;
  for (int i = 0; i < 200; ++i) {
    const QueueId id = add(kAlice);
    if (i % 4 == 0) rerouted.push_back(id);
  }
  for (const QueueId& id : rerouted) ASSERT_TRUE(run(loop, queue->reroute(id, "second")));
  start_again({{"first", {1}}, {"second", {1}}});
  ASSERT_EQ(queue->sites().size(), 2U);
  EXPECT_EQ(queue->sites()[0].waiting, 150U);
  EXPECT_EQ(queue->sites()[1].waiting, 50U);
}

TEST_F(ReaderTest, AFileThatCannotBeReadIsFoundAtItsTurn) {
  const QueueId good = add(kAlice);
  const QueueId bad = add(kAlice);
  disk.put("spool/queue/" + bad.str(), "no message\n");
  const test::ExpectLog told("damaged message is not delivered");
  start_again({{"main", {1}}});
  settle();
  EXPECT_THAT(host.got, ElementsAre("to@example.com"));
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_THAT(disk.names("spool/corrupt"), ElementsAre(bad.str()));
  EXPECT_NE(good, bad);
}

}  // namespace
}  // namespace postern::queue
