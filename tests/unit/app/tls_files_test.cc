#include "app/tls_files.h"

#include "support/certificates.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::app {
namespace {

using testing::HasSubstr;

std::string told(const relay::SmarthostOptions& options) {
  settings::Settings settings;
  settings::Smarthost& smarthost = settings.smarthosts.emplace_back();
  static_cast<relay::SmarthostOptions&>(smarthost) = options;
  smarthost.name = "office";
  std::string all;
  for (const settings::Problem& problem : tls_problems(settings, "f.yaml")) all += problem.str() + "\n";
  return all;
}

TEST(TlsFiles, F09_F10_ThatNoConnectionCouldUseAreTold) {
  test::Certificates certificates;
  const auto good = certificates.make("good");
  const auto other = certificates.make("other");
  test::CertificateOptions past;
  past.begins = std::chrono::seconds(-7200);
  past.ends = std::chrono::seconds(-3600);
  const auto expired = certificates.make("expired", past);
  const test::ScratchDir dir;
  const std::string text = dir.write("text", "no certificate\n");

  relay::SmarthostOptions options;
  options.host = "h.example";
  options.tls_name = "h.example";
  EXPECT_EQ(told(options), "");
  options.tls_ca_file = certificates.ca_file();
  options.client_certificate = good.certificate;
  options.client_key = good.key;
  EXPECT_EQ(told(options), "");
  options.client_key = other.key;
  EXPECT_THAT(told(options),
              HasSubstr("f.yaml: the smarthost office: this key is not that of the certificate: " + other.key));
  options.tls = relay::Tls::none;
  EXPECT_EQ(told(options), "");
  options.tls = relay::Tls::starttls;
  options.client_certificate = expired.certificate;
  options.client_key = expired.key;
  EXPECT_THAT(told(options), HasSubstr("has expired"));
  options.client_certificate.clear();
  options.client_key.clear();
  options.tls_ca_file = text;
  EXPECT_THAT(told(options), HasSubstr(text));
}

TEST(TlsFiles, CiphersThatAreWeakAreWarnedOf) {
  settings::Loaded loaded;
  settings::Settings& settings = loaded.settings.emplace();
  settings::Smarthost& smarthost = settings.smarthosts.emplace_back();
  smarthost.name = "office";
  warn_of_ciphers(loaded, "f.yaml");
  EXPECT_TRUE(loaded.warnings.empty());
  smarthost.tls_ciphers = "DEFAULT:@SECLEVEL=1";
  smarthost.tls_min_version = net::TlsVersion::v1_1;
  EXPECT_THAT(weak_tls(smarthost), testing::ElementsAre(HasSubstr("TLS 1.1 is broken")));
  smarthost.tls_min_version = net::TlsVersion::v1_2;
  warn_of_ciphers(loaded, "f.yaml");
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.warnings[0].str(), testing::StartsWith("f.yaml: the smarthost office: 'tls_ciphers' allows DH"));
  smarthost.tls = relay::Tls::none;
  EXPECT_TRUE(weak_tls(smarthost).empty());
}

}  // namespace
}  // namespace postern::app
