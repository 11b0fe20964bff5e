// The table of relay/verdict.h, row by row.
#include "relay/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace postern::relay {
namespace {

using About = Judgement::About;
using mail::Step;
using mail::Verdict;

smtp::Reply reply(int code, std::string text) {
  smtp::Reply reply;
  reply.code = code;
  reply.lines.push_back(std::move(text));
  return reply;
}

/// Every reply that can be one, without an enhanced code.
std::vector<smtp::Reply> all_replies() {
  std::vector<smtp::Reply> replies;
  for (int code = 200; code < 600; ++code) replies.push_back(reply(code, "words"));
  return replies;
}

constexpr std::array kCommands{Asked::reset, Asked::mail, Asked::rcpt, Asked::data};
constexpr std::array kAccountCodes{513, 530, 534, 535, 538};

bool concerns_account(int code) { return std::ranges::find(kAccountCodes, code) != kAccountCodes.end(); }

TEST(Verdict, AClosingServerIsTroubleOfTheSiteWhereverItSaysSo) {
  for (const Asked asked : {Asked::reset, Asked::mail, Asked::rcpt, Asked::data, Asked::text}) {
    EXPECT_EQ(judge(asked, reply(421, "4.3.2 closing")).about, About::closing);
  }
  for (const Early how : {Early::hung_up, Early::stands}) {
    EXPECT_EQ(judge_early(reply(421, "bye"), how).about, About::closing);
  }
}

TEST(Verdict, AReplyOfAnotherKindAnswersNothing) {
  for (const smtp::Reply& each : all_replies()) {
    for (const Asked asked : {Asked::reset, Asked::mail, Asked::rcpt, Asked::data, Asked::text}) {
      const bool wanted = asked == Asked::data ? each.code == 354 : each.positive();
      const bool expected = !wanted && !is_refusal(each);
      EXPECT_EQ(judge(asked, each).about == About::protocol, expected) << each.code;
    }
  }
}

TEST(Verdict, EveryReplyHasItsGrainByWhatWasAsked) {
  for (const smtp::Reply& each : all_replies()) {
    if (each.code == 421 || !is_refusal(each)) continue;
    const bool account = concerns_account(each.code);
    EXPECT_EQ(judge(Asked::reset, each).about, About::site) << each.code;
    const bool address = each.code == 501 || each.code == 553;  // that of MAIL is the sender's
    EXPECT_EQ(judge(Asked::mail, each).about, account   ? About::site
                                              : address ? About::sender
                                                        : About::message)
        << each.code;
    const bool relaying = each.code == 551;  // "user not local"
    EXPECT_EQ(judge(Asked::rcpt, each).about, account || relaying ? About::site : About::recipient) << each.code;
    EXPECT_EQ(judge(Asked::data, each).about, account ? About::site : About::message) << each.code;
    EXPECT_EQ(judge(Asked::text, each).about, account ? About::site : About::message) << each.code;
    EXPECT_EQ(judge_early(each, Early::hung_up).about, account ? About::site : About::message) << each.code;
    EXPECT_EQ(judge_early(each, Early::stands).about, account ? About::site : About::message) << each.code;
  }
  for (const Asked asked : kCommands) {
    EXPECT_EQ(judge(asked, reply(asked == Asked::data ? 354 : 250, "ok")).about, About::nobody);
  }
  EXPECT_EQ(judge(Asked::text, reply(250, "2.0.0 queued")).about, About::message);
}

TEST(Verdict, AgreesWithItsEnhancedCode) {
  for (const smtp::Reply& each : all_replies()) {
    for (const Asked asked : {Asked::mail, Asked::rcpt, Asked::data, Asked::text}) {
      const Judgement judged = judge(asked, each);
      if (judged.about != About::message && judged.about != About::recipient) continue;
      const mail::Status& status = judged.status;
      const bool as_said = status.verdict == Verdict::failed || status.doubtful;
      const char digit = status.verdict == Verdict::delivered ? '2' : as_said ? '5' : '4';
      EXPECT_EQ(status.enhanced.front(), digit) << each.code;
      EXPECT_EQ(status.code, each.code);
    }
  }
  const mail::Status plain = judge(Asked::mail, reply(550, "5.7.1 no")).status;
  EXPECT_EQ(plain.verdict, Verdict::deferred);
  EXPECT_TRUE(plain.doubtful);
  EXPECT_EQ(plain.enhanced, "5.7.1");
  EXPECT_EQ(plain.text, "no");
}

TEST(Verdict, IsFinalOnlyWhereARowKnowsTheAnswer) {
  for (const smtp::Reply& each : all_replies()) {
    if (!each.permanent()) continue;
    for (const Asked asked : {Asked::mail, Asked::rcpt, Asked::data, Asked::text}) {
      EXPECT_NE(judge(asked, each).status.verdict, Verdict::failed) << each.code;
    }
  }
}

TEST(Verdict, OfASenderThatTheAccountMayNotUseIsTroubleOfTheSenderAlone) {
  for (const smtp::Reply& each :
       {reply(550, "5.7.60 cannot send as"), reply(554, "5.2.252 SendAsDenied"), reply(554, "5.2.0 SendAsDenied x")}) {
    for (const Asked asked : {Asked::mail, Asked::rcpt, Asked::data, Asked::text}) {
      EXPECT_EQ(judge(asked, each).about, About::sender) << each.text();
    }
    EXPECT_EQ(judge_early(each, Early::hung_up).about, About::sender);
    EXPECT_EQ(judge_early(each, Early::stands).about, About::sender);
    EXPECT_EQ(judge(Asked::reset, each).about, About::site);
  }
}

TEST(Verdict, OnTheAccountIsTroubleOfTheSiteByItsEnhancedCodeToo) {
  for (const Asked asked : {Asked::mail, Asked::rcpt, Asked::data, Asked::text}) {
    EXPECT_EQ(judge(asked, reply(550, "5.7.57 client not authenticated")).about, About::site);
    EXPECT_EQ(judge(asked, reply(550, "5.4.5 daily quota")).about, About::site);
    EXPECT_NE(judge(asked, reply(550, "5.4.6 loop")).about, About::site);
  }
}

TEST(Verdict, TooManyRecipientsAreNoRefusalOfTheOne) {
  for (const int code : {452, 552}) {
    const mail::Status bare = judge(Asked::rcpt, reply(code, "too many recipients")).status;
    EXPECT_EQ(bare.verdict, Verdict::deferred);
    EXPECT_TRUE(too_many_recipients(bare));
  }
  const mail::Status full = judge(Asked::rcpt, reply(552, "5.2.2 mailbox full")).status;
  EXPECT_EQ(full.verdict, Verdict::deferred);
  EXPECT_EQ(full.enhanced, "4.2.2");
  EXPECT_FALSE(too_many_recipients(full));
  EXPECT_EQ(judge(Asked::text, reply(552, "5.3.4 too big")).status.verdict, Verdict::failed);
}

TEST(Verdict, BeforeTheEndOfTheTextIsFinalOnlyIfTheServerHungUp) {
  EXPECT_EQ(judge_early(reply(552, "5.3.4 too big"), Early::hung_up).status.verdict, Verdict::failed);
  const mail::Status out_of_turn = judge_early(reply(552, "5.3.4 too big"), Early::stands).status;
  EXPECT_EQ(out_of_turn.verdict, Verdict::deferred);
  EXPECT_EQ(out_of_turn.enhanced, "4.3.4");
  EXPECT_EQ(out_of_turn.text, "5.3.4 too big");
  EXPECT_FALSE(judge_early(reply(550, "no"), Early::stands).status.doubtful);
  EXPECT_TRUE(judge_early(reply(550, "no"), Early::hung_up).status.doubtful);
}

TEST(Verdict, IsThatThereAreTooManyConnectionsWhereverTheServerSaysSo) {
  for (const Step step : {Step::greeting, Step::ehlo, Step::tls, Step::mail, Step::end_of_data}) {
    EXPECT_TRUE(site_trouble(step, "mx", "no", reply(421, "4.7.0 Error: too many connections from 192.0.2.1")).crowded);
    EXPECT_FALSE(site_trouble(step, "mx", "no", reply(421, "4.7.0 closing")).crowded);
    EXPECT_FALSE(site_trouble(step, "mx", "no", reply(220, "never too many connections")).crowded);
  }
}

TEST(Verdict, ThatWasInDoubtBecomesFinalAsItWasSaid) {
  mail::Status status = judge(Asked::rcpt, reply(550, "5.7.1 no")).status;
  fail_for_good(status);
  EXPECT_EQ(status.verdict, Verdict::failed);
  EXPECT_FALSE(status.doubtful);
  EXPECT_EQ(status.enhanced, "5.7.1");
}

TEST(Verdict, AnOpeningGoesOnByItsCodeAlone) {
  for (const smtp::Reply& each : all_replies()) {
    EXPECT_EQ(judge_opening(Step::greeting, each), each.code == 220 ? Opening::go_on : Opening::trouble) << each.code;
    EXPECT_EQ(judge_opening(Step::tls, each), each.code == 220 ? Opening::go_on : Opening::trouble) << each.code;
    const Opening refused = each.permanent() ? Opening::only_helo : Opening::trouble;
    EXPECT_EQ(judge_opening(Step::ehlo, each), each.code == 250 ? Opening::go_on : refused) << each.code;
  }
}

TEST(Verdict, ALoginThatWasRefusedOrBrokenOffIsToldToTheQueue) {
  const Error error{Failure::denied, "why"};
  for (const LoginEnd end : {LoginEnd::untried, LoginEnd::postponed, LoginEnd::refused, LoginEnd::unanswered}) {
    const mail::SiteTrouble trouble = login_trouble(end, "mx", "AUTH", error);
    EXPECT_EQ(trouble.step, Step::auth);
    EXPECT_EQ(trouble.text, "mx: AUTH: why");
    EXPECT_EQ(trouble.login_refused, end == LoginEnd::refused);
    EXPECT_EQ(trouble.login_spent, end == LoginEnd::unanswered);
  }
  const Error rejected{Failure::rejected, ""};
  const Error timeout{Failure::timeout, ""};
  EXPECT_EQ(end_without_credentials(rejected), LoginEnd::refused);
  EXPECT_EQ(end_without_credentials(timeout), LoginEnd::untried);
}

TEST(Verdict, OnlyAFormThatIsRefusedIsSentAnew) {
  for (const smtp::Reply& each : all_replies()) {
    EXPECT_EQ(initial_response_refused(each.code), each.code == 501 || each.code == 504) << each.code;
  }
}

TEST(Verdict, TellsALimitOfLoginsFromAWrongPassword) {
  EXPECT_TRUE(login_postponed(reply(454, "4.7.0 Too many login attempts, please try again later")));
  EXPECT_TRUE(login_postponed(reply(432, "4.7.12 A password transition is needed")));
  EXPECT_TRUE(login_postponed(reply(535, "5.7.0 Too many bad auth attempts")));
  EXPECT_TRUE(login_postponed(reply(535, "4.7.0 no")));
  EXPECT_TRUE(login_postponed(reply(550, "5.7.1 TEMPORARILY unavailable")));
  for (const char* words : {"5.7.8 Username and Password not accepted", "5.7.139 SmtpClientAuthentication is disabled",
                            "5.7.3 Authentication unsuccessful", "Incorrect authentication data", "", "4.7"}) {
    EXPECT_FALSE(login_postponed(reply(535, words))) << words;
  }
  EXPECT_FALSE(login_postponed(smtp::Reply{535, {}}));
}

TEST(Verdict, KnowsTheCodesThatAreAboutTheFormOfALogin) {
  for (const int code : {500, 501, 502, 503, 504, 538}) EXPECT_TRUE(login_form_refused(reply(code, "no"))) << code;
  for (const int code : {530, 534, 535, 550, 454}) EXPECT_FALSE(login_form_refused(reply(code, "no"))) << code;
}

TEST(Verdict, AConnectionThatWasNotMadeNamesItsStep) {
  const std::vector<std::pair<Failure, Step>> rows{{Failure::resolve, Step::resolve},
                                                   {Failure::tls, Step::tls},
                                                   {Failure::timeout, Step::connect},
                                                   {Failure::refused, Step::connect}};
  for (const auto& [failure, step] : rows) {
    const Error error{failure, "mx: nothing there"};
    const mail::SiteTrouble trouble = unreachable(error);
    EXPECT_EQ(trouble.step, step);
    EXPECT_EQ(trouble.failure, failure);
    EXPECT_EQ(trouble.text, "mx: nothing there");
  }
}

TEST(Verdict, OfOurOwnNeedsNoServer) {
  mail::Envelope envelope;
  envelope.sender = "a@b.example";
  envelope.wire_size = 100;
  envelope.recipients.resize(2);
  smtp::Capabilities server;
  MailForm form;
  form.reverse_path = "a@b.example";
  envelope.smtputf8 = true;  // the client's word, which no address bears out
  EXPECT_FALSE(obstacle(envelope, {0, 1}, form, server));
  server.size = 99;
  EXPECT_EQ(obstacle(envelope, {0}, form, server)->enhanced, "5.3.4");
  server.size.reset();
  form.reverse_path = "\xC3\xA9@b.example";
  EXPECT_EQ(obstacle(envelope, {0}, form, server)->enhanced, "5.6.7");
  envelope.recipients[1].address = "c@d.example\r\nRSET";
  EXPECT_EQ(obstacle(envelope, {1}, form, server)->enhanced, "5.1.3");
  EXPECT_EQ(obstacle(envelope, {0}, form, server)->enhanced, "5.6.7");
  server.smtputf8 = true;
  EXPECT_FALSE(obstacle(envelope, {0}, form, server));
  const Error error{Failure::io, "I/O error"};
  EXPECT_EQ(unreadable(error).verdict, Verdict::deferred);
  EXPECT_EQ(unreadable(error).enhanced, "4.3.0");
}

}  // namespace
}  // namespace postern::relay
