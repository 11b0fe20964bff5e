#include "submission/pump.h"

#include "base/text.h"
#include "mail/header_completion.h"
#include "smtp/limits.h"
#include "support/expected_log.h"
#include "support/fake_clock.h"
#include "support/fake_queue.h"
#include "support/run.h"
#include "support/scripted_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace postern::submission {
namespace {

using test::ScriptedStream;
using test::was_logged;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kEnvelope = "EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
const std::string kText = "Subject: hi\r\nFrom: a@b.example\r\n\r\nbody\r\n..dot\r\n";

/// A stream that belongs to the session but whose record outlives it.
class Borrowed final : public net::Stream {
 public:
  explicit Borrowed(ScriptedStream& stream) : stream_(stream) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override { return stream_.read_some(into); }
  Task<Result<void>> write(std::string_view bytes) override {
    ++writes;
    return stream_.write(bytes);
  }
  Task<Result<void>> start_tls() override { return stream_.start_tls(); }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return nullptr; }
  void expires_after(Milliseconds) override {}
  void cancel() override { stream_.cancel(); }
  static inline std::size_t writes = 0;

 private:
  ScriptedStream& stream_;
};

Task<void> serve(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<const Config> config,
                 queue::Queue& queue, Clock& clock) {
  Commons commons;
  const Party party = mail::Parties().of(peer.user().value_or(mail::kNoUid));
  Pump pump(std::move(stream), std::move(peer), party, std::move(config), queue, clock, nullptr, commons);
  co_await pump.run();
}

struct Door {
  test::FakeQueue queue;
  test::FakeClock clock;
  Config config;
  net::Peer peer;

  Door() {
    config.hostname = "mx.example.net";
    config.domain = "example.net";
    peer.address = "127.0.0.1:5000";
    peer.ip = parse_ip("127.0.0.1");
  }

  void from_user(uid_t uid) {
    peer.address = "local";
    peer.uid = uid;
    peer.pid = 77;
  }

  /// Everything the server said to these bytes, sent at once or in chunks.
  std::string talk(std::string bytes, ScriptedStream::Options options = {}) {
    std::vector<ScriptedStream::Turn> turns(1);
    turns[0].say = std::move(bytes);
    ScriptedStream stream(std::move(turns), options);
    operations = 0;
    Borrowed::writes = 0;
    test::run(serve(std::make_unique<Borrowed>(stream), peer, std::make_shared<const Config>(config), queue, clock));
    operations = stream.operations();
    return stream.written();
  }
  std::size_t operations = 0;
};

std::vector<std::string> codes(const std::string& replies) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while (at < replies.size()) {
    const std::size_t end = replies.find("\r\n", at);
    if (replies[at + 3] == ' ') found.push_back(replies.substr(at, 3));
    at = end + 2;
  }
  return found;
}

TEST(Session, StoresAMessageWithTraceAndCompletedHeader) {
  Door door;
  const std::string replies = door.talk(kEnvelope + kText + ".\r\nQUIT\r\n");
  EXPECT_THAT(codes(replies), ElementsAre("220", "250", "250", "250", "354", "250", "221"));
  ASSERT_EQ(door.queue.stored.size(), 1U);
  const auto& stored = door.queue.stored[0];
  EXPECT_EQ(stored.text, "Received: from me ([127.0.0.1])\n\tby mx.example.net (Postern) with ESMTP id " +
                             stored.envelope.id.str() +
                             "\n\tfor <c@d.example>;\n\tMon, 23 Nov 2026 00:00:00 +0000\n"
                             "Subject: hi\nFrom: a@b.example\nTo: undisclosed-recipients:;\nDate: Mon, 23 Nov 2026 "
                             "00:00:00 +0000\nMessage-ID: <" +
                             stored.envelope.id.str() + "@mx.example.net>\n\nbody\n.dot\n");
  const auto lines = static_cast<std::uint64_t>(std::count(stored.text.begin(), stored.text.end(), '\n'));
  EXPECT_EQ(stored.wire_size, stored.text.size() + lines);
  EXPECT_THAT(replies, HasSubstr("queued as " + stored.envelope.id.str()));
  EXPECT_TRUE(was_logged("accepted from=<a@b.example> to=c@d.example recipients=1"));
}

TEST(Session, AnotherProtocolEndsItAndNothingBehindItsBeginningIsRead) {
  const std::string body = "\r\n" + kEnvelope + kText + ".\r\nQUIT\r\n";
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  const std::vector<std::string> beginnings{"POST / HTTP/1.1\r\nHost: localhost:25\r\n",
                                            "GET /",
                                            "OPTIONS * HTTP/1.1",
                                            "SEND /x HTTP/1.0",
                                            hello,
                                            "EHLO me\r\n" + hello,
                                            "EHLO me\r\nMAIL FROM:<a@b.example>\r\nPUT / HTTP/1.1"};
  for (const std::string& begin : beginnings) {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{4096}}) {
      Door door;
      ScriptedStream::Options options;
      options.chunk = chunk;
      const std::string said = door.talk(begin + body, options);
      EXPECT_THAT(said, testing::EndsWith("; closing\r\n")) << printable(begin);
      EXPECT_THAT(said, HasSubstr("554 5.5.1 this is SMTP without TLS, and what came is ")) << printable(begin);
      EXPECT_TRUE(door.queue.stored.empty()) << printable(begin);
    }
  }
}

TEST(Session, ARefusedMessageWithoutAnEndIsReadForAWhileAndThenGivenUp) {
  Door door;
  door.config.message_size = 1000;
  const std::string line(998, 'x');
  std::string endless = kEnvelope;
  for (int i = 0; i < 12'000; ++i) endless += line + "\r\n";
  ScriptedStream::Options options;
  options.chunk = 64 * std::size_t{1024};
  const std::string said = door.talk(endless + ".\r\nQUIT\r\n", options);
  EXPECT_THAT(said, testing::EndsWith("552 5.3.4 the message is larger than 1000 bytes\r\n"
                                      "421 4.7.0 the refused message does not end, closing\r\n"));
  EXPECT_LT(door.operations, 620U) << "9 MiB of 12 MB, in pieces of 16 KiB";
  EXPECT_GT(door.operations, 560U) << "the last of them so that the client can read why";
  EXPECT_TRUE(door.queue.stored.empty());
  EXPECT_THAT(codes(door.talk(kEnvelope + line + "\r\n" + line + "\r\n.\r\nQUIT\r\n")),
              ElementsAre("220", "250", "250", "250", "354", "552", "221"))
      << "whoever ends it goes on";
}

TEST(Session, TellsInTheLogWhoseAConnectionOverTcpIsAndGivesNobodyTheMessage) {
  Door door;
  door.peer.owner = 1000;
  door.talk(kEnvelope + kText + ".\r\nQUIT\r\n");
  ASSERT_EQ(door.queue.stored.size(), 1U);
  EXPECT_FALSE(door.queue.stored[0].envelope.source.uid);
  EXPECT_EQ(door.queue.stored[0].envelope.source.holder, 1000U) << "it counts for that user";
  EXPECT_TRUE(was_logged("client=\"127.0.0.1:5000 uid 1000\""));
}

TEST(Session, U01_U02_KnowsALocalCallerFromTheKernel) {
  Door door;
  door.from_user(1000);
  door.talk(kEnvelope + kText + ".\r\n");
  ASSERT_EQ(door.queue.stored.size(), 1U);
  const auto& stored = door.queue.stored[0];
  EXPECT_EQ(stored.envelope.source.kind, mail::Source::Kind::local);
  EXPECT_EQ(stored.envelope.source.uid, 1000U);
  EXPECT_EQ(stored.envelope.source.pid, 77);
  EXPECT_THAT(stored.text, StartsWith("Received: by mx.example.net (Postern, from userid 1000)\n\tid "));
  EXPECT_TRUE(was_logged("client=\"uid 1000 pid 77\""));
}

TEST(Session, GivesTheSameAnswersForEveryChunkSize) {
  const std::string bytes = kEnvelope + kText + ".\r\nNOOP\r\n" + kEnvelope.substr(9) + "x\r\n.\r\nQUIT\r\n";
  Door whole;
  const std::string expected = whole.talk(bytes);
  ASSERT_EQ(whole.queue.stored.size(), 2U);
  for (std::size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    Door door;
    ScriptedStream::Options options;
    options.chunk = chunk;
    ASSERT_EQ(door.talk(bytes, options), expected) << chunk;
    ASSERT_EQ(door.queue.stored.size(), 2U) << chunk;
    for (std::size_t i = 0; i < 2; ++i) ASSERT_EQ(door.queue.stored[i].text, whole.queue.stored[i].text) << chunk;
  }
}

TEST(Session, S45_U10_QueuesNothingFromAnyPrefixOfATransaction) {
  const std::string bytes = kEnvelope + kText + ".\r\n";
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Door door;
    door.talk(bytes.substr(0, cut));
    ASSERT_TRUE(door.queue.stored.empty()) << cut;
    ASSERT_EQ(door.queue.begun, door.queue.abandoned) << cut;
  }
}

TEST(Session, U12_StoresAllOrNothingWhereverAnOperationFails) {
  const std::string bytes = kEnvelope + kText + ".\r\nQUIT\r\n";
  ScriptedStream::Options options;
  options.chunk = 7;
  Door good;
  good.talk(bytes, options);
  ASSERT_GT(good.operations, 20U);
  for (options.failure = Failure::timeout; options.fail_at <= good.operations; ++options.fail_at) {
    Door door;
    const bool acknowledged = door.talk(bytes, options).find("queued as") != std::string::npos;
    ASSERT_GE(door.queue.stored.size(), acknowledged ? 1U : 0U) << options.fail_at;
    ASSERT_LE(door.queue.stored.size(), 1U) << options.fail_at;
    ASSERT_EQ(door.queue.begun, door.queue.abandoned + door.queue.stored.size()) << options.fail_at;
  }
}

TEST(Session, S35_NeverSeesASmuggledTransaction) {
  using namespace std::string_view_literals;
  const std::string second = "MAIL FROM:<evil@b.example>\r\nRCPT TO:<victim@d.example>\r\nDATA\r\nsmuggled\r\n.\r\n";
  for (const std::string_view ending :
       {"\n.\n"sv, "\n.\r\n"sv, "\r\n.\n"sv, "\r.\r"sv, "\r.\r\n"sv, "\r\n.\r"sv, "\n.\r"sv, "\r.\n"sv, "\r\r.\r\n"sv,
        "\r\n.\r\r\n"sv, "\r\n\0.\r\n"sv, "\r\n.\0\r\n"sv, "\0\r\n\0.\0\r\n"sv, "\n\n.\n\n"sv, "\r\n.\r\0\n"sv}) {
    for (std::size_t chunk = 1; chunk < 12; ++chunk) {
      Door door;
      ScriptedStream::Options options;
      options.chunk = chunk;
      std::string bytes = kEnvelope + "Subject: one\r\n\r\nfirst";
      bytes.append(ending).append(second).append("QUIT\r\n");
      const std::string replies = door.talk(bytes, options);
      ASSERT_EQ(door.queue.stored.size(), 1U) << printable(ending);
      for (const auto& stored : door.queue.stored) {
        ASSERT_EQ(stored.envelope.sender, "a@b.example") << printable(ending);
        ASSERT_EQ(stored.envelope.recipients.size(), 1U);
      }
      ASSERT_THAT(replies, Not(HasSubstr("evil")));
      ASSERT_EQ(codes(replies).size(), 7U) << printable(ending) << replies;
    }
  }
}

TEST(Session, AnswersAFailedCommitBy451AndGoesOn) {
  for (const Failure failure : {Failure::io, Failure::no_space}) {
    Door door;
    // A full disk is the queue's to tell.
    std::optional<test::ExpectLog> expected;
    if (failure == Failure::io) expected.emplace("cannot store message");
    door.queue.commit_fails = failure;
    const std::string again = kEnvelope.substr(9) + kText + ".\r\n";
    const auto found = codes(door.talk(kEnvelope + kText + ".\r\n" + again));
    const std::string code = failure == Failure::io ? "451" : "452";
    EXPECT_THAT(found, ElementsAre("220", "250", "250", "250", "354", code, "250", "250", "354", "250"));
    EXPECT_EQ(door.queue.stored.size(), 1U);
    EXPECT_EQ(door.queue.abandoned, 1U);
  }
}

// What is too long for an envelope says nothing of the disk: no line of the log that an administrator would look into.
TEST(Session, RefusesForGoodWhatNoEnvelopeHoldsAndNamesNoFaultOfTheSpool) {
  Door door;
  door.queue.commit_fails = Failure::limit;
  EXPECT_THAT(codes(door.talk(kEnvelope + kText + ".\r\nQUIT\r\n")),
              ElementsAre("220", "250", "250", "250", "354", "552", "221"));
  EXPECT_TRUE(door.queue.stored.empty());
  EXPECT_THAT(test::logged(), testing::Contains(HasSubstr(" message refused, it has too many recipients ")));
}

TEST(Session, AnswersAFailedAppendAfterTheRealEnd) {
  Door door;
  door.queue.append_fails = Failure::no_space;
  EXPECT_THAT(codes(door.talk(kEnvelope + kText + "RSET\r\n.\r\nQUIT\r\n")),
              ElementsAre("220", "250", "250", "250", "354", "452", "221"));
  EXPECT_EQ(door.queue.abandoned, 1U);
}

TEST(Session, U19_S37_RefusesATooLargeMessageAfterItsRealEnd) {
  for (const std::size_t size : {std::size_t{1000}, std::size_t{1001}, std::size_t{300'000}}) {
    Door door;
    door.config.message_size = 1000;
    std::string text = "\r\n";
    while (text.size() + 100 <= size) text += std::string(98, 'x') + "\r\n";
    text += std::string(size - text.size() - 2, 'x') + "\r\n";
    ASSERT_EQ(text.size(), size);
    const std::string code = size > 1000 ? "552" : "250";
    EXPECT_THAT(codes(door.talk(kEnvelope + text + ".\r\nQUIT\r\n")),
                ElementsAre("220", "250", "250", "250", "354", code, "221"))
        << size;
    EXPECT_EQ(door.queue.stored.size(), size > 1000 ? 0U : 1U);
  }
}

TEST(Session, S27_TakesAHeaderThatIsTooLongToBeHeldEvenIfItNeverEnds) {
  std::string header = "Subject: hi\r\nBcc: hidden\r\n";
  while (header.size() <= 2 * mail::kHeldHeader) header += "X-Filler: " + std::string(900, 'x') + "\r\n";
  for (const std::string_view end : {".\r\n", "\r\nbody\r\n.\r\n"}) {
    Door door;
    EXPECT_THAT(codes(door.talk(kEnvelope + header + "Bcc: too\r\nFrom: r@x\r\n" + std::string(end) + "QUIT\r\n")),
                ElementsAre("220", "250", "250", "250", "354", "250", "221"));
    ASSERT_EQ(door.queue.stored.size(), 1U);
    const std::string& text = door.queue.stored[0].text;
    EXPECT_THAT(text, HasSubstr("+0000\nSubject: hi\nX-Filler"));
    EXPECT_THAT(text, HasSubstr("x\nFrom: r@x\nTo: undisclosed-recipients:;\nDate: "));
    EXPECT_THAT(text, Not(HasSubstr("Bcc")));
    EXPECT_THAT(text, testing::EndsWith(end.size() > 3 ? "mx.example.net>\n\nbody\n" : "mx.example.net>\n\n"));
  }
}

TEST(Session, TakesALongBodyWithoutAnyHeader) {
  for (const std::size_t line : {std::size_t{500}, std::size_t{3} * mail::kHeldHeader}) {
    Door door;
    std::string body;
    while (body.size() <= 2 * mail::kHeldHeader) body += "just words " + std::string(line, 'x') + "\r\n";
    EXPECT_THAT(codes(door.talk(kEnvelope + body + ".\r\n")), ElementsAre("220", "250", "250", "250", "354", "250"));
    ASSERT_EQ(door.queue.stored.size(), 1U);
    EXPECT_THAT(door.queue.stored[0].text, HasSubstr("mx.example.net>\n\njust words "));
  }
}

// Where the header ends, and whether it is too long to be held, is decided by the text and not by how it arrives.
TEST(Session, MakesTheSameOfAHeaderNearTheBoundWhereverItIsCut) {
  const std::string two = "Subject: a\r\nSubject: b\r\n";
  for (const std::size_t size : {mail::kHeldHeader - 1, mail::kHeldHeader, mail::kHeldHeader + 1}) {
    for (const std::string_view behind : {"\r\nbody\r\n", "no field\r\n", "From: r@x\r\n\r\nbody\r\n"}) {
      const std::string filler = "X: " + std::string(size - two.size() + 2 - 4, 'x') + "\r\n";
      const std::string bytes = kEnvelope + two + filler + std::string(behind) + std::string(3000, 'y') + "\r\n.\r\n";
      std::string want;
      for (const std::size_t chunk : {bytes.size(), std::size_t{999}, std::size_t{65536}, std::size_t{1 << 18}}) {
        Door door;
        ScriptedStream::Options options;
        options.chunk = chunk;
        door.talk(bytes, options);
        ASSERT_EQ(door.queue.stored.size(), 1U);
        const std::string text = door.queue.stored[0].text.substr(door.queue.stored[0].text.find("\nSubject: a"));
        const std::string id = door.queue.stored[0].envelope.id.str();
        std::string plain = text;
        if (const std::size_t at = plain.find(id); at != std::string::npos) plain.replace(at, id.size(), "ID");
        if (want.empty()) want = plain;
        ASSERT_TRUE(plain == want) << size << " " << behind << " by " << chunk;
      }
    }
  }
}

TEST(Session, S38_H64_F14_RefusesALoopByItsReceivedFields) {
  for (const std::size_t count : {smtp::limits::kReceivedLines, smtp::limits::kReceivedLines + 1}) {
    Door door;
    std::string header;
    for (std::size_t i = 0; i < count; ++i) header += "Received: by somebody\r\n";
    for (const std::string& before : {std::string(), "X: " + std::string(mail::kHeldHeader, 'x') + "\r\n"}) {
      const std::string replies = door.talk(kEnvelope + before + header + "\r\nbody\r\n.\r\n");
      const bool loop = count > smtp::limits::kReceivedLines;
      EXPECT_EQ(codes(replies).back(), loop ? "554" : "250");
      EXPECT_EQ(replies.find("5.4.6") != std::string::npos, loop);
    }
  }
}

TEST(Session, C17_CompletesAddressesAndFollowsAliasesOnce) {
  Door door;
  door.config.aliases["root"] = {"admin@example.com", "ops"};
  door.talk(
      "EHLO me\r\nMAIL FROM:<cron>\r\nRCPT TO:<root>\r\nRCPT TO:<root@EXAMPLE.net>\r\nRCPT TO:<admin@Example.com>\r\n"
      "RCPT TO:<other>\r\nDATA\r\nTo: root\r\n\r\n.\r\n");
  ASSERT_EQ(door.queue.stored.size(), 1U);
  const mail::Envelope& envelope = door.queue.stored[0].envelope;
  EXPECT_EQ(envelope.sender, "cron@example.net");
  std::vector<std::string> to;
  for (const auto& recipient : envelope.recipients) to.push_back(recipient.address);
  EXPECT_THAT(to, ElementsAre("admin@example.com", "ops@example.net", "other@example.net"));
  EXPECT_THAT(door.queue.stored[0].text, HasSubstr("To: root@example.net\n"));
  EXPECT_THAT(door.queue.stored[0].text, Not(HasSubstr("for <")));
}

TEST(Session, LeaksNoRecipientFromOneMessageToTheNext) {
  Door door;
  std::string bytes = "EHLO me\r\n";
  for (const std::string user : {"one", "two", "three"}) {
    bytes += "MAIL FROM:<" + user + "@b.example>\r\nRCPT TO:<" + user + "@d.example>\r\nDATA\r\n" + user + "\r\n.\r\n";
  }
  door.talk(bytes);
  ASSERT_EQ(door.queue.stored.size(), 3U);
  for (const auto& stored : door.queue.stored) {
    ASSERT_EQ(stored.envelope.recipients.size(), 1U);
    const std::string user = stored.envelope.sender.substr(0, stored.envelope.sender.find('@'));
    EXPECT_EQ(stored.envelope.recipients[0].address, user + "@d.example");
    EXPECT_THAT(stored.text, testing::EndsWith("\n\n" + user + "\n"));
  }
}

TEST(Session, MarksEightBitText) {
  for (const std::string_view text : {"plain", "gr\xc3\xbc\xc3\x9f"}) {
    Door door;
    door.talk(kEnvelope + "\r\n" + std::string(text) + "\r\n.\r\n");
    ASSERT_EQ(door.queue.stored.size(), 1U);
    EXPECT_EQ(door.queue.stored[0].body, is_ascii(text) ? mail::BodyType::seven_bit : mail::BodyType::eight_bit);
  }
}

TEST(Session, S48_AnswersAThousandPipelinedCommandsInFewWrites) {
  Door door;
  std::string bytes = "EHLO me\r\nMAIL FROM:<a@b.example>\r\n";
  for (int i = 0; i < 1000; ++i) bytes += "RCPT TO:<r" + std::to_string(i) + "@d.example>\r\n";
  ScriptedStream::Options options;
  options.chunk = 1 << 20;
  const std::string replies = door.talk(bytes, options);
  EXPECT_EQ(codes(replies).size(), 1003U);
  EXPECT_LT(Borrowed::writes, 10U);
}

TEST(Session, NeedsTwoWritesForAClientThatSendsEverythingAtOnce) {
  Door door;
  door.talk(kEnvelope + kText + ".\r\nQUIT\r\n");
  EXPECT_EQ(Borrowed::writes, 2U);
}

TEST(Session, EndsAtACommandLineThatIsTooLong) {
  const std::string longest = "NOOP " + std::string(smtp::limits::kCommandLine - 5, 'x');
  for (const std::string_view end : {"\r\n", "\n"}) {
    Door door;
    EXPECT_THAT(codes(door.talk(longest + std::string(end) + "QUIT\r\n")), ElementsAre("220", "250", "221"));
    EXPECT_THAT(codes(door.talk(longest + "x" + std::string(end) + "QUIT\r\n")), ElementsAre("220", "500"));
  }
  Door door;
  EXPECT_THAT(codes(door.talk(longest + "xxx")), ElementsAre("220", "500")) << "two CRs may belong to its end";
  EXPECT_THAT(codes(door.talk(std::string(10'000'000, 'x'))), ElementsAre("220", "500"));
}

TEST(Session, S49_SaysNoAtMailWhenTheDiskIsFull) {
  Door door;
  door.queue.full = true;
  EXPECT_THAT(codes(door.talk("EHLO me\r\nMAIL FROM:<a@b.example>\r\n")), ElementsAre("220", "250", "452"));
}

/// What a client at `ip` hears where these networks may send.
std::string greeting_for(const std::string& ip, const std::vector<std::string>& networks) {
  Door door;
  door.peer.address = ip.find(':') == std::string::npos ? ip + ":1234" : "[" + ip + "]:1234";
  door.peer.ip = parse_ip(ip);
  door.config.networks.clear();
  for (const std::string& network : networks) door.config.networks.push_back(*Network::parse(network));
  std::string replies = door.talk(kEnvelope + kText + ".\r\n");
  const bool taken = replies.starts_with("220 ");
  EXPECT_EQ(door.queue.stored.size(), taken ? 1U : 0U) << ip;
  return replies;
}

TEST(Session, S50_ServesThisMachineAloneUnlessNetworksAreNamed) {
  for (const std::string text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    Door door;
    door.peer.ip = parse_ip(text);
    EXPECT_THAT(door.talk("QUIT\r\n"), StartsWith("220 ")) << text;
  }
  for (const std::string text : {"128.0.0.1", "192.0.2.7", "::", "::2", "fe80::1", "::ffff:192.0.2.7", "::127.0.0.1"}) {
    Door door;
    door.peer.ip = parse_ip(text);
    EXPECT_THAT(door.talk(kEnvelope + kText + ".\r\n"), StartsWith("554 5.7.1 ")) << text;
    EXPECT_TRUE(door.queue.stored.empty());
  }
}

TEST(Session, S50_ServesTheNetworksThatAreNamedAndNobodyElse) {
  const std::vector<std::string> networks{"127.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"};
  for (const std::string ip : {"127.0.0.1", "192.0.2.0", "192.0.2.255", "::ffff:192.0.2.7", "2001:db8::1"}) {
    EXPECT_THAT(greeting_for(ip, networks), StartsWith("220 ")) << ip;
  }
  for (const std::string ip : {"192.0.1.255", "192.0.3.0", "::ffff:192.0.3.7", "2001:db9::1", "::1"}) {
    EXPECT_THAT(greeting_for(ip, networks), StartsWith("554 5.7.1 ")) << ip;
  }
  EXPECT_EQ(greeting_for("192.0.3.7", networks), "554 5.7.1 mx.example.net takes no mail from 192.0.3.7\r\n");
  EXPECT_EQ(greeting_for("2001:db9::1", networks), "554 5.7.1 mx.example.net takes no mail from [2001:db9::1]\r\n");
  EXPECT_THAT(greeting_for("127.0.0.1", {}), StartsWith("554 "));
}

TEST(Session, TheUnixSocketNeedsNoNetwork) {
  Door door;
  door.config.networks.clear();
  door.from_user(1000);
  door.peer.ip.reset();
  EXPECT_THAT(door.talk("QUIT\r\n"), StartsWith("220 "));
}

TEST(Session, TakesAClientWithOtherLineEnds) {
  for (const std::string_view end : {"\n", "\r\r\n", "\r\n"}) {
    std::string bytes;
    for (const std::string_view line : {"EHLO h", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA",
                                        "Subject: x", "", "body", ".", "QUIT"}) {
      bytes.append(line).append(end);
    }
    for (std::size_t chunk = 1; chunk <= 40; ++chunk) {
      Door door;
      ScriptedStream::Options options;
      options.chunk = chunk;
      EXPECT_THAT(codes(door.talk(bytes, options)), ElementsAre("220", "250", "250", "250", "354", "250", "221"));
      ASSERT_EQ(door.queue.stored.size(), 1U);
      EXPECT_THAT(door.queue.stored[0].text, testing::EndsWith("\n\nbody\n"));
    }
  }
}

TEST(Session, TellsInTheLogWhatItMended) {
  Door door;
  door.talk(kEnvelope + std::string("Subject: x\r\r\n\r\n10%\r20%\rend\nof \0it\r\n.\r\n", 38));
  ASSERT_EQ(door.queue.stored.size(), 1U);
  EXPECT_THAT(door.queue.stored[0].text, testing::EndsWith("\n\n10% 20% end\nof it\n"));
  EXPECT_TRUE(was_logged("text mended cr_to_blank=2 cr_cr_lf=1 nul_left_out=1 bare_lf=1"));
  door.talk(kEnvelope + kText + ".\r\n");
  EXPECT_EQ(std::ranges::count_if(test::logged(), [](const auto& line) { return line.find("mended") != line.npos; }), 1)
      << "of a clean text there is nothing to tell";
}

TEST(Session, TellsInTheLogWhatSendmailMended) {
  Door door;
  door.from_user(1000);
  door.talk("EHLO me\r\nMAIL FROM:<a@b.example> XMENDED=3,0,1\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + kText + ".\r\n");
  EXPECT_TRUE(was_logged("text mended cr_to_blank=3 cr_cr_lf=0 nul_left_out=1 bare_lf=0"));
}

TEST(Session, RejectsWhatItWouldMendIfTheSettingsSaySo) {
  using namespace std::string_view_literals;
  for (const auto& [text, code] :
       {std::pair{"a\rb\r\n"sv, "5.5.2"sv}, {"a\nb\r\n"sv, "5.5.2"sv}, {"a\0b\r\n"sv, "5.6.0"sv}}) {
    Door door;
    door.config.bare_newline = mail::BareNewline::reject;
    const std::string replies = door.talk(kEnvelope + "Subject: x\r\n\r\n" + std::string(text) + ".\r\n" +
                                          kEnvelope.substr(9) + kText + ".\r\nQUIT\r\n");
    EXPECT_THAT(codes(replies),
                ElementsAre("220", "250", "250", "250", "354", "550", "250", "250", "354", "250", "221"));
    EXPECT_THAT(replies, HasSubstr("550 " + std::string(code)));
    EXPECT_EQ(door.queue.stored.size(), 1U);
  }
}

TEST(Session, HasWhatSendmailRefusedInTheLog) {
  Door door;
  door.talk("XREFUSED 65 no+20address\r\n");
  EXPECT_FALSE(was_logged("no address")) << "of others it is no command";
  door.from_user(1000);
  EXPECT_THAT(codes(door.talk("XREFUSED 65 no+20address+0Aforged\r\nQUIT\r\n")), ElementsAre("220", "250", "221"));
  EXPECT_TRUE(was_logged("sendmail took no message client=\"uid 1000 pid 77\" exit=65 reason=\"no address"));
  for (const std::string bad :
       {"XREFUSED", "XREFUSED 65", "XREFUSED x y", "XREFUSED 256 x", "XREFUSED 65 x y", "XREFUSED 65 +GG"}) {
    EXPECT_THAT(codes(door.talk(bad + "\r\n")), ElementsAre("220", "501")) << bad;
  }
  std::string many;
  for (int i = 0; i < 100; ++i) many += "XREFUSED 65 again\r\n";
  door.talk(many);
  EXPECT_EQ(std::ranges::count_if(test::logged(), [](const auto& line) { return line.find("again") != line.npos; }),
            20);
}

TEST(Session, LogsNothingOfAClientThatOnlyConnects) {
  Door door;
  door.talk("");
  door.talk("QUIT\r\n");
  EXPECT_TRUE(test::logged().empty());
}

}  // namespace
}  // namespace postern::submission
