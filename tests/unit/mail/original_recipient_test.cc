#include "mail/original_recipient.h"

#include "mail/xtext.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::mail {
namespace {

TEST(OriginalRecipient, IsReadAsItWasGiven) {
  for (const std::string address : {"root@web1.example.net", "root", "a+b=c@example.net", "\"a b\"@example.net",
                                    "gr\xC3\xBCn@example.net", "root@gr\xC3\xBCn.example"}) {
    EXPECT_EQ(original_address(orcpt_of(address)), address);
  }
}

TEST(OriginalRecipient, IsSaidAsRfc3461And6533Have) {
  EXPECT_EQ(orcpt_of("a+b@example.net"), "rfc822;a+2Bb@example.net");
  EXPECT_EQ(orcpt_of("gr\xC3\xBCn@example.net"), "utf-8;gr\xC3\xBCn@example.net");
}

TEST(OriginalRecipient, WhatCannotBeSaidIsLeftOut) {
  for (const std::string& address : {std::string(), std::string("a\nb@x"), std::string("\xFF@x"),
                                     std::string("gr\xC3\xBCn+1@x"), std::string(600, 'x')}) {
    EXPECT_EQ(orcpt_of(address), "") << address;
  }
  EXPECT_EQ(orcpt_of(std::string(487, 'x')).size(), 494U) << "as long as RFC 3461 4 lets it be";
  EXPECT_EQ(orcpt_of(std::string(488, 'x')), "");
}

TEST(OriginalRecipient, WhatNobodyCanReadIsNone) {
  for (const std::string orcpt : {"", "x", "rfc822;+zz", "rfc822;"}) EXPECT_EQ(original_address(orcpt), "") << orcpt;
  EXPECT_EQ(original_address("x400;c+3Dfr"), "c=fr");
}

}  // namespace
}  // namespace postern::mail
