#include "smtp/dialogue.h"

#include "smtp/capabilities.h"
#include "smtp/limits.h"

#include <gtest/gtest.h>

namespace postern::smtp {
namespace {

DialogueConfig plain_config() {
  DialogueConfig config;
  config.hostname = "mail.example.net";
  config.message_size = 10000;
  return config;
}

DialogueConfig practice_config() {
  DialogueConfig config = plain_config();
  config.starttls = true;
  config.needs_hello = true;
  config.require_auth = true;
  config.auth = {"PLAIN", "CRAM-MD5"};
  return config;
}

std::string code(const Reaction& reaction) { return reaction.reply.substr(0, 3); }

Dialogue greeted(const DialogueConfig& config = plain_config()) {
  Dialogue dialogue(config);
  EXPECT_EQ(code(dialogue.on_line("EHLO client.example")), "250");
  return dialogue;
}

Dialogue at_data(const std::string& recipient = "b@example.net") {
  Dialogue dialogue = greeted();
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@example.net> SIZE=9 RET=HDRS ENVID=x BODY=8BITMIME")), "250");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<" + recipient + "> NOTIFY=DELAY ORCPT=rfc822;o@example.net")), "250");
  const Reaction data = dialogue.on_line("DATA");
  EXPECT_EQ(code(data), "354");
  EXPECT_EQ(data.next, Next::data);
  return dialogue;
}

Capabilities offered(Dialogue& dialogue) {
  ReplyParser parser;
  const Reaction reaction = dialogue.on_line("EHLO x");
  std::string_view bytes = reaction.reply;
  const auto reply = parser.feed(bytes);
  EXPECT_TRUE(reply && *reply && bytes.empty());
  return reply && *reply ? Capabilities::parse(**reply) : Capabilities();
}

TEST(Dialogue, CollectsTheEnvelope) {
  const Dialogue dialogue = at_data();
  const mail::Envelope& envelope = dialogue.envelope();
  EXPECT_EQ(envelope.sender, "a@example.net");
  EXPECT_EQ(envelope.envid, "x");
  EXPECT_EQ(envelope.ret, mail::Return::headers);
  EXPECT_EQ(envelope.body, mail::BodyType::eight_bit);
  EXPECT_FALSE(envelope.smtputf8);
  ASSERT_EQ(envelope.recipients.size(), 1U);
  EXPECT_EQ(envelope.recipients[0].address, "b@example.net");
  EXPECT_EQ(envelope.recipients[0].notify, mail::kNotifyDelay);
  EXPECT_EQ(envelope.recipients[0].orcpt, "rfc822;o@example.net");
  EXPECT_EQ(dialogue.helo(), "client.example");
  EXPECT_TRUE(dialogue.extended());
}

// Whatever ends a transaction leaves nothing of it: the next one begins from nothing.
TEST(Dialogue, ForgetsTheTransactionWhicheverWayItEnds) {
  const Refusal refusal{552, "5.3.4", "too large"};
  using End = void (*)(Dialogue&, const Refusal&);
  const End ends[] = {
      [](Dialogue& d, const Refusal&) { d.on_stored(QueueId()); },
      [](Dialogue& d, const Refusal& r) { d.on_refused(r); },
      [](Dialogue& d, const Refusal&) { d.on_line("RSET"); },
      [](Dialogue& d, const Refusal&) { d.on_line("EHLO again"); },
      [](Dialogue& d, const Refusal&) { d.on_line("HELO again"); },
      [](Dialogue& d, const Refusal&) { d.on_line("QUIT"); },
      [](Dialogue& d, const Refusal&) { d.on_line("BDAT 10"); },
      [](Dialogue& d, const Refusal&) { d.on_line_too_long(); },
      [](Dialogue& d, const Refusal&) { d.on_tls(); },
  };
  for (const End end : ends) {
    Dialogue dialogue = at_data();
    end(dialogue, refusal);
    EXPECT_TRUE(dialogue.envelope().sender.empty());
    EXPECT_TRUE(dialogue.envelope().recipients.empty());
    EXPECT_TRUE(dialogue.envelope().envid.empty());
    EXPECT_EQ(code(dialogue.on_line("RCPT TO:<c@example.net>")), "503");
    EXPECT_EQ(code(dialogue.on_line("DATA")), "503");
  }
}

TEST(Dialogue, LeaksNoRecipientIntoTheNextMessage) {
  Dialogue dialogue = at_data("one@example.net");
  for (const std::string_view recipient : {"two@example.net", "three@example.net"}) {
    EXPECT_EQ(dialogue.on_stored(*QueueId::parse("0123456789abcdef")).reply,
              "250 2.0.0 queued as 0123456789abcdef\r\n");
    EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<>")), "250");
    EXPECT_EQ(code(dialogue.on_line("RCPT TO:<" + std::string(recipient) + ">")), "250");
    EXPECT_EQ(code(dialogue.on_line("DATA")), "354");
    ASSERT_EQ(dialogue.envelope().recipients.size(), 1U);
    EXPECT_EQ(dialogue.envelope().recipients[0].address, recipient);
    EXPECT_EQ(dialogue.envelope().recipients[0].notify, mail::kNotifyUnspecified);
  }
}

TEST(Dialogue, S02_AnnouncesExactlyWhatItImplements) {
  Dialogue dialogue(plain_config());
  EXPECT_EQ(dialogue.on_line("EHLO x").reply,
            "250-mail.example.net\r\n250-PIPELINING\r\n250-SIZE 10000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
            "250 ENHANCEDSTATUSCODES\r\n");
  DialogueConfig config = plain_config();
  config.submission_id = true;
  Dialogue local(config);
  EXPECT_NE(local.on_line("EHLO x").reply.find("250-XSUBMISSION\r\n"), std::string::npos);
}

TEST(Dialogue, AnnouncesStartTlsOnlyBeforeTls) {
  Dialogue dialogue(practice_config());
  Capabilities known = offered(dialogue);
  EXPECT_TRUE(known.starttls);
  EXPECT_EQ(known.auth, (std::vector<std::string>{"PLAIN", "CRAM-MD5"}));
  EXPECT_EQ(dialogue.on_line("STARTTLS").next, Next::start_tls);
  dialogue.on_tls();
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "503") << "the EHLO before TLS is forgotten";
  known = offered(dialogue);
  EXPECT_FALSE(known.starttls);
  EXPECT_EQ(code(dialogue.on_line("STARTTLS")), "503");
}

TEST(Dialogue, WantsAuthBeforeMailWhereItIsRequired) {
  Dialogue dialogue = greeted(practice_config());
  EXPECT_EQ(dialogue.on_line("MAIL FROM:<a@b>").reply, "530 5.7.0 Authentication required\r\n");
  EXPECT_EQ(code(dialogue.on_line("AUTH")), "501");
  EXPECT_EQ(code(dialogue.on_line("AUTH DIGEST-MD5")), "504");
  EXPECT_EQ(code(dialogue.on_line("AUTH PLAIN a b")), "501");
  Reaction auth = dialogue.on_line("auth plain AHUAcA==");
  EXPECT_EQ(auth.next, Next::auth);
  EXPECT_EQ(auth.reply, "");
  EXPECT_EQ(auth.mechanism, "PLAIN");
  EXPECT_EQ(auth.initial_response, "AHUAcA==");
  EXPECT_EQ(code(dialogue.on_auth(false)), "535");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "530");
  auth = dialogue.on_line("AUTH cram-md5");
  EXPECT_EQ(auth.mechanism, "CRAM-MD5");
  EXPECT_EQ(auth.initial_response, std::nullopt);
  EXPECT_EQ(code(dialogue.on_auth(true)), "235");
  EXPECT_EQ(code(dialogue.on_line("AUTH PLAIN")), "503");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "250");
}

TEST(Dialogue, S49_U17_AsksForSpaceAtMailWithTheDeclaredSize) {
  Dialogue dialogue = greeted();
  std::vector<std::uint64_t> asked;
  const Dialogue::SpaceCheck full = [&](std::uint64_t size) {
    asked.push_back(size);
    return std::optional<Refusal>({452, "4.3.1", "no space"});
  };
  const Dialogue::SpaceCheck roomy = [&](std::uint64_t size) {
    asked.push_back(size);
    return std::optional<Refusal>();
  };
  EXPECT_EQ(dialogue.on_line("MAIL FROM:<a@b> SIZE=77", full).reply, "452 4.3.1 no space\r\n");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b>", full)), "503");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b> SIZE=10001", full)), "552");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>", roomy)), "250");
  EXPECT_EQ(asked, (std::vector<std::uint64_t>{77, 0}));
}

TEST(Dialogue, AsksForTheParameterOfUtf8WhereItIsToldTo) {
  for (const bool needs : {false, true}) {
    DialogueConfig config = plain_config();
    config.utf8_needs_parameter = needs;
    Dialogue dialogue = greeted(config);
    const std::string_view refused = "553 5.6.7 the address needs SMTPUTF8\r\n";
    EXPECT_EQ(dialogue.on_line("MAIL FROM:<j\xC3\xB6rg@x>").reply == refused, needs);
    dialogue.on_line("RSET");
    EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "250");
    EXPECT_EQ(dialogue.on_line("RCPT TO:<j\xC3\xB6rg@x>").reply == refused, needs);
    EXPECT_EQ(dialogue.envelope().recipients.size(), needs ? 0U : 1U);
    EXPECT_FALSE(dialogue.envelope().smtputf8);
    dialogue.on_line("RSET");
    EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<j\xC3\xB6rg@x> SMTPUTF8")), "250");
    EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b\xC3\xBC.example>")), "250");
    EXPECT_TRUE(dialogue.envelope().smtputf8);
  }
}

TEST(Dialogue, KeepsTheSubmissionIdOfTheTransaction) {
  DialogueConfig config = plain_config();
  config.submission_id = true;
  Dialogue dialogue = greeted(config);
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<> XSUBMISSION=00112233445566778899AABBCCDDEEFF")), "250");
  EXPECT_EQ(dialogue.submission_id(), "00112233445566778899aabbccddeeff");
  dialogue.on_line("RSET");
  EXPECT_EQ(dialogue.submission_id(), "");
}

TEST(Dialogue, TakesAsManyRecipientsAsTheEnvelopeHoldsWhateverTheirLength) {
  const std::string orcpt = " ORCPT=rfc822;" + std::string(400, 'o');
  const std::vector<std::pair<std::string, std::string>> shapes{
      {"u", ""},
      {"user@example.com", ""},
      {std::string(50, 'u') + "@example.com", " NOTIFY=SUCCESS,FAILURE,DELAY"},
      {"user@example.com", orcpt}};
  for (const bool handed_in : {true, false}) {
    for (const auto& [address, parameters] : shapes) {
      DialogueConfig config = plain_config();
      config.recipients = handed_in ? 0 : 100'000;
      Dialogue dialogue = greeted(config);
      dialogue.on_line("MAIL FROM:<a@b>");
      std::size_t taken = 0;
      std::string reply;
      for (;; ++taken) {
        reply = dialogue.on_line("RCPT TO:<" + std::to_string(taken) + address + ">" + parameters).reply;
        if (!reply.starts_with("250")) break;
      }
      // A client of SMTP sends the rest in another transaction; who hands in a message as a whole cannot.
      EXPECT_TRUE(reply.starts_with(handed_in ? "552 5.3.4" : "452 4.5.3")) << reply;
      EXPECT_GT(taken, 5000U) << address;
      EXPECT_LT(taken, 65'536U);
      EXPECT_EQ(dialogue.envelope().recipients.size(), taken);
      dialogue.on_line("RSET");
      dialogue.on_line("MAIL FROM:<a@b>");
      EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b>")), "250") << "each transaction has its own";
    }
  }
}

TEST(Dialogue, S19_TakesRecipientsUpToTheLimitAndKeepsThem) {
  Dialogue dialogue = greeted();
  dialogue.on_line("MAIL FROM:<a@b>");
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(code(dialogue.on_line("RCPT TO:<u" + std::to_string(i) + "@b>")), "250");
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(dialogue.on_line("RCPT TO:<more@b>").reply.substr(0, 9), "452 4.5.3");
  EXPECT_EQ(dialogue.on_line("DATA").next, Next::data);
  EXPECT_EQ(dialogue.envelope().recipients.size(), 1000U);
}

TEST(Dialogue, ClosesAfterTooManyBadCommands) {
  Dialogue dialogue = greeted();
  for (std::size_t i = 1; i < limits::kBadCommands; ++i)
    ASSERT_EQ(code(dialogue.on_line(i % 2 == 0 ? "" : "FOO")), "500");
  const Reaction last = dialogue.on_line("FOO");
  EXPECT_EQ(code(last), "421");
  EXPECT_EQ(last.next, Next::close);
}

TEST(Dialogue, R09_S47_ClosesAfterTooManyCommandsWithoutAMessage) {
  for (const std::string_view line : {"NOOP", "RSET", "VRFY x", "HELP", "EHLO x"}) {
    Dialogue dialogue(plain_config());
    for (std::size_t i = 0; i < limits::kIdleCommands; ++i) ASSERT_EQ(code(dialogue.on_line(line))[0], '2') << line;
    EXPECT_EQ(dialogue.on_line(line).next, Next::close) << line;
  }
}

TEST(Dialogue, KeepsAClientThatSendsMessages) {
  Dialogue dialogue = greeted();
  for (std::size_t i = 0; i < 2 * limits::kIdleCommands; ++i) {
    ASSERT_EQ(code(dialogue.on_line("RSET")), "250");
    ASSERT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "250");
    ASSERT_EQ(code(dialogue.on_line("RCPT TO:<a@b>")), "250");
    ASSERT_EQ(code(dialogue.on_line("DATA")), "354");
    dialogue.on_stored(QueueId());
  }
}

TEST(Dialogue, KeepsAClientWhoseRecipientsAreRefused) {
  Dialogue dialogue = greeted();
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b> SIZE=99999")), "552");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(code(dialogue.on_line("RCPT TO:<a@b>")), "503");
  EXPECT_EQ(code(dialogue.on_line("DATA")), "503");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "250");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(code(dialogue.on_line("RCPT TO:<a b@b>")), "501");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b>")), "250");
}

TEST(Dialogue, ClosesOnALineThatIsTooLongAndOnBdat) {
  Dialogue dialogue = greeted();
  Reaction reaction = dialogue.on_line_too_long();
  EXPECT_EQ(code(reaction), "500");
  EXPECT_EQ(reaction.next, Next::close);
  reaction = dialogue.on_line("BDAT 10 LAST");
  EXPECT_EQ(code(reaction), "502");
  EXPECT_EQ(reaction.next, Next::close);
}

TEST(Dialogue, KeepsAHeloNameFitForAHeader) {
  Dialogue dialogue(plain_config());
  EXPECT_EQ(code(dialogue.on_line("EHLO my (strange) host\\<x>;")), "250");
  EXPECT_EQ(dialogue.helo(), "my__strange__host__x__");
  EXPECT_EQ(code(dialogue.on_line("EHLO [IPv6:::1]")), "250");
  EXPECT_EQ(dialogue.helo(), "[IPv6:::1]");
  EXPECT_EQ(code(dialogue.on_line("EHLO " + std::string(255, 'x'))), "250");
  EXPECT_EQ(dialogue.helo(), std::string(255, 'x'));
}

TEST(Dialogue, ARefusedGreetingChangesNothing) {
  Dialogue dialogue = greeted(practice_config());
  for (const std::string_view line : {"HELO", "EHLO ", "HELO  \t"}) {
    EXPECT_EQ(code(dialogue.on_line(line)), "501") << line;
    EXPECT_EQ(dialogue.helo(), "client.example");
    EXPECT_TRUE(dialogue.extended());
  }
}

TEST(Dialogue, TakesMailOfAClientThatGivesNoName) {
  using Lines = std::vector<std::string_view>;
  for (const Lines& before : {Lines{},
                              {"HELO"},
                              {"EHLO"},
                              {"HELO "},
                              {"EHLO \t "},
                              {"helo"},
                              {"NOOP"},
                              {"RSET"},
                              {"EHLO", "HELO"},
                              {"HELO", "RSET"}}) {
    Dialogue dialogue(plain_config());
    for (const std::string_view line : before) EXPECT_EQ(code(dialogue.on_line(line)), "250") << line;
    EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "250");
    EXPECT_EQ(code(dialogue.on_line("RCPT TO:<c@d>")), "250");
    EXPECT_EQ(dialogue.on_line("DATA").next, Next::data);
    EXPECT_EQ(dialogue.helo(), "unknown");
    EXPECT_EQ(dialogue.extended(), !before.empty() && before.back().starts_with("EHLO"));
  }
  Dialogue dialogue(plain_config());
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<c@d>")), "503");
  EXPECT_EQ(code(dialogue.on_line("DATA")), "503");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b")), "501");
  EXPECT_EQ(dialogue.helo(), "");
}

TEST(Dialogue, TakesAnyWordsThatAClientCallsItself) {
  Dialogue dialogue(plain_config());
  EXPECT_EQ(code(dialogue.on_line("EHLO M\xC3\x9CLLER-PC")), "250");
  EXPECT_EQ(dialogue.helo(), "M_LLER-PC") << "a character is one";
  EXPECT_EQ(code(dialogue.on_line("HELO M\xDCLLER")), "250");
  EXPECT_EQ(dialogue.helo(), "M_LLER");
  EXPECT_EQ(code(dialogue.on_line("EHLO " + std::string(1000, 'x'))), "250");
  EXPECT_EQ(dialogue.helo(), std::string(255, 'x'));
  for (int first = 1; first < 256; ++first) {
    Dialogue patient(plain_config());
    for (const std::string_view behind : {"", "a", "\x80", "\xFF"}) {
      const std::string name = "a" + std::string(1, static_cast<char>(first)) + std::string(behind);
      ASSERT_EQ(code(patient.on_line("EHLO " + name)), "250") << first;
      const std::string& kept = patient.helo();
      ASSERT_FALSE(kept.empty());
      ASSERT_EQ(kept.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:[]"),
                kept.npos);
    }
  }
}

TEST(Dialogue, OfOurSendmailAnAddressThatIsNoneCostsItselfAlone) {
  DialogueConfig config = plain_config();
  config.submission_id = true;
  Dialogue dialogue(config);
  dialogue.on_line("EHLO x");
  const std::string id = " XSUBMISSION=00112233445566778899aabbccddeeff";
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b> XUNREAD=Web+20Team+0Ax XSENDER=no+20one" + id)), "250");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b>")), "250");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b..c>")), "501");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b> NOTIFY=SOMETIMES")), "501");
  EXPECT_EQ(code(dialogue.on_line("DATA")), "354");
  EXPECT_EQ(dialogue.envelope().recipients.size(), 1U);
  EXPECT_EQ(dialogue.envelope().unread, (std::vector<std::string>{"Web Team", "x", "<a@b..c>"}));
  EXPECT_EQ(dialogue.unread_sender(), "no one");
  dialogue.on_refused({451, "", "x"});
  EXPECT_TRUE(dialogue.envelope().unread.empty());
  EXPECT_EQ(dialogue.unread_sender(), "");
  // Others hear of it, and say so themselves; nobody but them would tell the sender twice.
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>")), "250");
  EXPECT_EQ(code(dialogue.on_line("RCPT TO:<a@b..c>")), "501");
  EXPECT_TRUE(dialogue.envelope().unread.empty());
  EXPECT_EQ(code(dialogue.on_line("RSET")), "250");
  EXPECT_EQ(code(dialogue.on_line("MAIL FROM:<a@b>" + id)), "250");
  const auto refuse = [&dialogue](std::size_t times) {
    for (std::size_t i = 0; i < times; ++i)
      EXPECT_EQ(code(dialogue.on_line("RCPT TO:<" + std::string(200, 'x') + "@b..c>")), "501");
  };
  refuse(mail::kMostUnread);
  ASSERT_EQ(dialogue.envelope().unread.size(), mail::kMostUnread);
  EXPECT_EQ(dialogue.envelope().unread.back(), dialogue.envelope().unread.front());
  refuse(1);
  EXPECT_EQ(dialogue.envelope().unread.back(), "(and more)");
  refuse(100);
  EXPECT_EQ(dialogue.envelope().unread.size(), mail::kMostUnread);
  EXPECT_EQ(dialogue.envelope().unread.back(), "(and more)");
  EXPECT_NE(dialogue.envelope().unread[mail::kMostUnread - 2], "(and more)");
  for (const std::string& text : dialogue.envelope().unread) EXPECT_LE(text.size(), mail::kLongestUnread);
  EXPECT_EQ(code(dialogue.on_line("DATA")), "503") << "nobody can be reached";
}

TEST(Dialogue, MakesEveryRefusalFitForOneLine) {
  Dialogue dialogue = at_data();
  const std::string reply = dialogue.on_refused({451, "", "a\r\n250 b\0" + std::string(1000, 'x')}).reply;
  EXPECT_TRUE(reply.starts_with("451 4.0.0 a\\x0d\\x0a250 b"));
  EXPECT_EQ(reply.find('\r'), reply.size() - 2);
  EXPECT_LE(reply.size(), 512U);
  EXPECT_EQ(dialogue.on_refused({550, "5.1.1", "no \xC3\xA4"}).reply, "550 5.1.1 no ??\r\n");
}

TEST(Dialogue, HasAReplyForEveryFaultOfTheData) {
  for (const auto fault : {DataDecoder::Fault::bare_cr, DataDecoder::Fault::bare_lf, DataDecoder::Fault::nul}) {
    const Refusal refusal = Dialogue::refusal_for(fault);
    EXPECT_EQ(refusal.code, 550);
    EXPECT_TRUE(refusal.enhanced.starts_with("5."));
  }
}

TEST(Dialogue, SaysGoodbye) {
  const Dialogue dialogue(plain_config());
  EXPECT_EQ(dialogue.greeting(), "220 mail.example.net ESMTP Postern\r\n");
  EXPECT_EQ(dialogue.shutting_down().reply, "421 4.3.2 mail.example.net is shutting down\r\n");
  EXPECT_EQ(dialogue.shutting_down().next, Next::close);
}

}  // namespace
}  // namespace postern::smtp
