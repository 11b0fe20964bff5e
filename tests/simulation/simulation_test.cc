// What two hundred hosts do to a smarthost, and it to their alerts. The table of results is kept in results.txt, so
// that a change of the schedule shows what it changes: where it is meant, the table that this prints is the new one.
#include "simulation/world.h"

#include "support/tree.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace postern::simulation {
namespace {

constexpr std::uint64_t kSeed = 15;

const std::vector<Scenario>& scenarios() {
  using Limit = queue::RateLimit;
  static const queue::RateLimits rate = {Limit{Limit::Of::messages, Limit::Per::day, 20}};
  static const std::vector<Scenario> all = {
      {"always there", false, false, 0, 0},
      {"away for an hour", true, false, 0, 0},
      {"greylists", false, true, 0, 0},
      {"away, greylists", true, true, 0, 0},
      {"3 connections at once", false, false, 3, 0},
      {"away, 8 connections at once", true, false, 8, 0},
      {"away, 5 connections at once", true, false, 5, 0},
      {"away, 20 a day of a host, rate not set", true, false, 0, 20},
      {"away, 20 a day of a host, rate: 20/day", true, false, 0, 20, rate},
      {"all of it with 8 at once, rate: 20/day", true, true, 8, 20, rate},
  };
  return all;
}

std::string kept() {
  std::ifstream file(test::tree("simulation/results.txt"));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Simulation, TheTableOfResultsIsTheOneThatIsKept) {
  std::string table = heading();
  for (const Scenario& scenario : scenarios()) {
    const Outcome outcome = simulate(scenario, kSeed);
    table += line(scenario, outcome);
    EXPECT_EQ(outcome.turned_away > 0, scenario.at_once > 0) << scenario.name << ": the limit bites";
  }
  EXPECT_EQ(table, kept()) << "results.txt is now:\n" << table;
}

TEST(Simulation, EveryAlertArrivesAndNoHerdComesWhateverTheChance) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    for (const Scenario& scenario : scenarios()) {
      const Outcome outcome = simulate(scenario, seed);
      EXPECT_EQ(outcome.delivered, outcome.alerts) << scenario.name;
      // As if every fourth host came within one second: the steps of their probes are not in step.
      EXPECT_LE(outcome.busiest_second, kHosts / 4) << scenario.name;
      if (!scenario.rate.empty()) {
        EXPECT_EQ(outcome.over_the_day, 0U) << scenario.name;
      }
    }
  }
}

}  // namespace
}  // namespace postern::simulation
