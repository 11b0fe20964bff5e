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

TEST(AddressPattern, DomainsCompareAsTheyAreWritten) {
  EXPECT_TRUE(covers("*@xn--bcher-kva.example", "web@XN--Bcher-KVA.example", false));
  EXPECT_TRUE(covers("web@xn--bcher-kva.example", "Web@xn--bcher-kva.example", false));
  EXPECT_TRUE(covers("*@b\u00fccher..example", "web@b\u00fccher..example", false)) << "no name, as it is no name";
  EXPECT_FALSE(covers("*@xn--bcher-kva.example", "web@b\u00fccher.example", false));
  EXPECT_FALSE(covers("*@corp.example", "web@\uff43orp.example", false)) << "a wide letter takes time to be read";
}

TEST(AddressPattern, AStarCoversAll) {
  EXPECT_TRUE(covers("*", "bob@corp.example", false));
  EXPECT_TRUE(covers("*", "bob", true));
}

}  // namespace
}  // namespace postern::mail
