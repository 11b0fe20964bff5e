// AlarmJudge: when the operator hears of what.
#include "queue_fixture.h"

#include "mail/wrap.h"
#include "queue/alarm_judge.h"
#include "support/expected_log.h"

#include <array>
#include <tuple>

namespace postern::queue {
namespace {

constexpr Seconds kHour{3600};

AlarmJudge::Seen seen(bool bad, bool refused = false, std::optional<Milliseconds> oldest = {}) {
  AlarmJudge::Seen result;
  result.sites.push_back({"main", std::nullopt});
  if (bad) result.sites[0].trouble = mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "535 5.7.8 no", refused};
  result.sites[0].waiting = 7;
  result.waiting = 9;
  result.oldest = oldest;
  return result;
}

TEST(AlarmJudge, ARefusedLoginIsToldAtOnceAndOtherTroubleWhenItLasts) {
  for (const bool refused : {true, false}) {
    AlarmJudge alarms;
    std::vector<long> told;
    for (long second = 0; second <= 4 * 3600; second += 30) {
      for (const Alarm& alarm : alarms.look(seen(true, refused), kHour, SteadyTime(Seconds(second)))) {
        told.push_back(second);
        EXPECT_EQ(alarm.what, Alarm::What::trouble);
        EXPECT_NE(alarm.text.find("535 5.7.8 no"), std::string::npos);
        EXPECT_NE(alarm.text.find("7 messages wait"), std::string::npos);
      }
    }
    EXPECT_EQ(told, std::vector<long>{refused ? 0 : kPatience.count()}) << "once";
  }
}

AlarmJudge::SenderTrouble not_taken(const std::string& sender, const std::string& at = "main") {
  return {at, sender,
          mail::SiteTrouble{mail::Step::mail, Failure::denied, 553, "553 5.7.1 sender address rejected: not owned"}};
}

TEST(AlarmJudge, TheTroubleOfOneSenderHidesNotThatOfTheNext) {
  AlarmJudge alarms;
  std::vector<std::string> told;
  for (long second = 0; second <= 40 * 3600; second += 30) {
    AlarmJudge::Seen now = seen(false);
    const long hour = second / 3600;
    if (hour < 30) now.senders.push_back(not_taken("www@x"));
    if (hour >= 10 && hour < 20) now.senders.push_back(not_taken("root@x"));
    if (hour >= 10 && hour < 20 && second > 36'030) now.senders.push_back(not_taken("db@x"));
    for (const Alarm& alarm : alarms.look(now, kHour, SteadyTime(Seconds(second)))) {
      told.push_back(std::to_string(second / 3600) + "h " + alarm.text.substr(0, alarm.text.find(':')));
    }
  }
  EXPECT_EQ(told,
            (std::vector<std::string>{
                "0h main does not take mail of www@x", "10h main does not take mail of 2 senders, root@x first",
                "20h main takes mail again of 2 senders, db@x first.", "30h No sender's mail is refused any more."}));
  EXPECT_FALSE(alarms.open());
}

TEST(AlarmJudge, EachSmarthostThatTakesNoMailOfASenderIsNamed) {
  AlarmJudge alarms;
  std::vector<std::string> told;
  for (long second = 0; second <= 4 * 3600; second += 30) {
    AlarmJudge::Seen now = seen(false);
    now.senders.push_back(not_taken("db@x"));
    if (second < 7200) now.senders = {not_taken("db@x"), not_taken("www@x"), not_taken("root@x", "backup")};
    for (const Alarm& alarm : alarms.look(now, kHour, SteadyTime(Seconds(second)))) {
      told.push_back(alarm.text.substr(0, alarm.text.find(':')));
    }
  }
  EXPECT_EQ(told, (std::vector<std::string>{"main, backup do not take mail of 3 senders, db@x first",
                                            "backup, main take mail again of 2 senders, root@x first."}));
}

TEST(AlarmJudge, SendersHaveOneAlarmAnHourHoweverManyThereAre) {
  AlarmJudge alarms;
  std::size_t told = 0;
  for (long second = 0; second < 10 * 3600; second += 30) {
    AlarmJudge::Seen now = seen(false);
    for (long i = 0; i <= second / 60; ++i) now.senders.push_back(not_taken(std::to_string(i) + "@x"));
    told += alarms.look(now, kHour, SteadyTime(Seconds(second))).size();
  }
  EXPECT_EQ(told, 10U);
}

TEST(AlarmJudge, SendersThatAreNotTakenAreToldOnceWhenItLastsAndWhenItIsOver) {
  AlarmJudge alarms;
  std::vector<std::string> told;
  for (long second = 0; second <= 4 * 3600; second += 30) {
    AlarmJudge::Seen now = seen(false);
    if (second < 2 * 3600) {
      now.senders = {not_taken("www@foreign.example"), not_taken("root@foreign.example")};
    }
    for (const Alarm& alarm : alarms.look(now, kHour, SteadyTime(Seconds(second)))) {
      told.push_back(std::to_string(second) + " " + alarm.text);
    }
  }
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].starts_with(std::to_string(kPatience.count()) + " main does not take mail of 2 senders, "
                                                                      "www@foreign.example first: 553 5.7.1"))
      << told[0];
  EXPECT_NE(told[1].find("No sender's mail is refused any more."), std::string::npos) << told[1];
}

TEST(AlarmJudge, TroubleThatComesAndGoesIsToldOnceAnHour) {
  AlarmJudge alarms;
  std::size_t trouble = 0;
  std::size_t well = 0;
  for (long second = 0; second < 10 * 3600; second += 30) {
    const bool bad = second / 300 % 2 == 0;  // five minutes each
    for (const Alarm& alarm : alarms.look(seen(bad, true), kHour, SteadyTime(Seconds(second)))) {
      ++(alarm.what == Alarm::What::trouble ? trouble : well);
    }
  }
  EXPECT_EQ(trouble, 10U);
  EXPECT_EQ(well, 10U);
}

TEST(AlarmJudge, AgeIsToldUnlessASiteExplainsIt) {
  AlarmJudge alarms;
  long second = 0;
  const auto look = [&](bool bad, Milliseconds oldest) {
    second += 30;
    return alarms.look(seen(bad, true, oldest), kHour, SteadyTime(Seconds(second))).size();
  };
  EXPECT_EQ(look(false, kHour), 0U);
  EXPECT_EQ(look(false, kHour + Seconds(1)), 1U);
  EXPECT_EQ(look(false, 2 * kHour), 0U);
  EXPECT_TRUE(alarms.open());
  std::size_t well = 0;
  for (int i = 0; i < 10; ++i) well += look(false, Seconds(5));
  EXPECT_EQ(well, 1U);
  EXPECT_FALSE(alarms.open());
  second += kHour.count();
  EXPECT_EQ(look(true, 5 * kHour), 1U) << "the site alone";
  EXPECT_EQ(look(true, 5 * kHour), 0U);
  const long until = second + kAftermath.count() - 60;
  while (second < until) well += look(false, 5 * kHour);
  EXPECT_EQ(well, 2U) << "the site works again; the age is still explained";
  EXPECT_EQ(look(false, 5 * kHour) + look(false, 5 * kHour) + look(false, 5 * kHour), 1U);
  EXPECT_TRUE(alarms.look(seen(false, false, 100 * kHour), Seconds(0), SteadyTime(kHour * 100)).empty()) << "0: never";
}

TEST(AlarmJudge, AgeIsToldWhileASiteIsWellThatMailCouldGoBy) {
  AlarmJudge alarms;
  AlarmJudge::Seen two = seen(false, false, 2 * kHour);
  two.sites.push_back({"backup", mail::SiteTrouble{mail::Step::connect, Failure::io, 0, "connection refused", false}});
  const std::vector<Alarm> told = alarms.look(two, kHour, SteadyTime(Seconds(30)));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].text.find("The oldest message has waited for 2h"), std::string::npos) << told[0].text;
}

TEST(AlarmJudge, DoubtfulRefusalsAreToldAtOnceAndWhenTheyAreTwiceAsMany) {
  AlarmJudge alarms;
  std::vector<std::string> told;
  for (long second = 0; second <= 4 * 3600; second += 30) {
    AlarmJudge::Seen now = seen(false);
    now.doubtful = second < 30 ? 0 : second < 7200 ? static_cast<std::size_t>(second / 30) : 0;
    for (const Alarm& alarm : alarms.look(now, kHour, SteadyTime(Seconds(second)))) told.push_back(alarm.text);
  }
  ASSERT_EQ(told.size(), 3U);
  EXPECT_TRUE(told[0].starts_with("The smarthost refuses 1 message with words that may be about the account"))
      << told[0];
  EXPECT_NE(told[0].find("What to do: "), std::string::npos);
  EXPECT_TRUE(told[1].starts_with("The smarthost refuses 121 messages")) << "an hour later";
  EXPECT_TRUE(told[2].starts_with("No message is refused any more")) << told[2];
  EXPECT_FALSE(alarms.open());
}

TEST(AlarmJudge, ADirectoryThatGrowsIsToldOfAndOnceAnHourAtMost) {
  const std::array<std::size_t AlarmJudge::Seen::*, 3> kinds{&AlarmJudge::Seen::failed, &AlarmJudge::Seen::corrupt,
                                                             &AlarmJudge::Seen::refused};
  const std::array<std::string, 3> names{"failed/", "corrupt/", "refused/"};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    AlarmJudge alarms;
    const auto told_of = [&](std::size_t count, long second) {
      AlarmJudge::Seen now = seen(false);
      now.*kinds.at(kind) = count;
      std::string texts;
      for (const Alarm& alarm : alarms.look(now, kHour, SteadyTime(Seconds(second)))) {
        EXPECT_NE(alarm.text.find(names.at(kind)), std::string::npos) << alarm.text;
        EXPECT_EQ(alarm.text.find("postern check"), std::string::npos);
        texts += std::string(name(alarm.what)) + " " + alarm.text.substr(0, alarm.text.find(' ')) + ";";
      }
      return texts;
    };
    EXPECT_EQ(told_of(4, 0), "") << "that was there before";
    EXPECT_FALSE(alarms.open());
    EXPECT_EQ(told_of(6, 30), "trouble 2;");
    EXPECT_EQ(told_of(6, 60), "");
    EXPECT_FALSE(alarms.open()) << "nothing more is to be told unless more come";
    for (long second = 90; second < 3630; second += 30) {
      EXPECT_EQ(told_of(6 + static_cast<std::size_t>(second) / 30, second), "") << second;
      EXPECT_TRUE(alarms.open()) << "it is still to be told";
    }
    EXPECT_EQ(told_of(200, 3630), "trouble 194;");
    EXPECT_EQ(told_of(2, 3660), "") << "somebody tidied up";
    EXPECT_EQ(told_of(3, 7260), "trouble 1;");
    EXPECT_EQ(told_of(0, 7290), kind == 2 ? "" : "well " + names.at(kind) + ";");
    EXPECT_EQ(told_of(0, 7320), "");
    EXPECT_FALSE(alarms.open());
  }
}

TEST(AlarmJudge, NoAlarmSaysThatNothingWaitsOrThatACheckShowsMoreThanItDoes) {
  using mail::Step;
  std::size_t shown = 0;
  for (const Step step : {Step::resolve, Step::connect, Step::greeting, Step::ehlo, Step::tls, Step::auth, Step::mail,
                          Step::rcpt, Step::data, Step::end_of_data, Step::quit}) {
    for (const std::size_t waiting : {std::size_t{0}, std::size_t{1}}) {
      AlarmJudge alarms;
      AlarmJudge::Seen now = seen(true);
      now.sites[0].trouble = mail::SiteTrouble{step, Failure::protocol, 0, "odd", false};
      now.sites[0].waiting = waiting;
      EXPECT_TRUE(alarms.look(now, kHour, SteadyTime()).empty());
      const std::vector<Alarm> told = alarms.look(now, kHour, SteadyTime(kPatience));
      ASSERT_EQ(told.size(), 1U);
      const std::string& text = told[0].text;
      EXPECT_EQ(text.find(" 1 message waits. What") != std::string::npos, waiting == 1) << text;
      EXPECT_EQ(text.find("0 messages"), std::string::npos) << text;
      EXPECT_EQ(text.find(" wait") != std::string::npos, waiting == 1) << text;
      const bool check = text.find("`postern check main` shows more") != std::string::npos;
      EXPECT_TRUE(!check || step <= Step::auth) << text;
      shown += check ? 1 : 0;
    }
  }
  EXPECT_GT(shown, 0U);
}

TEST(AlarmJudge, MailIsOneThatNoProgramAnswers) {
  const Alarm alarm{Alarm::What::trouble, "main refuses the login: 535 no."};
  const std::string text = alarm_text({"web1.example.net", "example.net", "id1", "ops@example.com", WallTime()}, alarm);
  EXPECT_NE(text.find("\nSubject: Mail relay on web1.example.net: trouble\n"), std::string::npos);
  EXPECT_NE(text.find("\nAuto-Submitted: auto-generated\n"), std::string::npos);
  EXPECT_NE(text.find("\n\nmain refuses the login: 535 no.\n"), std::string::npos);
}

TEST(AlarmJudge, AMailHasNoLineThatIsTooLong) {
  for (const std::string& trouble : {std::string(5000, 'x'), "a " + std::string(1500, 'x'), std::string(2000, ' ')}) {
    const std::string text =
        alarm_text({"h", "d", "id1", "ops@example.com", WallTime()}, {Alarm::What::trouble, trouble});
    EXPECT_TRUE(mail::lines_fit(text)) << text;
  }
}

class Notification : public QueueTest {
 protected:
  Notification() {
    notified = config();
    notified.tell_operator = [this](const std::string& what, const std::string& text, Config::Ended ended) {
      ++runs;
      if (slow) {
        under_way.push_back(std::move(ended));
        return;
      }
      if (!program_fails) told.emplace_back(what, text);
      ended(program_fails ? Result<void>(Error{Failure::io, "its status is 1"}) : Result<void>());
    };
    queue->configure(notified, {{"main", {4}}});
    DeliveryReport report;
    report.site = mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "PLAIN: 535 5.7.8 no", true};
    host.trouble = report;
  }
  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto intake = queue->begin(envelope({"bob@example.net"}));
      ASSERT_TRUE(run(loop, intake->append("Subject: hi\n\nbody\n")));
      ASSERT_TRUE(run(loop, intake->commit(19, mail::BodyType::seven_bit)));
    }
    settle();
  }

  Config notified;
  std::vector<std::pair<std::string, std::string>> told;
  bool program_fails = false;
  bool slow = false;  ///< what ends it goes to `under_way`
  std::vector<Config::Ended> under_way;
  std::size_t runs = 0;
};

// The acceptance of the whole: an hour of refused logins costs nothing but one alarm.
TEST_F(Notification, AnHourOfRefusedLoginsBouncesNothingMakesOneAlarmAndRecoveryFlushesAll) {
  const test::ExpectLog expected("login failed");
  constexpr std::size_t kMessages = 1000;
  fill(kMessages);
  for (int i = 0; i < 60; ++i) pass(Seconds(60));
  EXPECT_EQ(files().size(), kMessages);
  EXPECT_EQ(queue->totals().bounced + queue->totals().failed, 0U);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].first, "trouble");
  EXPECT_NE(told[0].second.find("main refuses the login: PLAIN: 535 5.7.8 no."), std::string::npos) << told[0].second;
  host.trouble.reset();
  for (int i = 0; i < 60; ++i) pass(Seconds(60));
  EXPECT_EQ(host.got.size(), kMessages);
  EXPECT_TRUE(files().empty());
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1], std::pair(std::string("well"), std::string("main works again.")));
  for (int i = 0; i < 24; ++i) pass(kHour);
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(Notification, TheMessageThatMetTheTroubleIsCountedAsWaiting) {
  const test::ExpectLog expected("login failed");
  fill(1);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].second.find(" 1 message waits."), std::string::npos) << told[0].second;
}

TEST_F(Notification, AProgramThatFailsIsRunAgainWithGrowingPauses) {
  const test::ExpectLog expected("failed");
  program_fails = true;
  fill(1);
  EXPECT_EQ(runs, 1U);
  std::vector<long> at;
  for (long minute = 1; minute <= 24 * 60; ++minute) {
    const std::size_t before = runs;
    pass(Seconds(60));
    if (runs > before) at.push_back(minute);
  }
  EXPECT_EQ(at, (std::vector<long>{1, 6, 21, 81})) << "and then it is given up";
  program_fails = false;
  host.trouble.reset();
  for (int i = 0; i < 600; ++i) pass(Seconds(60));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].first, "well");
}

TEST_F(Notification, AProgramThatWorksAgainIsToldWhatItMissed) {
  const test::ExpectLog expected("failed");
  program_fails = true;
  fill(1);
  EXPECT_TRUE(told.empty());
  program_fails = false;
  pass(Seconds(30));
  EXPECT_TRUE(told.empty());
  pass(Seconds(30));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].first, "trouble");
}

TEST_F(Notification, AProgramThatEndsAfterTheQueueOrItsSettingsTouchesNothing) {
  const test::ExpectLog expected("login failed");
  slow = true;
  fill(1);
  ASSERT_EQ(under_way.size(), 1U);
  Config silent = notified;
  silent.tell_operator = nullptr;
  queue->configure(silent, {{"main", {4}}});
  under_way[0](Error{Failure::io, "late"});
  queue->configure(notified, {{"main", {4}}});
  close();
  for (const Config::Ended& ended : under_way) ended(Error{Failure::io, "late"});
}

TEST_F(Notification, MailThatNobodyIsToldOfIsAnAlarmAlsoWhenItEndsALookAgo) {
  const test::ExpectLog expected("kept in failed/");
  host.trouble.reset();
  host.answers["bob@example.net"] = refused();
  pass(Seconds(60));
  for (int i = 0; i < 3; ++i) accept(envelope({"bob@example.net"}, ""));
  pass(kLookEvery);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].second.starts_with("3 messages were neither delivered nor returned")) << told[0].second;
  EXPECT_EQ(queue->totals().failed, 3U);
  for (int i = 0; i < 3; ++i) queue->drop_refused();
  pass(kLookEvery);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[1].second.starts_with("3 dropped files were refused")) << told[1].second;
}

TEST_F(Notification, AnAlarmThatIsRefusedItselfMakesNoOther) {
  const test::ExpectLog expected("kept in failed/");
  host.trouble.reset();
  host.answers["bob@example.net"] = refused();
  host.answers["ops@example.org"] = refused();
  notified.notify.address = "ops@example.org";
  queue->configure(notified, {{"main", {4}}});
  pass(Seconds(60));
  accept(envelope({"bob@example.net"}, ""));
  for (int i = 0; i < 600; ++i) pass(Seconds(60));
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(queue->totals().failed, 2U) << "the message and the alarm of it";
  accept(envelope({"bob@example.net"}, ""));
  for (int i = 0; i < 600; ++i) pass(Seconds(60));
  EXPECT_EQ(told.size(), 2U);
  EXPECT_EQ(queue->totals().failed, 4U);
}

TEST_F(Notification, AMessageThatIsPutOffForLongIsAnAlarm) {
  host.trouble.reset();
  host.answers["bob@example.net"] = deferred();
  fill(1);
  for (int i = 0; i < 61; ++i) pass(Seconds(60));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].second.find("The oldest message has waited for 1h"), std::string::npos) << told[0].second;
  host.answers.clear();
  for (int i = 0; i < 90; ++i) pass(Seconds(60));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].first, "well");
}

TEST_F(Notification, MailWhoseSenderIsToBeToldIsNoWaitingMail) {
  host.trouble.reset();
  host.answers["bob@example.net"] = refused();
  notified.notify.after = Seconds(60);
  notified.bounces.per_sender = 1;
  queue->configure(notified, {{"main", {4}}});
  fill(3);
  pass(Seconds(30));
  EXPECT_EQ(queue->totals().owed, 2U);
  EXPECT_EQ(queue->totals().waiting, 0U);
  EXPECT_FALSE(queue->totals().oldest);
  EXPECT_EQ(queue->sites()[0].waiting, 0U);
  const auto listing = queue->list({});
  for (const Entry& entry : run(loop, listing->next())) {
    EXPECT_TRUE(entry.reason.starts_with("failed, and the report to the sender is still to come: 550")) << entry.reason;
  }
  for (int i = 0; i < 70; ++i) pass(Seconds(60));
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(queue->totals().owed, 0U);
  EXPECT_TRUE(files().empty());
}

TEST_F(Notification, MailGoesByTheSmarthostThatWorks) {
  const test::ExpectLog expected("login failed");
  notified.notify.address = "root";
  notified.expand = [](const std::string& address) { return std::vector<std::string>{address + "@example.com"}; };
  std::vector<std::string> at_second;
  Queue::make(loop.get_executor(), *spool, pool, clock, notified, {}, Deliver()).reset();
  run(loop, queue->stop());
  queue = Queue::make(loop.get_executor(), *spool, pool, clock, notified, {{"main", {4}}, {"second", {4}}},
                      [this, &at_second](mail::Message& message, const std::string& site) {
                        if (site == "second") {
                          at_second.push_back(message.envelope().recipients[0].address);
                          EXPECT_EQ(message.envelope().sender.empty(), at_second.back() == "root@example.com");
                          host.trouble.reset();
                        }
                        return deliver_to(&host, &pool, &message);
                      });
  ASSERT_TRUE(run(loop, queue->start()));
  fill(1);
  pass(Seconds(60));
  std::ranges::sort(at_second);
  EXPECT_EQ(at_second, (std::vector<std::string>{"bob@example.net", "root@example.com"}));
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace postern::queue
