#include "session.h"
#include "support/expected_log.h"

#include <gmock/gmock.h>

namespace postern::control {
namespace {

using boost::json::object;
using queue::Event;

class SendTest : public Control {
 protected:
  static Event event(Event::Kind kind, const std::string& recipient = "a@example.com") {
    Event result;
    result.kind = kind;
    if (kind == Event::Kind::delivered || kind == Event::Kind::deferred || kind == Event::Kind::failed) {
      result.recipient = recipient;
      result.status.text = "its words";
    }
    return result;
  }

  /// The message, as the queue has it when somebody looks.
  queue::Entry& stored_as(queue::State state) {
    queue.begun = 0;
    queue.entries.assign(1, {});
    queue.entries[0].id = queue.begin({})->id();
    queue.entries[0].state = state;
    queue.begun = 0;
    return queue.entries[0];
  }

  int send(std::vector<Event> events) {
    queue.events = std::move(events);
    return exit_of(R"({"command":"send-test","recipient":"a@example.com","timeout":0})");
  }
};

TEST_F(SendTest, QueuesTheMessageAndFollowsItToTheAnswer) {
  queue.events = {event(Event::Kind::attempt), event(Event::Kind::delivered)};
  queue.events[1].report.host = "smtp.example.com[192.0.2.1]:465";
  const std::vector<object> lines = ask_json(R"({"command":"send-test","recipient":"a@example.com"})");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].at("event").as_string(), "queued");
  EXPECT_EQ(lines[0].at("id").as_string(), queue.stored.at(0).envelope.id.str());
  EXPECT_EQ(lines[1].at("event").as_string(), "attempt");
  EXPECT_EQ(lines[2].at("event").as_string(), "delivered");
  EXPECT_EQ(lines[2].at("host").as_string(), "smtp.example.com[192.0.2.1]:465");
  EXPECT_EQ(lines[3].at("exit").as_int64(), 0);
  const test::FakeQueue::Stored& stored = queue.stored.at(0);
  EXPECT_EQ(stored.text, "Subject: test\n\nhello\n");
  EXPECT_EQ(stored.wire_size, stored.text.size() + 3);
  EXPECT_EQ(stored.envelope.recipients.at(0).address, "a@example.com");
  EXPECT_FALSE(queue.watched());
}

TEST_F(SendTest, IsAcceptedInTheLogAsAnyMailIs) {
  send({});
  const test::FakeQueue::Stored& stored = queue.stored.at(0);
  const std::string size = std::to_string(stored.wire_size);
  EXPECT_THAT(test::logged(), testing::Contains(testing::AllOf(
                                  testing::StartsWith("id=" + stored.envelope.id.str() + " accepted from=<"),
                                  testing::HasSubstr(" to=a@example.com recipients=1 size=" + size))));
}

TEST_F(SendTest, ComesFromWhomTheCallerNames) {
  exit_of(R"({"command":"send-test","recipient":"a@example.com","from":"anna@corp.example","timeout":0})");
  EXPECT_EQ(queue.stored.at(0).envelope.sender, "anna@corp.example");
  EXPECT_EQ(exit_of(R"({"command":"send-test","recipient":"a@example.com","from":"a b","timeout":0})"), 64);
}

TEST_F(SendTest, TellsWhatToDoWhereTheSenderIsRefused) {
  queue.events = {event(Event::Kind::site_trouble)};
  queue.events[0].report.sender =
      mail::SiteTrouble{mail::Step::mail, Failure::refused, 553, "553 5.7.1 Sender not owned by user", false};
  stored_as(queue::State::waiting).trouble = queue.events[0].report.sender;
  const std::vector<object> lines = ask_json(R"({"command":"send-test","recipient":"a@example.com"})");
  EXPECT_NE(lines[1].at("trouble").at("advice").as_string().find("set from: {policy: account}"), std::string::npos);
  EXPECT_EQ(lines.back().at("exit").as_int64(), 75);
}

TEST_F(SendTest, EndsWithTheCodeOfWhatHappened) {
  EXPECT_EQ(send({event(Event::Kind::delivered)}), 0);
  EXPECT_EQ(send({event(Event::Kind::failed)}), 1);
  EXPECT_EQ(send({event(Event::Kind::deferred)}), 75);
  EXPECT_EQ(send({event(Event::Kind::site_trouble)}), 75);
  EXPECT_EQ(send({event(Event::Kind::attempt), event(Event::Kind::removed)}), 1);
  EXPECT_EQ(send({}), 75);
  EXPECT_EQ(send({event(Event::Kind::attempt)}), 75);
}

TEST_F(SendTest, FollowsTheMessageFromASmarthostInTroubleToTheNextOne) {
  const Event trouble = event(Event::Kind::site_trouble);
  EXPECT_EQ(send({trouble, event(Event::Kind::attempt), event(Event::Kind::delivered)}), 0);
  EXPECT_EQ(send({trouble, event(Event::Kind::attempt), event(Event::Kind::failed)}), 1);
  stored_as(queue::State::active);
  queue.events = {trouble};
  const auto lines = ask_json(R"({"command":"send-test","recipient":"a@example.com","timeout":0})");
  EXPECT_EQ(lines.back().at("exit").as_int64(), 75);
  EXPECT_NE(lines.at(2).at("text").as_string().find("not delivered yet"), std::string::npos) << "by the time alone";
}

TEST_F(SendTest, EndsWhereTheMessageWaitsAfterTroubleAndSaysSoOnce) {
  const std::string request = R"({"command":"send-test","recipient":"a@example.com","timeout":3600})";
  for (const bool in_trouble : {false, true}) {
    queue::Entry& entry = stored_as(queue::State::waiting);
    if (in_trouble) entry.trouble = mail::SiteTrouble();
    entry.next = clock.wall() + Seconds(in_trouble ? -1 : 1);
    queue.events = {event(Event::Kind::site_trouble)};
    const std::vector<object> lines = ask_json(request);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[1].at("event").as_string(), "site_trouble");
    EXPECT_EQ(lines[2].at("text").as_string(), "the message stays in the queue and will be tried again");
    EXPECT_EQ(lines[3].at("exit").as_int64(), 75);
  }
}

TEST_F(SendTest, WaitsForEveryRecipientOfAnAlias) {
  context->test_envelope = [](const std::string&, const std::string&, const net::Peer&) {
    mail::Envelope envelope;
    envelope.recipients = {{"a@example.com", 0, ""}, {"b@example.com", 0, ""}};
    return envelope;
  };
  EXPECT_EQ(send({event(Event::Kind::delivered), event(Event::Kind::delivered, "b@example.com")}), 0);
  EXPECT_EQ(send({event(Event::Kind::failed), event(Event::Kind::delivered, "b@example.com")}), 1);
  EXPECT_EQ(send({event(Event::Kind::deferred), event(Event::Kind::delivered, "b@example.com")}), 75);
  EXPECT_EQ(send({event(Event::Kind::delivered)}), 75);
}

TEST_F(SendTest, TellsWhyNothingWasQueued) {
  EXPECT_EQ(exit_of(R"({"command":"send-test"})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"send-test","recipient":"a b@example.com"})"), 64);
  EXPECT_EQ(exit_of(R"({"command":"send-test","recipient":"a@example.com","timeout":-1})"), 64);
  const auto lines = ask_json(R"({"command":"send-test","recipient":"a@example.com","timeout":3601})");
  EXPECT_EQ(lines.back().at("error").as_string(), "\"timeout\" must be 3600 at most");
  EXPECT_TRUE(queue.stored.empty());
  queue.commit_fails = Failure::no_space;
  EXPECT_EQ(send({}), 75);
  EXPECT_FALSE(queue.watched());
  queue.full = true;
  EXPECT_EQ(send({}), 75);
}

TEST_F(SendTest, DoesNotTouchWhatIsGoneWhenEventsComeLate) {
  EXPECT_EQ(send({}), 75);
  queue.events = {event(Event::Kind::delivered)};
  queue.tell();
  EXPECT_FALSE(queue.watched());
}

}  // namespace
}  // namespace postern::control
