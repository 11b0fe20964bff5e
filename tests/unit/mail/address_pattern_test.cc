#include "mail/address_pattern.h"

#include <gtest/gtest.h>

namespace postern::mail {
namespace {

TEST(AddressPattern, AWholeAddressCoversItselfInAnyCase) {
  EXPECT_TRUE(covers("anna@corp.example", "Anna@CORP.example", false));
  EXPECT_FALSE(covers("anna@corp.example", "anna@sub.corp.example", false));
  EXPECT_FALSE(covers("anna@corp.example", "bob@corp.example", true));
}

TEST(AddressPattern, ADomainCoversItsAddressesAndNoneBelow) {
  EXPECT_TRUE(covers("*@corp.example", "bob@Corp.Example", false));
  EXPECT_FALSE(covers("*@corp.example", "bob@sub.corp.example", false));
  EXPECT_FALSE(covers("*@corp.example", "bob", true));
}

TEST(AddressPattern, ANameCoversTheUserOfThisMachineAlone) {
  EXPECT_TRUE(covers("root", "root@web1.example.net", true));
  EXPECT_TRUE(covers("root", "root", true));
  EXPECT_FALSE(covers("root", "root@elsewhere.example", false));
}

TEST(AddressPattern, AStarCoversAll) {
  EXPECT_TRUE(covers("*", "bob@corp.example", false));
  EXPECT_TRUE(covers("*", "bob", true));
}

}  // namespace
}  // namespace postern::mail
