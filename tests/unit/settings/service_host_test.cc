// Smarthosts that the DNS names (host: srv:...).
#include "settings/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace postern::settings {
namespace {

using relay::Tls;
using testing::HasSubstr;
using testing::IsEmpty;

Loaded of_service(const std::string& host, const std::string& keys = "") {
  return parse("hostname: web1.example.net\nsmarthosts:\n  - host: " + host + "\n" + keys, "f.yaml");
}

std::string lines_of_problems(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& one : problems) all += one.str() + "\n";
  return all;
}

TEST(ServiceHost, HasNoPortAndNoNameOfItsOwnAndTheTlsOfItsName) {
  struct GoodService {
    const char* host;
    const char* keys;
    Tls tls;
  };
  constexpr std::array kGoodServices{
      GoodService{"srv:_submissions._tcp.example.com", "", Tls::implicit},
      GoodService{"srv:_submission._tcp.example.com", "", Tls::starttls},
      GoodService{"srv:_submission._tcp.example.com", "    tls: starttls\n", Tls::starttls},
      GoodService{"srv:_mail-out._tcp.corp", "", Tls::implicit},
      GoodService{"srv:_mail-out._tcp.corp", "    tls: starttls\n", Tls::starttls}};
  for (const GoodService& one : kGoodServices) {
    const Loaded loaded = of_service(one.host, one.keys);
    ASSERT_TRUE(loaded.settings) << lines_of_problems(loaded.problems);
    const Smarthost& smarthost = loaded.settings->smarthosts.at(0);
    EXPECT_EQ(smarthost.host, one.host);
    EXPECT_EQ(smarthost.name, one.host);
    EXPECT_EQ(smarthost.port, 0);
    EXPECT_EQ(smarthost.tls, one.tls) << one.host << one.keys;
    EXPECT_EQ(smarthost.tls_name, "");
    EXPECT_THAT(lines_of_problems(loaded.warnings), IsEmpty());
  }
  const Loaded upper =
      of_service("\"SRV:_Submission._TCP.Example.com\"", "    tls_name: smtp.example.net\n    name: main\n");
  ASSERT_TRUE(upper.settings);
  EXPECT_EQ(upper.settings->smarthosts[0].host, "srv:_submission._tcp.example.com");
  EXPECT_EQ(upper.settings->smarthosts[0].tls_name, "smtp.example.net");
}

TEST(ServiceHost, IsRefusedWhereItIsNoneOrHasWhatItCannotHave) {
  constexpr auto kNoServices = std::to_array<std::pair<const char*, const char*>>({
      {"srv:example.com", "f.yaml:3:11: 'smarthosts[0].host' must name a service"},
      {"srv:_submissions._udp.example.com", "write 'srv:_submissions._tcp.example.com'"},
      {"_submissions._tcp.example.com", "is the name of a service: write 'srv:_submissions._tcp.example.com'"},
      {"srv:_submissions._tcp.example.com:465", "must name a service"},
      {"\"srv:\"", "must name a service"},
  });
  for (const auto& [host, words] : kNoServices)
    EXPECT_THAT(lines_of_problems(of_service(host).problems), HasSubstr(words)) << host;
  EXPECT_THAT(lines_of_problems(of_service("srv:_submissions._tcp.example.com", "    port: 465\n").problems),
              HasSubstr("f.yaml:4:11: 'smarthosts[0]' has a 'port' beside 'srv:_submissions._tcp.example.com'"));
  EXPECT_THAT(lines_of_problems(of_service("h.example", "    tls_name: srv:_submissions._tcp.example.com\n").problems),
              HasSubstr("tls_name"));
}

TEST(ServiceHost, WarnsOfATlsThatItsServersDoNotHave) {
  constexpr auto kOddlyEncrypted =
      std::to_array<std::pair<const char*, const char*>>({{"_submissions", "starttls"}, {"_submission", "implicit"}});
  for (const auto& [service, tls] : kOddlyEncrypted) {
    const Loaded loaded =
        of_service(std::string("srv:") + service + "._tcp.example.com", std::string("    tls: ") + tls + "\n");
    EXPECT_TRUE(loaded.settings);
    const std::string fits = std::string(service) == "_submissions" ? "implicit" : "starttls";
    EXPECT_THAT(lines_of_problems(loaded.warnings), HasSubstr("have 'tls: " + fits + "'")) << service << " " << tls;
  }
}

TEST(ServiceHost, HasNoServerWithoutTls) {
  for (const std::string service : {"_submissions", "_submission", "_smtp"}) {
    const Loaded loaded = of_service("srv:" + service + "._tcp.example.com", "    tls: none\n");
    EXPECT_FALSE(loaded.settings) << service;
    EXPECT_THAT(lines_of_problems(loaded.problems), HasSubstr("without TLS nothing proves")) << service;
  }
}

}  // namespace
}  // namespace postern::settings
