#include "queue_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace postern::queue {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

std::vector<QueueId> ids(const std::vector<Entry>& entries) {
  std::vector<QueueId> result;
  for (const Entry& entry : entries) result.push_back(entry.id);
  return result;
}

class ListingTest : public QueueTest {
 protected:
  ListingTest() {
    close();
    open({});  // no site: everything stays
  }
};

TEST_F(ListingTest, GoesByPagesInOrderOfAcceptance) {
  std::vector<QueueId> accepted;
  for (std::size_t i = 0; i < 3 * Listing::kPage + 1; ++i) accepted.push_back(accept(envelope({"to@example.com"})));
  EXPECT_THAT(ids(listed()), ElementsAreArray(accepted));
  Selection newest;
  newest.order = Order::newest;
  EXPECT_THAT(ids(listed(newest)), ElementsAreArray(accepted.rbegin(), accepted.rend()));
}

TEST_F(ListingTest, TellsTheSizeOfTheMessageAndNotOfItsFile) {
  const std::string text = "Subject: hi\n\nbody\n";
  const QueueId id = accept(envelope({"to@example.com"}), text);
  EXPECT_EQ(listed().at(0).size, text.size());
  EXPECT_EQ(run(loop, queue->find(id))->size, text.size());
}

TEST_F(ListingTest, CountsWhenTheLatestMessageWasAccepted) {
  EXPECT_FALSE(queue->totals().latest);
  accept(envelope({"to@example.com"}));
  const QueueId last = accept(envelope({"to@example.com"}));
  EXPECT_EQ(queue->totals().latest, last.accepted());
}

TEST_F(ListingTest, TellsWhomTheSenderNamedWhereAnAliasLedToSomebodyElse) {
  mail::Envelope of_alias = envelope({"admin@example.com", "bob@example.com", "carol@example.com"});
  of_alias.recipients[0].orcpt = "rfc822;root@example.net";
  of_alias.recipients[1].orcpt = "rfc822;bob@example.com";
  accept(std::move(of_alias));
  const std::vector<Entry> entries = listed();
  std::vector<std::string> originals;
  for (const Entry::Rcpt& one : entries.at(0).recipients) originals.push_back(one.original);
  EXPECT_THAT(originals, ElementsAre("root@example.net", "", ""));
}

TEST_F(ListingTest, PagesWithMessagesToManyAreShorterAndLoseNone) {
  mail::Envelope many = envelope({"to@example.com"});
  many.recipients.resize(1500, many.recipients.front());
  std::vector<QueueId> accepted;
  for (int i = 0; i < 10; ++i) accepted.push_back(accept(i == 5 ? envelope({"to@example.com"}) : many));
  const std::unique_ptr<Listing> listing = queue->list({});
  EXPECT_EQ(run(loop, listing->next()).size(), 3U);
  EXPECT_THAT(ids(listed()), ElementsAreArray(accepted));
}

TEST_F(ListingTest, BeginsBehindAnyMessageInBothOrders) {
  std::vector<QueueId> accepted;
  for (int i = 0; i < 40; ++i) accepted.push_back(accept(envelope({"to@example.com"})));
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    Selection selection;
    selection.after = accepted[i];
    EXPECT_THAT(ids(listed(selection)),
                ElementsAreArray(accepted.begin() + static_cast<std::ptrdiff_t>(i) + 1, accepted.end()));
    selection.order = Order::newest;
    EXPECT_THAT(ids(listed(selection)),
                ElementsAreArray(accepted.rend() - static_cast<std::ptrdiff_t>(i), accepted.rend()));
  }
}

TEST_F(ListingTest, PutsTheLargestOrTheNextFirst) {
  const QueueId small = accept(envelope({"to@example.com"}), "a\n");
  const QueueId large = accept(envelope({"to@example.com"}), std::string(5000, 'x') + "\n");
  const QueueId middle = accept(envelope({"to@example.com"}), std::string(500, 'x') + "\n");
  Selection selection;
  selection.order = Order::largest;
  EXPECT_THAT(ids(listed(selection)), ElementsAre(large, middle, small));
  selection.order = Order::next;
  EXPECT_THAT(ids(listed(selection)), ElementsAre(small, large, middle));
  ASSERT_TRUE(run(loop, queue->hold(small)));
  EXPECT_THAT(ids(listed(selection)), ElementsAre(large, middle, small));
}

TEST_F(ListingTest, ShowsOnlyWhatFitsEveryCondition) {
  const QueueId first = accept(envelope({"a@x.example"}, "cron@web1.example.net"));
  const QueueId second = accept(envelope({"b@x.example", "c@y.example"}, ""));
  clock.advance(Seconds(3600));
  const QueueId third = accept(envelope({"C@Y.example"}, "Root@web1.example.net"));
  ASSERT_TRUE(run(loop, queue->hold(third)));

  const auto only = [this](auto Selection::* member, auto value) {
    Selection selection;
    selection.*member = value;
    return ids(listed(selection));
  };
  using Text = std::optional<std::string>;
  EXPECT_THAT(only(&Selection::sender, Text("CRON@")), ElementsAre(first));
  EXPECT_THAT(only(&Selection::sender, Text("<>")), ElementsAre(second));
  EXPECT_THAT(only(&Selection::sender, Text("@web1.")), ElementsAre(first, third));
  EXPECT_THAT(only(&Selection::sender, Text("nobody")), IsEmpty());
  EXPECT_THAT(only(&Selection::recipient, Text("c@y.EXAMPLE")), ElementsAre(second, third));
  EXPECT_THAT(only(&Selection::recipient, Text("b@")), ElementsAre(second));
  EXPECT_THAT(only(&Selection::text, Text("No smarthost")), ElementsAre(first, second));
  EXPECT_THAT(only(&Selection::site, Text("main")), IsEmpty());
  EXPECT_THAT(only(&Selection::state, std::optional(State::held)), ElementsAre(third));
  EXPECT_THAT(only(&Selection::state, std::optional(State::waiting)), ElementsAre(first, second));
  EXPECT_THAT(only(&Selection::state, std::optional(State::failed)), IsEmpty());
  EXPECT_THAT(only(&Selection::through, std::optional(second)), ElementsAre(first, second));
  const auto then = std::optional<WallTime>(clock.wall() - Seconds(1800));
  EXPECT_THAT(only(&Selection::before, then), ElementsAre(first, second));
  EXPECT_THAT(only(&Selection::since, then), ElementsAre(third));

  Selection both;
  both.sender = "@web1.";
  both.state = State::waiting;
  EXPECT_THAT(ids(listed(both)), ElementsAre(first));
}

TEST_F(ListingTest, Q01_PassesOverMoreIdsThanItKeepsAtOnce) {
  constexpr std::size_t kMessages = 9000;  // more than two of its passes take
  std::vector<QueueId> accepted;
  for (std::size_t i = 0; i < kMessages; ++i) {
    auto intake = queue->begin(envelope({"to@example.com"}));
    ASSERT_TRUE(run(loop, intake->commit(0, mail::BodyType::seven_bit)));
    accepted.push_back(intake->id());
  }
  EXPECT_THAT(ids(listed()), ElementsAreArray(accepted));
  Selection largest;
  largest.order = Order::largest;
  EXPECT_EQ(listed(largest).size(), kMessages);
}

TEST_F(ListingTest, OfWhatWaitsOrIsUnderWayNoOtherDirectoryIsRead) {
  accept(envelope({"to@example.com"}));
  const QueueId held = accept(envelope({"to@example.com"}));
  ASSERT_TRUE(run(loop, queue->hold(held)));
  for (const State state : {State::waiting, State::active, State::held, State::failed, State::corrupt}) {
    const bool elsewhere = state != State::waiting && state != State::active;
    const std::size_t before = disk.calls_of("list");
    Selection selection;
    selection.state = state;
    const std::size_t found = listed(selection).size();
    EXPECT_EQ(found, state == State::waiting || state == State::held ? 1U : 0U);
    EXPECT_EQ(disk.calls_of("list") - before, elsewhere ? 3U : 0U) << name(state);
  }
}

TEST_F(ListingTest, LeavesOutWhatWentMeanwhile) {
  std::vector<QueueId> accepted;
  for (std::size_t i = 0; i < 2 * Listing::kPage; ++i) accepted.push_back(accept(envelope({"to@example.com"})));
  const std::unique_ptr<Listing> listing = queue->list({});
  EXPECT_EQ(run(loop, listing->next()).size(), Listing::kPage);
  ASSERT_TRUE(run(loop, queue->remove(accepted.back())));
  EXPECT_EQ(run(loop, listing->next()).size(), Listing::kPage - 1);
  EXPECT_THAT(run(loop, listing->next()), IsEmpty());
}

}  // namespace
}  // namespace postern::queue
