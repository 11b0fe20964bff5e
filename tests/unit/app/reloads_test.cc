#include "app/reloads.h"

#include "support/expected_log.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

namespace postern::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Task<void> wait_for_end(Reloads* reloads, Result<control::Reloaded>* end) { *end = co_await reloads->done(); }

class ReloadsTest : public testing::Test {
 protected:
  void write(const std::string& host, const std::string& more = "") {
    file = dir.write("postern.yaml", "hostname: " + host + "\nspool: " + dir / "spool" + "\n" + more);
  }
  /// Until no reload is under way.
  void settle() {
    loop.restart();
    loop.run();
  }
  Result<control::Reloaded> hear_of_the_end() {
    Result<control::Reloaded> end = Error{Failure::busy, ""};
    spawn(loop.get_executor(), wait_for_end(&reloads, &end), "wait");
    settle();
    return end;
  }

  test::ScratchDir dir;
  std::string file = dir / "postern.yaml";
  boost::asio::io_context loop;
  spool::DiskPool pool{1};
  std::vector<std::string> applied;  ///< host names
  std::string used_spool;
  std::vector<std::string> after_restart;  ///< of what is applied
  settings::Settings in_force;
  std::size_t statuses = 0;
  Reloads reloads{loop.get_executor(), pool, file, dir / "spool",
                  Reloads::Hooks{[this](const settings::Settings& wanted) {
                                   applied.push_back(wanted.names.hostname);
                                   used_spool = wanted.spool;
                                   return after_restart;
                                 },
                                 [this] {
                                   ++statuses;
                                   return std::string("well");
                                 },
                                 {},
                                 [this] { return in_force; }}};
};

TEST_F(ReloadsTest, WhatIsAskedForBeforeTheStartIsDoneOnceThen) {
  write("one.example");
  reloads.ask();
  reloads.ask();
  settle();
  EXPECT_THAT(applied, IsEmpty());
  write("two.example");
  reloads.start();
  settle();
  EXPECT_THAT(applied, ElementsAre("two.example"));
  EXPECT_EQ(statuses, 1U);
  EXPECT_EQ(reloads.complaint(true), "");
}

TEST_F(ReloadsTest, WhatIsAskedForDuringAReloadIsDoneAfterIt) {
  write("one.example");
  reloads.start();
  reloads.ask();
  loop.run_one();  // it has begun
  reloads.ask();
  reloads.ask();
  settle();
  EXPECT_THAT(applied, ElementsAre("one.example", "one.example"));
}

TEST_F(ReloadsTest, F11_ABrokenFileKeepsTheSettingsInForceAndIsComplainedOfUntilAGoodOneComes) {
  const test::ExpectLog what("unknown key");
  const test::ExpectLog told("the old settings stay in force");
  write("one.example", "frobnicate: true\n");
  reloads.start();
  reloads.ask();
  settle();
  EXPECT_THAT(applied, IsEmpty());
  EXPECT_EQ(statuses, 1U);
  EXPECT_THAT(reloads.complaint(true), HasSubstr(file + ":3:1: unknown key 'frobnicate'"));
  EXPECT_THAT(reloads.complaint(false), HasSubstr(file));
  EXPECT_THAT(reloads.complaint(false), Not(HasSubstr("frobnicate")));
  write("two.example");
  reloads.ask();
  settle();
  EXPECT_THAT(applied, ElementsAre("two.example"));
  EXPECT_EQ(reloads.complaint(true), "");
}

const std::string kWithoutTls = "smarthosts: [{host: smtp.example.com, tls_ciphers: nonsense}]\n";

TEST_F(ReloadsTest, ASmarthostWithWhichNoTlsCouldBeSpokenIsAnErrorAsItIsForCheck) {
  const test::ExpectLog what("the smarthost smtp.example.com: ");
  const test::ExpectLog told("the old settings stay in force");
  write("one.example", kWithoutTls);
  reloads.start();
  reloads.ask();
  settle();
  EXPECT_THAT(applied, IsEmpty());
  EXPECT_THAT(reloads.complaint(true), HasSubstr("the next start would put it in force as it is: " + file));
  write("two.example", "frobnicate: true\n");
  const test::ExpectLog also("unknown key");
  reloads.ask();
  settle();
  EXPECT_THAT(reloads.complaint(true), HasSubstr("the next start would hold all mail: " + file));
}

TEST_F(ReloadsTest, AFileThatIsGoneIsComplainedOf) {
  const test::ExpectLog what("cannot read");
  const test::ExpectLog told("the old settings stay in force");
  reloads.start();
  reloads.ask();
  settle();
  EXPECT_THAT(reloads.complaint(true), HasSubstr("cannot read " + file));
}

TEST_F(ReloadsTest, WhatIsWrongWithTheTlsOfTheSettingsInForceIsAWarningAndNoReasonToRefuse) {
  const test::ExpectLog what("the smarthost smtp.example.com: ");
  write("one.example", kWithoutTls);
  in_force = settings::load(file).settings.value_or(settings::Settings());
  write("two.example", kWithoutTls);
  reloads.start();
  const Result<control::Reloaded> end = hear_of_the_end();
  EXPECT_THAT(applied, ElementsAre("two.example"));
  ASSERT_TRUE(end);
  EXPECT_THAT(end->warnings, testing::Contains(testing::AllOf(HasSubstr("OpenSSL knows none of nonsense"),
                                                              testing::EndsWith("(warning)"))));
  EXPECT_EQ(reloads.complaint(true), "");
  const test::ExpectLog more("the smarthost smtp.two.example: ");
  const test::ExpectLog told("the old settings stay in force");
  write("three.example",
        "smarthosts: [{host: smtp.example.com, tls_ciphers: nonsense}, "
        "{host: smtp.two.example, tls_ciphers: nonsense}]\n");
  reloads.ask();
  settle();
  EXPECT_THAT(applied, ElementsAre("two.example"));
  EXPECT_THAT(reloads.complaint(true), HasSubstr("the smarthost smtp.two.example: "));
  EXPECT_THAT(reloads.complaint(true), Not(HasSubstr("the smarthost smtp.example.com: ")));
}

TEST_F(ReloadsTest, F12_AnotherSpoolWaitsForARestartAndAllElseIsInForce) {
  const test::ExpectLog another("another spool is in use until the daemon is restarted");
  dir.write("postern.yaml", "hostname: one.example\nspool: /elsewhere\n");
  after_restart = {"the socket stays"};
  reloads.start();
  Result<control::Reloaded> end = hear_of_the_end();
  EXPECT_THAT(applied, ElementsAre("one.example"));
  EXPECT_EQ(used_spool, dir / "spool");
  ASSERT_TRUE(end);
  EXPECT_THAT(end->after_restart, ElementsAre("the socket stays", HasSubstr("and /elsewhere after a restart")));
  EXPECT_THAT(reloads.complaint(true), HasSubstr("and /elsewhere after a restart"));
  EXPECT_THAT(reloads.complaint(true), Not(HasSubstr("wrong")));
  after_restart.clear();
  write("two.example");
  end = hear_of_the_end();
  ASSERT_TRUE(end);
  EXPECT_THAT(end->after_restart, IsEmpty());
  EXPECT_EQ(reloads.complaint(true), "");
}

TEST_F(ReloadsTest, AnotherSpoolInAFileThatIsWrongIsNoMatterUntilItIsMended) {
  const test::ExpectLog what("unknown key");
  const test::ExpectLog told("the old settings stay in force");
  dir.write("postern.yaml", "hostname: one.example\nspool: /elsewhere\nfrobnicate: true\n");
  reloads.start();
  reloads.ask();
  settle();
  EXPECT_THAT(applied, IsEmpty());
  EXPECT_THAT(reloads.complaint(true), HasSubstr("the settings file is wrong since"));
}

class ReloadsOfAFileThatWasWrongTest : public ReloadsTest {
 protected:
  ReloadsOfAFileThatWasWrongTest() {
    write("one.example", "frobnicate: true\n");
    reloads.hold(settings::load(file).problems);
    reloads.start();
  }
  const test::ExpectLog what{"unknown key"};
  const test::ExpectLog told{"mail is accepted and held until it is mended"};
};

TEST_F(ReloadsOfAFileThatWasWrongTest, IsComplainedOfUntilItIsMended) {
  EXPECT_TRUE(reloads.holding());
  EXPECT_THAT(reloads.complaint(true), HasSubstr("mail is held"));
  EXPECT_THAT(reloads.complaint(true), HasSubstr(file + ":3:1: unknown key 'frobnicate'"));
  EXPECT_THAT(reloads.complaint(false), Not(HasSubstr("frobnicate")));
  reloads.ask();
  settle();
  EXPECT_TRUE(reloads.holding());
  EXPECT_THAT(applied, IsEmpty());
  const Result<control::Reloaded> end = hear_of_the_end();
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().text, testing::StartsWith("mail is held until the file is mended: "));
  write("two.example");
  reloads.ask();
  settle();
  EXPECT_FALSE(reloads.holding());
  EXPECT_THAT(applied, ElementsAre("two.example"));
  EXPECT_EQ(reloads.complaint(true), "");
}

TEST_F(ReloadsOfAFileThatWasWrongTest, WithAnotherSpoolInTheMendedOneTheMailThatCameMeanwhileIsDelivered) {
  const test::ExpectLog another("another spool is in use until the daemon is restarted");
  dir.write("postern.yaml", "hostname: two.example\nspool: /elsewhere\n");
  reloads.ask();
  settle();
  EXPECT_FALSE(reloads.holding());
  EXPECT_THAT(applied, ElementsAre("two.example"));
  EXPECT_THAT(reloads.complaint(true), HasSubstr("and /elsewhere after a restart"));
  write("three.example");
  reloads.ask();
  settle();
  EXPECT_EQ(reloads.complaint(true), "");
}

TEST_F(ReloadsOfAFileThatWasWrongTest, NoMailIsHeldForTheTlsOfOneSmarthost) {
  write("two.example", kWithoutTls);
  reloads.ask();
  settle();
  EXPECT_FALSE(reloads.holding());
  EXPECT_THAT(applied, ElementsAre("two.example"));
}

TEST_F(ReloadsOfAFileThatWasWrongTest, ToldAreAFewErrorsAndHowManyMoreThereAre) {
  std::vector<settings::Problem> problems;
  for (std::size_t line = 1; line <= 9; ++line) problems.push_back({"f.yaml", line, 1, "unknown key"});
  reloads.hold(problems);
  EXPECT_THAT(reloads.complaint(true), HasSubstr("f.yaml:3:1: unknown key; and 6 more"));
}

TEST_F(ReloadsTest, WarningsAreLoggedAndToldAndNoReasonToRefuse) {
  const test::ExpectLog warned("has no domain");
  write("one");
  reloads.start();
  const Result<control::Reloaded> end = hear_of_the_end();
  EXPECT_THAT(applied, ElementsAre("one"));
  ASSERT_TRUE(end);
  EXPECT_THAT(end->warnings, ElementsAre(testing::AllOf(HasSubstr("has no domain"), testing::EndsWith("(warning)"))));
}

TEST_F(ReloadsTest, WhoWaitsHearsWhetherTheFileIsInForce) {
  const test::ExpectLog what("unknown key");
  const test::ExpectLog told("the old settings stay in force");
  write("one.example");
  Result<control::Reloaded> first = Error{Failure::busy, ""};
  Result<control::Reloaded> second = first;
  spawn(loop.get_executor(), wait_for_end(&reloads, &first), "first");
  spawn(loop.get_executor(), wait_for_end(&reloads, &second), "second");
  loop.run_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(first);  // not before the start
  reloads.start();
  settle();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);

  write("one.example", "frobnicate: true\n");
  spawn(loop.get_executor(), wait_for_end(&reloads, &first), "third");
  settle();
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().failure, Failure::invalid);
  EXPECT_THAT(first.error().text, HasSubstr("frobnicate"));
}

TEST_F(ReloadsTest, WhoWaitsAtTheStopIsNotKept) {
  Result<control::Reloaded> end = Error{Failure::busy, ""};
  spawn(loop.get_executor(), wait_for_end(&reloads, &end), "wait");
  loop.poll();
  reloads.stop();
  settle();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().failure, Failure::cancelled);
}

TEST_F(ReloadsTest, OneUnderWayAtTheStopComesToNothing) {
  write("one.example");
  reloads.start();
  reloads.ask();
  loop.run_one();
  reloads.stop();
  settle();
  reloads.ask();
  settle();
  EXPECT_THAT(applied, IsEmpty());
}

}  // namespace
}  // namespace postern::app
