#include "mail/wanted_address.h"

#include "base/letters.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace postern::mail {
namespace {

TEST(WantedAddress, IsFoundAsLogsAndMailProgramsWriteIt) {
  struct Case {
    std::string_view written;
    std::string_view wanted;
  };
  constexpr Case kCases[] = {
      {"bob@example.com", "bob@example.com"},
      {"bob", "bob"},
      {"@example.com", "@example.com"},
      {"<bob@example.com>", "bob@example.com"},
      {" < bob@example.com > ", "bob@example.com"},
      {"<bob@example.com>,", "bob@example.com"},
      {"from=<bob@example.com>", "bob@example.com"},
      {"from=<bob@example.com>, ", "bob@example.com"},
      {"Bob <bob@example.com>", "bob@example.com"},
      {"\"Bob, at home\" <bob@example.com>;", "bob@example.com"},
      {"\"a <b\" <bob@example.com>", "bob@example.com"},
      {"<bob@example.com", "bob@example.com"},
      {"bob@example.com>", "bob@example.com"},
      {"Bob <bob@exam", "bob@exam"},
      {"\"a<b\"@example.com", "\"a<b\"@example.com"},
      {"*@example.com", "@example.com"},
      {"<*@example.com>", "@example.com"},
      {"bob@*", "bob@"},
      {"*.example.com", ".example.com"},
      {"bob@xn--bcher-kva.example", "bob@bücher.example"},
      {"bob@XN--BCHER-KVA.example", "bob@bücher.example"},
      {"@mail.xn--bcher-kva", "@mail.bücher"},
      {"bob@bücher.example", "bob@bücher.example"},
      {"xn--@example.com", "xn--@example.com"},
      {"@xn--bch", "@xn--bch"},
      {"<>", "<>"},
      {"from=<>,", "<>"},
  };
  for (const Case& one : kCases) {
    const auto wanted = address_to_find(one.written);
    ASSERT_TRUE(wanted) << one.written;
    EXPECT_EQ(*wanted, one.wanted) << one.written;
  }
}

TEST(WantedAddress, StarsThatStandForSomethingInsideAndWhatWouldMeanEverythingAreRefused) {
  for (const std::string_view text :
       {"*", "**", "*@*", "@", "", " ", "< >", "<*>", "b*b@example.com", "*@*.example.com"}) {
    const auto wanted = address_to_find(text);
    ASSERT_FALSE(wanted) << text;
    EXPECT_EQ(wanted.error().failure, Failure::invalid);
  }
}

TEST(WantedAddress, IsThereInLettersOfEitherCaseAndOfEitherWayToWriteADomain) {
  struct Case {
    std::string_view text;
    std::string_view written;
    bool there;
  };
  constexpr Case kCases[] = {
      {"Bob@Example.com", "<bob@example.COM>", true},
      {"bob@bücher.example", "bob@xn--bcher-kva.example", true},
      {"bob@BÜCHER.example", "bob@xn--bcher-kva.example", true},
      {"bob@xn--bcher-kva.example", "bob@bücher.example", true},
      {"bob@XN--bcher-kva.example", "@Bücher", true},
      {"bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example", true},
      {"bob@xn--bcher-kva.example", "@xn--", true},
      {"bob@xn--bcher-kva.example", "@xn--bch", true},
      {"al@example.com bob@xn--bcher-kva.example", "@bücher.example", true},
      {"xn--bcher-kva@example.com", "xn--bcher-kva@example.com", true},
      {"bob@bucher.example", "bob@xn--bcher-kva.example", false},
      {"bob@example.com", "<rob@example.com>", false},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(has_address(one.text, lowered(*address_to_find(one.written))), one.there)
        << one.text << " " << one.written;
  }
}

}  // namespace
}  // namespace postern::mail
