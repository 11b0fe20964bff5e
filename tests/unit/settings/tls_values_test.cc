#include "settings/tls_values.h"

#include "one_smarthost.h"
#include "settings/weak_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kPin = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(TlsValues, PinsAreReadAsProgramsWriteThem) {
  std::string colons;
  for (std::size_t i = 0; i < kPin.size(); i += 2) colons += (i == 0 ? "" : ":") + kPin.substr(i, 2);
  std::string blanks = colons;
  std::ranges::replace(blanks, ':', ' ');
  for (const std::string& text :
       {kPin, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855" + std::string(), colons,
        std::string("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        std::string("sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), "SHA256:" + kPin, " " + kPin + "\n",
        std::string("pin-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), blanks, "sha256:" + blanks}) {
    const auto pin = parse_pin(text);
    ASSERT_TRUE(pin) << text << ": " << pin.error().text;
    EXPECT_EQ(*pin, kPin);
  }
}

TEST(TlsValues, WhatIsNoSha256IsNoPin) {
  for (const std::string text : {"", "sha256//", "x", "e3b0", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"}) {
    const auto pin = parse_pin(text);
    ASSERT_FALSE(pin) << text;
    EXPECT_THAT(pin.error().text, HasSubstr("64 hexadecimal digits"));
  }
  EXPECT_FALSE(parse_pin(kPin.substr(0, 60) + " 12 345"));
  EXPECT_THAT(parse_pin(std::string(40, 'a')).error().text, HasSubstr("SHA-1, which can be forged"));
  EXPECT_THAT(parse_pin(std::string(32, 'a')).error().text, HasSubstr("MD5, which can be forged"));
}

TEST(TlsValues, OfASmarthost) {
  const Loaded loaded = with("    tls_pin: [" + kPin + ", 'sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']\n" +
                             "    tls_min_version: TLSv1.1\n    tls_ciphers: 'DEFAULT:@SECLEVEL=1'\n");
  ASSERT_TRUE(loaded.settings);
  const Smarthost& smarthost = loaded.settings->smarthosts.at(0);
  EXPECT_THAT(smarthost.tls_pin, ElementsAre(kPin, kPin));
  EXPECT_EQ(smarthost.tls_min_version, net::TlsVersion::v1_1);
  EXPECT_EQ(smarthost.tls_ciphers, "DEFAULT:@SECLEVEL=1");
  for (const auto& [text, version] :
       std::vector<std::pair<std::string, net::TlsVersion>>{{"1.0", net::TlsVersion::v1_0},
                                                            {"'1.2'", net::TlsVersion::v1_2},
                                                            {"TLS 1.3", net::TlsVersion::v1_3},
                                                            {"tls1.2", net::TlsVersion::v1_2},
                                                            {"TLSv1", net::TlsVersion::v1_0}}) {
    const Loaded one = with("    tls_min_version: " + text + "\n");
    ASSERT_TRUE(one.settings) << text;
    EXPECT_EQ(one.settings->smarthosts.at(0).tls_min_version, version) << text;
  }
}

TEST(TlsValues, SayWhatIsWrongWithThem) {
  EXPECT_THAT(problems("    tls_min_version: SSLv3\n"), HasSubstr("must be 1.0, 1.1, 1.2 or 1.3, not 'SSLv3'"));
  EXPECT_THAT(problems("    tls_pin: []\n"), HasSubstr("at least one pin"));
  EXPECT_THAT(problems("    tls_pin: {a: b}\n"), HasSubstr("tls_pin"));
  EXPECT_THAT(problems("    tls_ciphers: A;B\n"), HasSubstr("openssl-ciphers(1)"));
}

TEST(TlsValues, AreNothingWithoutTls) {
  for (const std::string& key :
       {"tls_pin: " + kPin, std::string("tls_min_version: 1.1"), std::string("tls_ciphers: ALL")}) {
    EXPECT_THAT(problems("    tls: none\n    " + key + "\n"), HasSubstr("is about TLS, and there is none")) << key;
  }
}

TEST(WeakTls, VersionsAreWarnedOfWhereTheyStand) {
  const Loaded loaded = with("    tls_min_version: '1.0'\n");
  ASSERT_TRUE(loaded.settings);
  std::vector<std::string> texts;
  for (const Problem& warning : loaded.warnings) texts.push_back(warning.str());
  EXPECT_THAT(texts, testing::Contains(testing::StartsWith("f.yaml:4:22: 'tls_min_version' allows")));
  Smarthost smarthost;
  EXPECT_EQ(weak_tls_version(smarthost), "");
  smarthost.tls_min_version = net::TlsVersion::v1_1;
  EXPECT_THAT(weak_tls_version(smarthost), HasSubstr("TLS 1.1 is broken"));
  smarthost.tls_min_version = net::TlsVersion::v1_3;
  EXPECT_EQ(weak_tls_version(smarthost), "");
}

TEST(TlsValues, APinIsTakenAsProgramsPrintIt) {
  const std::string hex(64, 'a');
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i == 0 ? "AA" : ":AA";
  for (const std::string& text :
       {"sha256 Fingerprint=" + colons, "SHA256 Fingerprint=" + colons, "SHA2-256(stdin)= " + hex,
        "SHA256(key.der)= " + hex, "(stdin)= " + hex, hex + "  -", hex + " *key.der"}) {
    const auto pin = parse_pin(text);
    EXPECT_TRUE(pin && *pin == hex) << text;
  }
  const auto sha1 = parse_pin("SHA1 Fingerprint=" + colons.substr(0, 59));
  ASSERT_FALSE(sha1);
  EXPECT_NE(sha1.error().text.find("SHA-1"), std::string::npos);
}

}  // namespace
}  // namespace postern::settings
