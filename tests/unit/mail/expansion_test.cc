// Many addresses at once: what each of them leads to, every mailbox once, and no alias followed again.
#include "mail/expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LocalNames machine() {
  LocalNames names;
  names.hostname = names.domain = "web1.example.net";
  return names;
}

TEST(Expansion, TellsEveryMailboxOfAllAddressesOnce) {
  LocalNames names = machine();
  names.aliases = {{"staff", {"a@x.org", "joe"}}, {"all", {"staff", "b@x.org"}}};
  Expansion expansion(names);
  EXPECT_THAT(expansion.add("staff"), ElementsAre("a@x.org", "joe@web1.example.net"));
  EXPECT_THAT(expansion.add("STAFF@1.localhost"), IsEmpty());
  EXPECT_THAT(expansion.add("all"), ElementsAre("b@x.org"));
  EXPECT_THAT(expansion.add("joe"), IsEmpty());
  EXPECT_THAT(expansion.add("a@X.org"), IsEmpty());
  EXPECT_THAT(expansion.add("c@x.org"), ElementsAre("c@x.org"));
  EXPECT_THAT(expansion.add(""), ElementsAre(""));
}

// Chains and names that keep a copy, in any order: nobody is lost to what was followed before.
TEST(Expansion, AddressesTogetherLeadToWhatEachOfThemLeadsTo) {
  std::uint64_t seed = 1;
  const auto next = [&seed](std::size_t end) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(seed >> 33U) % end;
  };
  const std::vector<std::string> kNames = {"a", "b", "c", "d", "*", "e", "f"};  // e and f have no alias
  std::size_t several = 0;
  std::size_t whole = 0;
  for (int round = 0; round < 5'000; ++round) {
    LocalNames names = machine();
    if (next(2) == 0) names.domain = "example.com";
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t left = next(4); left > 0; --left) {
        const std::size_t kind = next(8);
        const std::string& name = kNames[next(4) == 0 ? 5 + next(2) : next(4)];
        names.aliases[kNames[i]].push_back(kind == 0   ? "x@x.org"
                                           : kind == 1 ? "y@x.org"
                                           : kind == 2 ? "\\" + name
                                           : kind == 3 ? name + "@example.com"
                                                       : name);
      }
    }
    std::set<std::string> each;
    std::set<std::string> together;
    std::string asked;
    Expansion expansion(names);
    for (std::size_t left = 1 + next(4); left > 0; --left) {
      const std::string address = kNames[next(kNames.size())] + (next(3) == 0 ? "@" + names.domain : "");
      asked += address + " ";
      for (const std::string& one : names.recipients_of(address)) each.insert(one);
      for (const std::string& one : expansion.add(address)) {
        ASSERT_TRUE(together.insert(one).second) << one << " twice of " << asked;
      }
    }
    several += each.size() > 1 ? 1U : 0U;
    std::string table;
    for (const auto& [name, targets] : names.aliases) {
      table += name + ":";
      for (const std::string& target : targets) table += " " + target;
      table += "; ";
    }
    // What a circle, or one by way of the catch-all, leaves with nobody depends on where it was entered.
    if (!names.circles().empty() || names.aliases.contains("*")) continue;
    ++whole;
    ASSERT_EQ(together, each) << asked << "with " << table;
  }
  EXPECT_GT(whole, 100U);
  EXPECT_GT(several, 1000U);
}

}  // namespace
}  // namespace postern::mail
