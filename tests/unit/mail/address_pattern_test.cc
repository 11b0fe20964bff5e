#include "mail/address_pattern.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(AddressPattern, ADomainInLettersAndItsALabelsAreOne) {
  const std::string letters = "b\u00fccher.example";
  const std::string labels = "xn--bcher-kva.example";
  EXPECT_TRUE(covers("*@" + letters, "web@" + labels, false));
  EXPECT_TRUE(covers("*@" + labels, "web@" + letters, false));
  EXPECT_TRUE(covers("*@B\u00dcCHER.example", "web@" + labels, false));
  EXPECT_TRUE(covers("web@" + letters, "Web@" + labels, false));
  EXPECT_FALSE(covers("*@" + letters, "web@xn--bcher-kva.other", false));
  EXPECT_FALSE(covers("web@" + letters, "mail@" + labels, false));
  EXPECT_FALSE(covers("*@b\u00fccher..example", "web@b..example", false));
}

TEST(AddressPattern, AStarCoversAll) {
  EXPECT_TRUE(covers("*", "bob@corp.example", false));
  EXPECT_TRUE(covers("*", "bob", true));
}

}  // namespace
}  // namespace postern::mail
