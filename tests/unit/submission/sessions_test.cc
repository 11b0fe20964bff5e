#include "submission/sessions.h"
#include "refusals.h"

#include "base/text.h"
#include "smtp/limits.h"
#include "submission/envelope_completion.h"
#include "submission/pump.h"
#include "submission/submission_memory.h"
#include "support/expected_log.h"
#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>

namespace postern::submission {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

/// What a client sent and heard; outlives the session's stream.
struct Wire {
  explicit Wire(boost::asio::io_context& loop) : wake(loop, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer wake;
  std::string from_client;
  std::string to_client;
  bool closed = false;  ///< the stream is gone
};

/// Waits for more of the client until cancelled.
class WaitingStream final : public net::Stream {
 public:
  explicit WaitingStream(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~WaitingStream() override { wire_->closed = true; }
  WaitingStream(const WaitingStream&) = delete;
  WaitingStream& operator=(const WaitingStream&) = delete;

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    while (wire_->from_client.empty() && !cancelled_) {
      static_cast<void>(co_await wire_->wake.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
    }
    if (cancelled_) co_return Error{Failure::cancelled, "cancelled"};
    const std::size_t count = std::min(into.size(), wire_->from_client.size());
    std::copy_n(wire_->from_client.begin(), count, into.begin());
    wire_->from_client.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (cancelled_) co_return Error{Failure::cancelled, "cancelled"};
    wire_->to_client += bytes;
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Error{Failure::tls, "no TLS here"}; }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override {
    cancelled_ = true;
    wire_->wake.cancel();
  }

 private:
  std::shared_ptr<Wire> wire_;
  bool cancelled_ = false;
};

const std::string kBegun = "EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";

struct House {
  boost::asio::io_context loop;
  test::FakeQueue queue;
  test::FakeClock clock;
  std::shared_ptr<Config> config = std::make_shared<Config>();
  Sessions sessions{loop.get_executor()};

  House() {
    config->hostname = "mx.example.net";
    config->domain = "example.net";
  }
  /// Lets everything run that can run now.
  void settle() {
    loop.restart();
    while (loop.poll() > 0) {
    }
  }
  std::shared_ptr<Wire> connect(std::optional<uid_t> uid, std::string bytes) {
    auto wire = std::make_shared<Wire>(loop);
    wire->from_client = std::move(bytes);
    net::Peer peer;
    peer.address = uid ? "local" : "127.0.0.1:9";
    if (!uid) peer.ip = parse_ip("127.0.0.1");
    peer.uid = uid;
    sessions.start(std::make_unique<WaitingStream>(wire), std::move(peer), config, queue, clock);
    settle();
    return wire;
  }
  void say(const std::shared_ptr<Wire>& wire, const std::string& bytes) {
    wire->from_client += bytes;
    wire->wake.cancel();
    settle();
  }
};

TEST(Sessions, SayGoodbyeToClientsBetweenMessagesAtTheEnd) {
  House house;
  const auto wire = house.connect(1000, "EHLO me\r\n");
  EXPECT_EQ(house.sessions.count(), 1U);
  test::run(house.loop, house.sessions.shutdown(Seconds(60)));
  EXPECT_THAT(wire->to_client, EndsWith("421 4.4.2 mx.example.net is shutting down, try again later\r\n"));
  EXPECT_TRUE(wire->closed);
  EXPECT_EQ(house.sessions.count(), 0U);
  EXPECT_THAT(house.connect(1000, "")->to_client, testing::StartsWith("421 4.3.2 "));
}

TEST(Sessions, OneUsersRefusalsFillNoLogInHoweverManySessions) {
  House house;
  for (int i = 0; i < 40; ++i) {
    house.connect(1000, "XREFUSED 65 flood\r\nQUIT\r\n");
    house.connect(1001, "EHLO one.example\r\nMAIL FROM:<a@@b>\r\nQUIT\r\n");
    house.connect({}, "EHLO two.example\r\nMAIL FROM:<a@@b>\r\nQUIT\r\n");
  }
  house.connect(1002, "XREFUSED 65 alone\r\nQUIT\r\n");
  const auto lines = [](std::string_view words) {
    return std::ranges::count_if(test::logged(), [&](const auto& line) { return line.find(words) != line.npos; });
  };
  EXPECT_EQ(lines("reason=flood"), 20);
  EXPECT_EQ(lines("helo=one.example"), 20);
  EXPECT_EQ(lines("helo=two.example"), 20);
  EXPECT_EQ(lines("reason=alone"), 1);
  house.clock.advance(RefusalLog::kWindow);
  house.connect(1000, "XREFUSED 65 later\r\nQUIT\r\n");
  EXPECT_EQ(lines("reason=later"), 1);
  EXPECT_EQ(lines("more was refused"), 3);
  EXPECT_EQ(lines("more was refused client=\"user 1000\" times=20"), 1);
}

TEST(Sessions, S54_FinishAMessageUnderWayBeforeTheEnd) {
  House house;
  const auto wire = house.connect(1000, kBegun + "Subject: hi\r\n");
  bool ended = false;
  spawn(house.loop.get_executor(), house.sessions.shutdown(Seconds(60)), "shutdown", [&] { ended = true; });
  house.settle();
  EXPECT_FALSE(ended);
  EXPECT_FALSE(wire->closed);
  house.say(wire, "\r\nbody\r\n.\r\n");
  EXPECT_TRUE(ended);
  EXPECT_EQ(house.queue.stored.size(), 1U);
  EXPECT_THAT(wire->to_client, HasSubstr("250 2.0.0 queued as"));
  EXPECT_THAT(wire->to_client, EndsWith("421 4.3.2 mx.example.net is shutting down\r\n"));
}

TEST(Sessions, CutOffAMessageThatTakesTooLongAndKeepNothing) {
  House house;
  const auto wire = house.connect(1000, kBegun + "Subject: hi\r\n\r\nbody");
  test::run(house.loop, house.sessions.shutdown(Seconds(0)));
  EXPECT_TRUE(wire->closed);
  EXPECT_TRUE(house.queue.stored.empty());
  EXPECT_EQ(house.queue.abandoned, house.queue.begun);
}

TEST(Sessions, R03_U15_TheOldestIdleOneOfAUserWithTooManyMakesRoomAndOthersNotice) {
  House house;
  std::vector<std::shared_ptr<Wire>> wires;
  for (std::size_t i = 0; i < kSessionsOfUser; ++i) {
    wires.push_back(house.connect(1000, i == 0 ? "EHLO me\r\nMAIL FROM:<a@b.example>\r\n" : ""));
    EXPECT_THAT(wires.back()->to_client, testing::StartsWith("220 "));
    house.clock.advance(Milliseconds(1));
  }
  EXPECT_THAT(house.connect(1000, "")->to_client, testing::StartsWith("220 "));
  EXPECT_FALSE(wires[0]->closed) << "a transaction is under way";
  EXPECT_TRUE(wires[1]->closed);
  EXPECT_THAT(wires[1]->to_client, EndsWith("421 4.4.2 mx.example.net other connections need the place of this idle "
                                            "one; connect again\r\n"));
  EXPECT_FALSE(wires[2]->closed);
  EXPECT_EQ(house.sessions.count(), kSessionsOfUser);
  const auto other = house.connect(1001, "QUIT\r\n");
  EXPECT_THAT(other->to_client, HasSubstr("221 "));
  EXPECT_TRUE(other->closed);
  test::run(house.loop, house.sessions.shutdown(Seconds(1)));
}

TEST(Sessions, WhoHasEverySessionInATransactionIsTurnedAwayAndToldTheLimit) {
  House house;
  for (std::size_t i = 0; i < kSessionsOfUser; ++i) house.connect(1000, "EHLO me\r\nMAIL FROM:<a@b.example>\r\n");
  for (int i = 0; i < 60; ++i) {
    const auto refused = house.connect(1000, "");
    ASSERT_EQ(refused->to_client,
              "421 4.3.2 mx.example.net too many connections of user 1000 (limit: 100), try again later\r\n");
    ASSERT_TRUE(refused->closed);
  }
  const auto turned_away = [](const auto& line) { return line.find("turned away") != line.npos; };
  EXPECT_EQ(std::ranges::count_if(test::logged(), turned_away), RefusalLog::kLines);
  test::run(house.loop, house.sessions.shutdown(Seconds(1)));
}

TEST(Sessions, HalfOfThePlacesOverTcpAreForOthersAndEverybodyHasAFewInAnyCase) {
  House house;
  const auto from = [&](std::optional<uid_t> owner) {
    auto wire = std::make_shared<Wire>(house.loop);
    wire->from_client = "EHLO me\r\nMAIL FROM:<a@b.example>\r\n";
    net::Peer peer;
    peer.address = "127.0.0.1:9";
    peer.ip = parse_ip("127.0.0.1");
    peer.owner = owner;
    house.sessions.start(std::make_unique<WaitingStream>(wire), std::move(peer), house.config, house.queue,
                         house.clock);
    house.settle();
    return wire->to_client.substr(0, 3);
  };
  constexpr std::size_t kHalf = (kSessionsOverTcp - kSessionsKept) / 2;
  for (std::size_t i = 0; i < kHalf; ++i) ASSERT_EQ(from(1000), "220");
  EXPECT_EQ(from(1000), "421");
  for (std::size_t i = 0; i < kSessionsOverTcp - kHalf; ++i) {
    ASSERT_EQ(from(static_cast<uid_t>(2000 + i / kSessionsLittle)), "220") << i;
  }
  EXPECT_EQ(from(3000), "421") << "nobody is idle, and nothing has stalled";
  house.clock.advance(kStalled);
  for (std::size_t i = 0; i < kSessionsLittle; ++i) EXPECT_EQ(from(3000), "220") << "of 1000's one makes room";
  EXPECT_THAT(house.connect(1000, "")->to_client, testing::StartsWith("220 ")) << "the other door";
  test::run(house.loop, house.sessions.shutdown(Seconds(1)));
}

TEST(Sessions, OthersHaveTheirTurnsWhileThousandsOfRecipientsAreLookedAt) {
  House house;
  const auto wire = std::make_shared<Wire>(house.loop);
  wire->from_client = "EHLO me\r\nMAIL FROM:<a@b.example>\r\n";
  constexpr std::size_t kMany = 5000;
  for (std::size_t i = 0; i < kMany; ++i) wire->from_client += "RCPT TO:<" + std::to_string(i) + "@example.com>\r\n";
  wire->from_client += "DATA\r\nSubject: hi\r\n\r\nbody\r\n.\r\nQUIT\r\n";
  Commons commons;
  net::Peer peer;
  peer.uid = 1000;
  Pump pump(std::make_unique<WaitingStream>(wire), peer, 1000, house.config, house.queue, house.clock, nullptr,
            commons);
  std::size_t turns = 0;
  bool ended = false;
  std::function<void()> other = [&] {
    ++turns;
    if (!ended) boost::asio::post(house.loop, other);
  };
  boost::asio::post(house.loop, other);
  test::wait(house.loop, pump.run());
  ended = true;
  EXPECT_THAT(wire->to_client, HasSubstr("queued as"));
  EXPECT_GE(turns, kMany / EnvelopeCompletion::kOfStep - 1);
  house.loop.run();
}

TEST(Sessions, AUserWhoseMailFillsTheMemoryKeepsNobodyElseOut) {
  House house;
  Commons commons;
  FairMemory::Share elsewhere(commons.held, 1000);  // of other sessions of that user
  ASSERT_TRUE(elsewhere.resize(kMemory.all / 2 - std::size_t{128} * 1024));
  const auto talk = [&](uid_t uid, const std::string& bytes) {
    const auto wire = std::make_shared<Wire>(house.loop);
    wire->from_client = bytes;
    net::Peer peer;
    peer.address = "local";
    peer.uid = uid;
    Pump pump(std::make_unique<WaitingStream>(wire), peer, uid, house.config, house.queue, house.clock, nullptr,
              commons);
    test::run(house.loop, pump.run());
    return wire->to_client;
  };
  std::string begin = "EHLO me\r\nMAIL FROM:<a@b.example>\r\n";
  for (int i = 0; i < 1500; ++i) begin += "RCPT TO:<someone-" + std::to_string(i) + "@example.com>\r\n";
  const std::string message = begin + "DATA\r\nSubject: hi\r\n\r\nbody\r\n.\r\nQUIT\r\n";
  const std::string said = talk(1000, begin + "DATA\r\nQUIT\r\n");
  EXPECT_THAT(said, HasSubstr("250 2.1.5 recipient OK"));
  EXPECT_THAT(said, HasSubstr("(limit: memory); try again when some of it is stored\r\n221 ")) << "not to some of them";
  EXPECT_THAT(talk(1001, message), HasSubstr("queued as"));
  EXPECT_THAT(talk(1000, kBegun + "Subject: hi\r\n\r\n.\r\nQUIT\r\n"), HasSubstr("queued as")) << "there is a little";
  ASSERT_TRUE(elsewhere.resize(0));
  EXPECT_THAT(talk(1000, message), HasSubstr("queued as")) << "as soon as there is memory";
  EXPECT_EQ(commons.held.all(), 0U);
}

TEST(Sessions, U20_StoreASubmissionOnceHoweverOftenItIsSent) {
  House house;
  const std::string bytes =
      "EHLO me\r\nMAIL FROM:<a@b.example> XSUBMISSION=0123456789abcdef0123456789abcdef\r\nRCPT TO:<c@d.example>\r\n"
      "DATA\r\nSubject: hi\r\n\r\nbody\r\n.\r\nQUIT\r\n";
  const std::string first = house.connect(1000, bytes)->to_client;
  ASSERT_EQ(house.queue.stored.size(), 1U) << first;
  EXPECT_EQ(house.connect(1000, bytes)->to_client, first);
  EXPECT_EQ(house.queue.stored.size(), 1U);
  house.connect(1001, bytes);  // the same id of somebody else is another submission
  EXPECT_EQ(house.queue.stored.size(), 2U);
  house.queue.commit_fails = Failure::io;
  {
    const test::ExpectLog expected("cannot store message");
    EXPECT_THAT(house.connect(1002, bytes)->to_client, HasSubstr("451 4.3.0"));
  }
  EXPECT_THAT(house.connect(1002, bytes)->to_client, HasSubstr("queued as"));
  EXPECT_EQ(house.queue.stored.size(), 3U);
}

/// A session by itself: what it says is overdue after a client said `bytes` and was silent for so long.
std::string overdue_after(const std::string& bytes, Seconds silence, queue::Recorder* recorder = nullptr) {
  House house;
  house.config->recorder = recorder;
  const auto wire = std::make_shared<Wire>(house.loop);
  wire->from_client = bytes;
  net::Peer peer;
  peer.address = "local";
  peer.uid = 1000;
  Commons commons;
  Pump pump(std::make_unique<WaitingStream>(wire), peer, 1000, house.config, house.queue, house.clock, nullptr,
            commons);
  const auto executor = house.loop.get_executor();
  spawn(executor, pump.run(), "session");
  house.settle();
  EXPECT_EQ(pump.overdue(), "");
  house.clock.advance(silence);
  const std::string words(pump.overdue());
  spawn(executor, pump.dismiss(words), "dismiss");
  house.settle();
  EXPECT_THAT(wire->to_client, EndsWith("421 4.4.2 mx.example.net " + words + "\r\n"));
  EXPECT_TRUE(house.queue.stored.empty());
  EXPECT_EQ(house.queue.begun, house.queue.abandoned);
  return words;
}

TEST(Sessions, TellAClientWhoseLoneDotEndsNothingAfterTenSeconds) {
  const std::string text = kBegun + "Subject: hi\r\n\r\nbody";
  for (const std::string dot : {"\n.\n", "\r\n.\n", "\n.\r\n", "\r\n.\r\r\n", "\r.\r", "\n.\nQUIT\n"}) {
    EXPECT_EQ(overdue_after(text + dot, smtp::limits::kLoneDot - Seconds(1)), "") << printable(dot);
    EXPECT_THAT(overdue_after(text + dot, smtp::limits::kLoneDot), HasSubstr("nothing was stored")) << printable(dot);
  }
  for (const std::string end : {"", "\n", "\n..\n", "\n.\nmore\n"}) {
    EXPECT_EQ(overdue_after(text + end, smtp::limits::kIdle - Seconds(1)), "") << printable(end);
    EXPECT_EQ(overdue_after(text + end, smtp::limits::kIdle), "timed out") << printable(end);
  }
}

TEST(Sessions, WhoIsSentAwayInsideAMessageIsInTheHistoryAndWhoIsBetweenMessagesIsNot) {
  Refusals heard;
  overdue_after(kBegun + "Subject: hi\r\nMessage-ID: <m@b>\r\n\r\nbody\n.\n", smtp::limits::kLoneDot, &heard);
  ASSERT_THAT(heard.lines, testing::ElementsAre("<a@b.example> -> c@d.example: 421 4.4.2"));
  EXPECT_EQ(heard.last.title.subject, "hi");
  EXPECT_EQ(heard.last.title.message_id, "<m@b>");
  EXPECT_EQ(heard.last.source.uid, 1000U);
  for (const std::string text : {"", "Subject: hi", "Subject: hi\r\n\r\nbody\r\n"}) {
    overdue_after(kBegun + text, smtp::limits::kIdle, &heard);
  }
  EXPECT_THAT(heard.lines, testing::SizeIs(4));
  overdue_after("EHLO me\r\n", smtp::limits::kIdle, &heard);
  overdue_after("EHLO me\r\nMAIL FROM:<a@b.example>\r\n", smtp::limits::kIdle, &heard);
  EXPECT_THAT(heard.lines, testing::SizeIs(4));
}

// A client that was found silent may have gone on before it is told so.
TEST(Sessions, TellNobodyThatNothingWasStoredWhenTheRestOfTheMessageCameInTime) {
  House house;
  const auto wire = std::make_shared<Wire>(house.loop);
  wire->from_client = kBegun + "Subject: hi\r\n\r\nbody\n.\n";
  net::Peer peer;
  peer.address = "local";
  peer.uid = 1000;
  Commons commons;
  Pump pump(std::make_unique<WaitingStream>(wire), peer, 1000, house.config, house.queue, house.clock, nullptr,
            commons);
  const auto executor = house.loop.get_executor();
  spawn(executor, pump.run(), "session");
  house.settle();
  house.clock.advance(smtp::limits::kLoneDot);
  ASSERT_THAT(std::string(pump.overdue()), HasSubstr("nothing was stored"));
  wire->from_client = "\r\n.\r\n";
  wire->wake.cancel();
  spawn(executor, pump.dismiss_overdue(), "dismiss");
  house.settle();
  EXPECT_EQ(house.queue.stored.size(), 1U);
  EXPECT_THAT(wire->to_client, HasSubstr("250 2.0.0 queued as"));
  EXPECT_THAT(wire->to_client, testing::Not(HasSubstr("421"))) << "it goes on";
  EXPECT_FALSE(pump.ending());
  wire->from_client = "QUIT\r\n";
  wire->wake.cancel();
  house.settle();
  EXPECT_THAT(wire->to_client, HasSubstr("221 "));
}

TEST(Sessions, ABufferGrowsForAClientThatFillsItCountsThenAndWithoutMemoryForItASmallOneDoes) {
  constexpr std::size_t kKiB = 1024;
  for (const bool is_short : {false, true}) {
    House house;
    Commons commons;
    FairMemory::Share of_another(commons.held, 1001);
    FairMemory::Share own(commons.held, 1000);
    ASSERT_TRUE(of_another.resize(kMemory.all / 2));
    if (is_short) {
      ASSERT_TRUE(own.resize(kMemory.all / 4 - 72 * kKiB));
    }
    const std::size_t before = commons.held.all();
    const auto wire = std::make_shared<Wire>(house.loop);
    wire->from_client = kBegun;
    net::Peer peer;
    peer.address = "local";
    peer.uid = 1000;
    Pump pump(std::make_unique<WaitingStream>(wire), peer, 1000, house.config, house.queue, house.clock, nullptr,
              commons);
    spawn(house.loop.get_executor(), pump.run(), "session");
    house.settle();
    EXPECT_LT(commons.held.all() - before, 64 * kKiB) << "most messages are small";
    wire->from_client = "Subject: hi\r\n\r\n";
    for (std::size_t i = 0; i < 700; ++i) wire->from_client += "a line of twenty-four.\r\n";
    wire->wake.cancel();
    house.settle();
    EXPECT_EQ(commons.held.all() - before >= 64 * kKiB, !is_short);
    wire->from_client = ".\r\nQUIT\r\n";
    wire->wake.cancel();
    house.settle();
    EXPECT_THAT(wire->to_client, HasSubstr("queued as"));
  }
}

TEST(SubmissionMemory, ForgetsAfterItsTimeAndKeepsABoundedNumber) {
  SubmissionMemory memory;
  const SteadyTime start;
  EXPECT_EQ(memory.claim("a", start).claim, SubmissionMemory::Claim::mine);
  EXPECT_EQ(memory.claim("a", start).claim, SubmissionMemory::Claim::pending);
  memory.stored("a", QueueId());
  EXPECT_EQ(memory.claim("a", start + SubmissionMemory::kKept - Seconds(1)).claim, SubmissionMemory::Claim::stored);
  EXPECT_EQ(memory.claim("a", start + SubmissionMemory::kKept).claim, SubmissionMemory::Claim::mine);
  for (std::size_t i = 0; i < 2 * SubmissionMemory::kEntries; ++i) {
    static_cast<void>(memory.claim(std::to_string(i), start + SubmissionMemory::kKept));
  }
  EXPECT_LE(memory.size(), SubmissionMemory::kEntries);
  memory.failed("39999");
  EXPECT_EQ(memory.claim("39999", start + SubmissionMemory::kKept).claim, SubmissionMemory::Claim::mine);
}

}  // namespace
}  // namespace postern::submission
