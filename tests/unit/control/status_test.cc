#include "control/status.h"

#include "session.h"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::control {
namespace {

using boost::json::serialize;
using testing::HasSubstr;
using testing::Not;

class StatusForPages : public Control {
 protected:
  boost::json::object status(Reader reader) { return test::run(status_of(*context, reader)); }

  static Task<Result<queue::DropState>> dropped() {
    queue::DropState state;
    state.refused.push_back({kBob, 3});
    co_return state;
  }

  static Task<Result<queue::DropState>> not_dropped() { co_return Error{Failure::timeout, "the disk does not answer"}; }

  static mail::SiteTrouble trouble_at(mail::Step step) {
    mail::SiteTrouble trouble;
    trouble.step = step;
    trouble.code = 554;
    trouble.text = "smtp.example.com: 554 5.7.1 secret words";
    trouble.login_refused = step == mail::Step::auth;
    return trouble;
  }
};

/// Before a login begins nobody is named to a server, so that its words are for all.
TEST_F(StatusForPages, WhoeverIsNotKnownReadsWhatServersSayBeforeTheLoginAlone) {
  for (int step = 0; step <= static_cast<int>(mail::Step::quit); ++step) {
    queue::SiteStatus site;
    site.name = "main";
    site.waiting = 1;
    site.trouble = trouble_at(static_cast<mail::Step>(step));
    queue.site_list = {site};
    queue.counted.waiting = 1;
    const std::string told = serialize(status({}));
    if (static_cast<mail::Step>(step) < mail::Step::auth) {
      EXPECT_THAT(told, HasSubstr("secret words"));
    } else {
      EXPECT_THAT(told, Not(HasSubstr("secret"))) << mail::name(static_cast<mail::Step>(step));
      EXPECT_THAT(told, HasSubstr("554"));
    }
    EXPECT_THAT(serialize(status({.administrator = true})), HasSubstr("secret words"));
  }
}

TEST_F(StatusForPages, WhoeverIsNotKnownReadsOfNoSenderAndNoUser) {
  queue::SiteStatus site;
  site.name = "main";
  site.senders.push_back({"secret@a.example", trouble_at(mail::Step::mail), clock.wall(), {}});
  queue.site_list = {site};
  std::vector<queue::Asker> askers;
  context->complaints = [&askers](queue::Asker asker) {
    askers.push_back(asker);
    return std::vector<std::string>();
  };
  context->dropped = [] { return dropped(); };
  EXPECT_THAT(serialize(status({})), Not(testing::AnyOf(HasSubstr("secret"), HasSubstr("4002"))));
  EXPECT_THAT(serialize(status({.administrator = true})),
              testing::AllOf(HasSubstr("secret@a.example"), HasSubstr("4002")));
  ASSERT_EQ(askers.size(), 2U);
  EXPECT_FALSE(askers[0].administrator);
  EXPECT_EQ(askers[0].party, std::nullopt) << "not even those whom nobody can tell apart";
  EXPECT_TRUE(askers[1].administrator);
}

TEST_F(StatusForPages, ADropDirectoryThatCannotBeReadIsTroubleForWhoeverAsks) {
  queue.site_list = {queue::SiteStatus()};
  context->dropped = [] { return not_dropped(); };
  for (const bool administrator : {false, true}) {
    const boost::json::object told = status({.administrator = administrator});
    EXPECT_EQ(told.at("level"), 1);
    EXPECT_THAT(std::string(told.at("verdict").as_string()), HasSubstr("/drop cannot be looked into"));
    EXPECT_THAT(serialize(told.at("findings")), HasSubstr("the disk does not answer"));
    EXPECT_EQ(told.at("dropped").at("error"), "the disk does not answer");
  }
}

TEST_F(StatusForPages, OfManyRecipientsAFewAreNamedAndAllCounted) {
  queue::Entry& entry = add(1, kAlice);
  entry.recipients.resize(5, entry.recipients.front());
  const boost::json::array found = test::run(oldest_waiting(context, 10));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().at("recipients").as_array().size(), 3U);
  EXPECT_EQ(found.front().at("recipient_count"), 5);
  EXPECT_EQ(found.front().at("reason"), "smtp.example.com: connection refused");
  ASSERT_EQ(queue.selections.size(), 1U);
  EXPECT_EQ(queue.selections.front().state, queue::State::waiting);
  EXPECT_EQ(queue.selections.front().order, queue::Order::oldest);
}

TEST_F(StatusForPages, NoMoreAreListedThanAreWanted) {
  for (unsigned number = 1; number <= 5; ++number) add(number, kAlice);
  for (std::size_t most = 0; most <= 6; ++most) {
    EXPECT_EQ(test::run(oldest_waiting(context, most)).size(), std::min<std::size_t>(most, 5));
  }
}

}  // namespace
}  // namespace postern::control
