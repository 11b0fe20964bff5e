// What whoever keeps a history hears of mail that is refused at the doors.
#include "fake_drop_box.h"
#include "refusals.h"
#include "submission/pump.h"
#include "submission/sessions.h"
#include "support/expected_log.h"
#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/run.h"
#include "support/scripted_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::submission {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Task<void> serve_once(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<const Config> config,
                      queue::Queue& queue, Clock& clock) {
  Commons commons;
  const Party party = mail::Parties().of(peer.user().value_or(mail::kNoUid));
  Pump pump(std::move(stream), std::move(peer), party, std::move(config), queue, clock, nullptr, commons);
  co_await pump.run();
}

struct WatchedDoor {
  test::FakeQueue queue;
  test::FakeClock clock;
  Refusals heard;
  Config config;
  net::Peer peer;

  WatchedDoor() {
    config.hostname = "mx.example.net";
    config.domain = "example.net";
    config.aliases = {{"root", {"admin@example.com"}}};
    config.recorder = &heard;
    peer.address = "local";
    peer.uid = 1000;
    peer.pid = 7;
  }
  void talk(const std::string& bytes) {
    std::vector<test::ScriptedStream::Turn> turns(1);
    turns[0].say = bytes;
    auto stream = std::make_unique<test::ScriptedStream>(std::move(turns), test::ScriptedStream::Options());
    test::run(serve_once(std::move(stream), peer, std::make_shared<const Config>(config), queue, clock));
  }
};

const std::string kHello = "EHLO me\r\n";
const std::string kFromTo = "MAIL FROM:<a@b.example>\r\nRCPT TO:<root>\r\nRCPT TO:<c@d.example>\r\n";

TEST(RefusalsRecorded, WhatIsTakenIsNoRefusal) {
  WatchedDoor door;
  door.talk(kHello + kFromTo + "DATA\r\nSubject: hi\r\n\r\nbody\r\n.\r\nQUIT\r\n");
  EXPECT_EQ(door.queue.stored.size(), 1U);
  door.talk(kHello + "HELP\r\nNONSENSE\r\nVRFY x\r\nQUIT\r\n");
  EXPECT_THAT(door.heard.lines, IsEmpty()) << "nor is what has no message in it";
}

TEST(RefusalsRecorded, ARecipientThatIsRefusedIsNamed) {
  WatchedDoor door;
  door.talk(kHello + "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d..example>\r\nRCPT TO:<>\r\nQUIT\r\n");
  EXPECT_THAT(door.heard.lines,
              ElementsAre("<a@b.example> -> TO:<c@d..example>: 501 5.1.3", "<a@b.example> -> TO:<>: 501 5.1.3"));
}

TEST(RefusalsRecorded, AMessageForWhichThereIsNoRoomIsNamedByItsSender) {
  WatchedDoor door;
  door.queue.full = true;
  door.talk(kHello + kFromTo + "DATA\r\n");
  EXPECT_THAT(door.heard.lines, ElementsAre("<a@b.example>: 452 4.3.1")) << "and what follows from that is left out";
}

TEST(RefusalsRecorded, AMessageThatIsRefusedAtItsEndIsToldWithAllThatIsKnown) {
  WatchedDoor door;
  door.config.message_size = 1024;
  door.talk(kHello + kFromTo + "DATA\r\nSubject: too large\r\nMessage-ID: <m@b>\r\n\r\n" + std::string(900, 'x') +
            "\r\n" + std::string(900, 'x') + "\r\n.\r\nQUIT\r\n");
  ASSERT_THAT(door.heard.lines, ElementsAre("<a@b.example> -> admin@example.com and 1 more: 552 5.3.4"));
  EXPECT_EQ(door.heard.last.source.uid, 1000U);
  EXPECT_EQ(door.heard.last.client, "uid 1000 pid 7");
}

TEST(RefusalsRecorded, OneThatCannotBeStoredIsKnownByItsSubject) {
  const test::ExpectLog log("cannot store message");
  WatchedDoor door;
  door.queue.commit_fails = Failure::io;
  door.talk(kHello + kFromTo + "DATA\r\nSubject: lost\r\nMessage-ID: <m@b>\r\n\r\nbody\r\n.\r\nQUIT\r\n");
  ASSERT_THAT(door.heard.lines, ElementsAre("<a@b.example> -> admin@example.com and 1 more: 451 4.3.0"));
  EXPECT_EQ(door.heard.last.title.subject, "lost");
  EXPECT_EQ(door.heard.last.title.message_id, "<m@b>");
}

TEST(RefusalsRecorded, WhoIsNotServedAtAllIsToldByTheAddress) {
  WatchedDoor door;
  door.peer = {};
  door.peer.address = "192.0.2.7:5000";
  door.peer.ip = parse_ip("192.0.2.7");
  door.talk("");
  EXPECT_THAT(door.heard.lines, ElementsAre("?: 554 5.7.1"));
  EXPECT_EQ(door.heard.last.client, "192.0.2.7:5000");
}

TEST(RefusalsRecorded, ADroppedFileThatIsSetAsideIsToldWithItsOwner) {
  const test::ExpectLog log("dropped file refused");
  Refusals heard;
  const auto take = [&heard](std::string frame) {
    dropped::Place place;
    place.config->recorder = &heard;
    place.config->senders = {SenderRule{{"*"}, {}, {"somebody@example.net"}}};
    place.box.files["x"] = {std::move(frame), 1234};
    place.run();
  };
  take("garbage\n");
  EXPECT_THAT(heard.lines, testing::SizeIs(1));
  EXPECT_EQ(heard.last.source.uid, 1234U);
  EXPECT_FALSE(heard.last.has_sender);
  take(dropped::frame(dropped::commands()));
  ASSERT_THAT(heard.lines, testing::SizeIs(2));
  EXPECT_EQ(heard.last.sender, "alice@example.net");
  EXPECT_EQ(heard.last.source.uid, 1234U);
  EXPECT_EQ(heard.last.count, 1U);
}

}  // namespace
}  // namespace postern::submission
