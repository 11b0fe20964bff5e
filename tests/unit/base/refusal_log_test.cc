// No party fills the log, none keeps another from it, and what is left out is counted.
#include "base/refusal_log.h"

#include "support/expected_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace postern {
namespace {

std::size_t said(RefusalLog& refusals, const std::string& party, SteadyTime now, std::size_t times) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < times; ++i) count += refusals.may_log(party, now) ? 1U : 0U;
  return count;
}

TEST(RefusalLog, EveryPartyHasItsLinesInEveryWindow) {
  RefusalLog refusals;
  SteadyTime now{Seconds(1000)};
  for (int window = 0; window < 3; ++window) {
    for (const std::string party : {"uid 1", "uid 2", "192.0.2.1"}) {
      EXPECT_EQ(said(refusals, party, now, 5 + RefusalLog::kLines), RefusalLog::kLines) << party;
      EXPECT_EQ(said(refusals, party, now + RefusalLog::kWindow - Seconds(1), 5), 0U) << party;
    }
    now += RefusalLog::kWindow;
  }
  EXPECT_THAT(test::logged(), testing::SizeIs(6)) << "of the windows that are over";
  EXPECT_TRUE(test::was_logged("more was refused client=\"uid 1\" times=10"));
}

TEST(RefusalLog, HoldsNoMoreThanSoManyParties) {
  RefusalLog refusals;
  const SteadyTime now{Seconds(1000)};
  for (std::size_t i = 0; i < RefusalLog::kParties; ++i) EXPECT_TRUE(refusals.may_log(std::to_string(i), now));
  std::size_t others = 0;
  for (std::size_t i = 0; i < 1000; ++i) others += refusals.may_log("x" + std::to_string(i), now) ? 1U : 0U;
  EXPECT_EQ(others, RefusalLog::kLines);
  EXPECT_EQ(said(refusals, "0", now, 100), RefusalLog::kLines - 1);
}

}  // namespace
}  // namespace postern
