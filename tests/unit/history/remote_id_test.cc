#include "history/remote_id.h"

#include <gtest/gtest.h>

#include <string_view>

namespace postern::history {
namespace {

TEST(RemoteId, IsWhatTheServersOfThisWorldCallAMessage) {
  struct Case {
    std::string_view reply;
    std::string_view id;
  };
  constexpr Case kCases[] = {
      {"250 2.0.0 Ok: queued as 4XYZ12abc", "4XYZ12abc"},
      {"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9F3B21C0", "9F3B21C0"},
      {"250 Ok: queued as 0nM2xyz-QRSTU-8g.", "0nM2xyz-QRSTU-8g"},
      {"250 OK id=1tGkQp-0001AB-2c", "1tGkQp-0001AB-2c"},
      {"250 Requested mail action okay, completed: id=0MXkZ2-1a2b3c4d5e-00WqRs", "0MXkZ2-1a2b3c4d5e-00WqRs"},
      {"250 2.6.0 <a1@web1.example.net> [InternalId=123456789012, Hostname=AM0PR01.example] 5 bytes in 0.1, 80 KB/sec "
       "Queued mail for delivery",
       "123456789012"},
      {"250 2.0.0 4ATB1x2q012345 Message accepted for delivery", "4ATB1x2q012345"},
      {"250 2.0.0 3f2a1b2c Message accepted for delivery", "3f2a1b2c"},
      {"250 2.0.0 OK  1732900000 5b1f17b1804b1-434aa7e5f2bsm12345.12 - gsmtp", "5b1f17b1804b1-434aa7e5f2bsm12345.12"},
      {"250 Ok 0102018f0a1b2c3d-4e5f6a7b-000000", "0102018f0a1b2c3d-4e5f6a7b-000000"},
      {"250 ok 1732900000 qp 12345", "1732900000"},
      {"250 2.0.0 (abc12345) queued", "abc12345"},
  };
  for (const Case& one : kCases) EXPECT_EQ(remote_id_of(one.reply), one.id) << one.reply;
}

TEST(RemoteId, IsNotGuessed) {
  for (const std::string_view reply :
       {"", "250 Ok", "250 2.0.0 Ok", "250 Message received", "250 2.0.0 Ok: queued as", "250 2.0.0 Ok: queued as spam",
        "250 Great success", "250 2.1.5 Recipient OK", "250 accepted message - gsmtp", "250 ok dirdel"}) {
    EXPECT_EQ(remote_id_of(reply), "") << reply;
  }
}

}  // namespace
}  // namespace postern::history
