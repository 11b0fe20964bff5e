#include "control/commands.h"

#include "session.h"

#include <gmock/gmock.h>

#include <utility>

namespace postern::control {
namespace {

/// Trying all messages at once, by `queue retry` and by the shim's `flush`.
class ControlRetry : public Control {};

TEST_F(ControlRetry, Q04_RetriesEverythingAtMostOnceASecond) {
  add(1, kAlice);
  EXPECT_EQ(exit_of(R"({"command":"queue retry"})"), 0);
  EXPECT_EQ(exit_of(R"({"command":"queue retry"})"), 75);
  EXPECT_EQ(ask("flush\n"), "ok\nend 0\n");
  EXPECT_EQ(queue.retry_all_calls, 1U);
  clock.advance(Seconds(1));
  EXPECT_EQ(ask("flush\n"), "ok\nend 0\n");
  EXPECT_EQ(queue.retry_all_calls, 2U);
}

TEST_F(ControlRetry, Q04_TheSecondHoldsForEachUserAndForSelectionsOfEverything) {
  add(1, kAlice);
  add(2, kBob);
  const std::string everything = R"({"command":"queue retry","filter":{}})";
  EXPECT_EQ(ask("flush\n", kAlice), "ok\nend 0\n");
  EXPECT_EQ(ask("flush\n", kAlice), "ok\nend 0\n");
  EXPECT_EQ(queue.selections.size(), 1U) << "not looked at again";
  EXPECT_EQ(exit_of(R"({"command":"queue retry"})", kAlice), 75);
  EXPECT_EQ(exit_of(everything, kAlice), 75);
  EXPECT_EQ(exit_of(R"({"command":"queue retry","filter":{"through":")" + id(9).str() + "\"}}", kAlice), 75);
  EXPECT_EQ(queue.selections.size(), 1U);
  EXPECT_EQ(exit_of(R"({"command":"queue retry","filter":{"state":"waiting"}})", kAlice), 0);
  EXPECT_EQ(exit_of(request("queue retry", 1), kAlice), 0);
  EXPECT_EQ(exit_of(everything, kBob), 0) << "another user";
  EXPECT_EQ(exit_of(everything), 0) << "administrators";
  EXPECT_EQ(exit_of(everything), 75);
  clock.advance(Seconds(1));
  EXPECT_EQ(exit_of(everything, kAlice), 0);
  EXPECT_EQ(context->last_retry_all.size(), 1U) << "of others nothing is kept";
}

TEST_F(ControlRetry, FlushesOnlyTheirOwnMessagesForOrdinaryUsers) {
  for (unsigned i = 0; i < 100; ++i) add(i, i % 2 == 0 ? kAlice : kBob);
  EXPECT_EQ(ask("flush\n", kAlice), "ok\nend 0\n");
  EXPECT_EQ(queue.retried.size(), 50U);
  EXPECT_EQ(queue.retry_all_calls, 0U);
}

TEST_F(ControlRetry, ForcesAProbeOnlyForAdministrators) {
  add(1, kAlice);
  for (const auto& [user, probe] : {std::pair(kAlice, queue::Probe::polite), std::pair(kRoot, queue::Probe::forced)}) {
    queue.probes.clear();
    EXPECT_EQ(exit_of(request("queue retry", 1), user), 0);
    EXPECT_EQ(ask("flush\n", user), "ok\nend 0\n");
    EXPECT_EQ(queue.probes, std::vector(2, probe)) << user;
  }
}

class ControlReload : public Control {};

Task<Result<Reloaded>> reload_result(Result<Reloaded> result) { co_return result; }

TEST_F(ControlReload, TellsAdministratorsWhetherTheFileIsInForceAndNobodyElse) {
  Result<Reloaded> result = Reloaded();
  std::size_t calls = 0;
  context->reload = [&] {
    ++calls;
    return reload_result(result);
  };
  const std::string request = R"({"command":"reload"})";
  EXPECT_EQ(exit_of(request), 0);
  EXPECT_THAT(ask(request + "\n"), testing::AllOf(testing::HasSubstr("/etc/postern/postern.yaml are in force"),
                                                  testing::HasSubstr(R"("file":"/etc/postern/postern.yaml")")));
  EXPECT_THAT(ask(request + "\n"), testing::Not(testing::HasSubstr("restart")));
  result->warnings = {"f.yaml:3:1: weak (warning)"};
  result->after_restart = {"the spool /a is in use"};
  EXPECT_EQ(exit_of(request), 0);
  EXPECT_THAT(ask(request + "\n"),
              testing::ContainsRegex("f.yaml:3:1: weak .warning.(.|\n)*the spool /a is in use(.|\n)*"
                                     "postern.yaml are in force, but for what needs a restart"));
  result = Error{Failure::invalid, "unknown key 'x'"};
  EXPECT_EQ(exit_of(request), 64);
  EXPECT_THAT(ask(request + "\n"), testing::HasSubstr("unknown key 'x'"));
  EXPECT_EQ(calls, 7U);
  EXPECT_EQ(exit_of(request, kAlice), 77);
  EXPECT_EQ(calls, 7U);
}

}  // namespace
}  // namespace postern::control
