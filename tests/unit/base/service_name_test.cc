#include "base/service_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

namespace postern {
namespace {

using testing::HasSubstr;

TEST(ServiceName, IsReadAndWritten) {
  const auto name = ServiceName::parse("SRV:_Submissions._TCP.Example.COM");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->service, "_submissions");
  EXPECT_EQ(name->domain, "example.com");
  EXPECT_EQ(name->record(), "_submissions._tcp.example.com");
  EXPECT_EQ(name->srv_id(), "_submissions.example.com");
  EXPECT_EQ(name->str(), "srv:_submissions._tcp.example.com");
  EXPECT_EQ(*ServiceName::parse(name->str()), *name);
  for (const char* good : {"srv:_submission._tcp.example.com", "srv:_smarthost._tcp.corp", "srv:_smtp-out._tcp.a.b.c",
                           "srv:_submissions._tcp.xn--bcher-kva.example"}) {
    EXPECT_TRUE(ServiceName::parse(good)) << good;
  }
}

TEST(ServiceName, SaysWhatWasProbablyMeant) {
  constexpr auto kSlips = std::to_array<std::pair<const char*, const char*>>({
      {"srv:example.com", "'srv:_submissions._tcp.example.com' for TLS from the first byte"},
      {"srv:_submissions.example.com", "write 'srv:_submissions._tcp.example.com'"},
      {"srv:_submissions._udp.example.com", "write 'srv:_submissions._tcp.example.com'"},
      {"srv:_submissions._tcp.example.com.", "write 'srv:_submissions._tcp.example.com'"},
      {"srv://_submissions._tcp.example.com", "write 'srv:_submissions._tcp.example.com'"},
      {"srv:_submissions._tcp.example.com:465", "name a service"},
      {"srv:_submissions._tcp.b\xc3\xbc"
       "cher.example",
       "xn-- form"},
      {"srv:", "name a service"},
      {"srv:.", "name a service"},
      {"srv:_tcp.example.com", "name a service"},
      {"srv:_._tcp.example.com", "name a service"},
      {"srv: _submissions._tcp.example.com", "name a service"},
      {"smtp.example.com", "name a service"},
      {"", "name a service"},
  });
  for (const auto& [text, advice] : kSlips) {
    const auto name = ServiceName::parse(text);
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().failure, Failure::invalid);
    EXPECT_THAT(name.error().text, HasSubstr(advice)) << text;
  }
  EXPECT_FALSE(ServiceName::parse("srv:_submissions._tcp." + std::string(250, 'a')));
}

TEST(ServiceName, HoldsItsDomainAndWhatLiesBelow) {
  const ServiceName name{"_submissions", "example.com"};
  for (const char* host : {"example.com", "Example.Com", "mail.example.com", "a.b.example.com"}) {
    EXPECT_TRUE(name.holds(host)) << host;
  }
  for (const char* host : {"", "com", "example.net", "badexample.com", "mail.example.com.evil.net"}) {
    EXPECT_FALSE(name.holds(host)) << host;
  }
  const ServiceName top{"_submissions", "com"};
  EXPECT_TRUE(top.holds("com"));
  EXPECT_FALSE(top.holds("evil.com")) << "below a domain of the top lie others' domains";
}

}  // namespace
}  // namespace postern
