#include "relay/tls_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::relay {
namespace {

using testing::HasSubstr;

TEST(TlsRules, SayWhatIsUnusualAlone) {
  SmarthostOptions smarthost;
  EXPECT_TRUE(tls_rules(smarthost).empty());
  smarthost.tls_pin = {std::string(64, 'a')};
  smarthost.tls_min_version = net::TlsVersion::v1_1;
  smarthost.tls_ciphers = "DEFAULT";
  EXPECT_THAT(tls_rules(smarthost),
              testing::ElementsAre(HasSubstr("known by its key"), "TLS 1.1 or later (tls_min_version)",
                                   "ciphers up to TLS 1.2: DEFAULT (tls_ciphers)"));
  smarthost.tls = Tls::none;
  EXPECT_TRUE(tls_rules(smarthost).empty());
}

TEST(TlsRules, AShortKeyIsToldOfWhereNothingElseIsLookedAt) {
  SmarthostOptions smarthost;
  net::TlsInfo tls;
  tls.key_bits = 80;
  EXPECT_EQ(short_pinned_key(smarthost, tls), "") << "it would not have been taken";
  smarthost.tls_pin = {std::string(64, 'a')};
  EXPECT_THAT(short_pinned_key(smarthost, tls), HasSubstr("too short to be safe (80 bits"));
  tls.key_bits = 112;
  EXPECT_EQ(short_pinned_key(smarthost, tls), "");
}

}  // namespace
}  // namespace postern::relay
