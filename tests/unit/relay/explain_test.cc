#include "relay/explain.h"

#include "test_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace postern::relay {
namespace {

using testing::Contains;
using testing::Not;

Smarthost known_site() {
  Smarthost smarthost;
  smarthost.name = "main";
  smarthost.host = "smtp.example.com";
  smarthost.credentials = std::make_shared<TestSource>(with_password("demo", "secret"));
  return smarthost;
}

TEST(Explain, SaysWhenACertificateEndsWhereThatCounts) {
  Smarthost smarthost = known_site();
  SiteMemory memory;
  memory.certificate = "2020-01-01T00:00:00Z";
  memory.own_certificate = "2028-01-01T00:00:00Z";
  EXPECT_EQ(explain_login(smarthost, memory).certificate_expires, memory.certificate);
  smarthost.tls_pin = {std::string(64, 'a')};
  const mail::CheckReport pinned = explain_login(smarthost, memory);
  EXPECT_EQ(pinned.certificate_expires, "") << "a pin stands in place of the dates";
  EXPECT_EQ(pinned.own_certificate_expires, memory.own_certificate);
}

TEST(Explain, PromisesChannelBindingWhereTheVersionOfTlsHasOne) {
  for (const auto& [version, bound] : {std::pair("", true), std::pair("TLSv1.3", true), std::pair("TLSv1.2", true),
                                       std::pair("TLSv1.1", false), std::pair("TLSv1", false)}) {
    SiteMemory memory;
    memory.tls = version;
    memory.offered = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
    const mail::CheckReport report = explain_login(known_site(), memory);
    EXPECT_THAT(report.order, Contains("SCRAM-SHA-256")) << version;
    if (bound) {
      EXPECT_THAT(report.order, Contains("SCRAM-SHA-256-PLUS")) << version;
    } else {
      EXPECT_THAT(report.order, Not(Contains("SCRAM-SHA-256-PLUS"))) << version;
    }
  }
}

}  // namespace
}  // namespace postern::relay
