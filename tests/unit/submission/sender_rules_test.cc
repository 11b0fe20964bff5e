#include "submission/sender_rules.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::submission {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const User kWeb{false, "www-data", {"www-data", "web"}};
const User kAlice{false, "alice", {"users", "staff"}};
const User kRoot{true, "root", {"root"}};
const User kNobodyKnown{};

const std::vector<SenderRule> kRules{
    {{"www-data"}, {}, {"web@example.com", "*@shop.example.com", "forms"}},
    {{}, {"staff"}, {"*@corp.example"}},
    {{"*"}, {}, {"noreply@example.com"}},
    {{"bob", "alice"}, {"web"}, {"*@lists.example.com"}},
    {{"carol"}, {}, {"*"}},
};

mail::LocalNames our_names() {
  mail::LocalNames names;
  names.hostname = "web1.example.net";
  names.domain = "example.net";
  names.local_domains = {"web1"};
  return names;
}

/// What is refused of a mail from `address`, in both places; they are always of one mind.
bool may(const User& user, const std::string& address, const std::vector<SenderRule>& rules = kRules) {
  const mail::LocalNames names = our_names();
  const SenderCheck check(rules, names, user);
  const bool path = !check.reverse_path(address);
  const bool from = !check.header("To: x@y.example\nFrom: Name <" + address + ">\nSubject: x\n\n");
  EXPECT_EQ(path, from) << address;
  return path && from;
}

TEST(SenderRules, AllRowsOfAUserCountTogetherAndThoseOfEverybodyElseWhereThereIsNone) {
  EXPECT_THAT(rows_for(kRules, kWeb), ElementsAre(0, 3));
  EXPECT_THAT(rows_for(kRules, kAlice), ElementsAre(1, 3));
  EXPECT_THAT(rows_for(kRules, User{false, "dave", {"users"}}), ElementsAre(2));
  EXPECT_THAT(rows_for(kRules, kNobodyKnown), ElementsAre(2));
  EXPECT_THAT(rows_for({kRules[0]}, kAlice), IsEmpty());
  EXPECT_THAT(rows_for({}, kWeb), IsEmpty());
}

TEST(SenderRules, RootIsNeverBound) {
  EXPECT_THAT(rows_for(kRules, kRoot), IsEmpty());
  EXPECT_TRUE(may(kRoot, "anybody@bank.example"));
  const std::vector<SenderRule> bound{{{"root", "*"}, {"root"}, {"a@b.example"}}};
  EXPECT_TRUE(may(kRoot, "anybody@bank.example", bound));
}

TEST(SenderRules, WhomNoRowIsForMaySendAsEverybody) {
  EXPECT_TRUE(may(kAlice, "anybody@bank.example", {kRules[0]}));
  EXPECT_TRUE(may(kWeb, "anybody@bank.example", {}));
}

TEST(SenderRules, AnAddressIsAllowedByAddressDomainNameOrEverything) {
  for (const std::string address :
       {"web@example.com", "WEB@Example.COM", "a@shop.example.com", "b.c@SHOP.example.com", "forms@example.net",
        "forms@web1", "forms@web1.example.net", "forms@localhost", "x@lists.example.com"}) {
    EXPECT_TRUE(may(kWeb, address)) << address;
  }
  for (const std::string address :
       {"webb@example.com", "web@example.com.evil.example", "a@example.com", "a@sub.shop.example.com",
        "a@xshop.example.com", "forms@example.com", "root@example.net", "noreply@example.com", "a@corp.example",
        "\"web@example.com\"@evil.example"}) {
    EXPECT_FALSE(may(kWeb, address)) << address;
  }
  EXPECT_TRUE(may(User{false, "carol", {}}, "anybody@bank.example"));
}

TEST(SenderRules, TheOwnNameAtANameOfThisMachineIsAlwaysTheUsers) {
  for (const std::string address : {"www-data@example.net", "www-data@web1.example.net", "WWW-data@localhost"}) {
    EXPECT_TRUE(may(kWeb, address)) << address;
    EXPECT_FALSE(may(kAlice, address)) << address;
    EXPECT_FALSE(may(kNobodyKnown, address)) << address;
  }
  EXPECT_FALSE(may(kWeb, "www-data@example.com"));
}

TEST(SenderRules, ADomainInLettersIsItsALabels) {
  const std::vector<SenderRule> rules{{{"*"}, {}, {"*@xn--bcher-kva.example"}}};
  const User directorys{false, "alice@gr\u00fcn.example", {}};
  for (const std::string domain : {"b\u00fccher.example", "B\u00dcCHER.example", "xn--bcher-kva.example"}) {
    EXPECT_TRUE(may(kAlice, "web@" + domain, rules)) << domain;
  }
  EXPECT_FALSE(may(kAlice, "web@b\u00fccher.other", rules));
  EXPECT_TRUE(may(directorys, "alice@xn--grn-ioa.example", rules));
  EXPECT_TRUE(may(directorys, "alice@gr\u00fcn.example", rules));
}

TEST(SenderRules, AFromOfThousandsOfDomainsInLettersIsRefusedWhereNotAllOfThemAreRead) {
  const std::vector<SenderRule> rules{{{"*"}, {}, {"*@xn--bcher-kva.example"}}};
  const mail::LocalNames names = our_names();
  const SenderCheck check(rules, names, kAlice);
  std::string from = "From: web@b\u00fccher.example";
  // Each in a spelling of its own.
  for (std::size_t bits = 0; bits < 4096; ++bits) {
    std::string spelling = "bcher.example";
    for (std::size_t i = 0; i < spelling.size(); ++i) {
      if (((bits >> i) & 1U) != 0 && spelling[i] != '.') spelling[i] = to_upper(spelling[i]);
    }
    spelling.insert(1, "\u00fc");
    from += ",\n web@" + spelling;
    if (bits == 100) {
      EXPECT_FALSE(check.header(from + "\n\n"));
    }
  }
  EXPECT_TRUE(check.header(from + "\n\n"));
}

TEST(SenderRules, TheNullReversePathIsEverybodys) {
  const mail::LocalNames names = our_names();
  EXPECT_FALSE(SenderCheck(kRules, names, kWeb).reverse_path(""));
}

TEST(SenderRules, EachAddressOfEachFromIsLookedAt) {
  const mail::LocalNames names = our_names();
  const SenderCheck check(kRules, names, kWeb);
  for (const std::string fields :
       {"From: web@example.com\n", "From: www-data\n", "From: www-data (Cron Daemon)\n", "from: a@shop.example.com\n",
        "From: Web <web@example.com>, Shop <b@shop.example.com>\n", "Sender: root\nFrom: www-data\n", "Subject: x\n",
        "From: \"root@bank.example\" <web@example.com>\n", "X-From: root@bank.example\nFrom: www-data\n"}) {
    EXPECT_FALSE(check.header(fields + "\n")) << fields;
  }
  for (const std::string fields :
       {"From: root\n", "FROM : boss@bank.example\n", "From: web@example.com, boss@bank.example\n",
        "From: web@example.com\nFrom: boss@bank.example\n", "From: Boss\n <boss@bank.example>\n",
        "From: team: web@example.com, boss@bank.example;\n", "From: web@example.com (x), root\n"}) {
    const auto refusal = check.header(fields + "\n");
    ASSERT_TRUE(refusal) << fields;
    EXPECT_EQ(refusal->code, 550);
    EXPECT_EQ(refusal->enhanced, "5.7.1");
  }
}

TEST(SenderRules, WhatOthersMayReadAsAnAddressIsNotFromWhoIsBound) {
  const mail::LocalNames names = our_names();
  const SenderCheck check(kRules, names, kWeb);
  for (const std::string from :
       {"\x01 <boss@bank.example>", "web@example.com, Boss \x7f <boss@bank.example>", "=?utf-8?b?Ym9zc0BiYW5r?=@",
        "Boss <=?utf-8?Q?boss=40bank.example?=>", "<>", "", "Boss <boss@bank.example", "boss @bank. example extra",
        "web@example.com, \xE2\x80\x8B"
        "boss@bank.example\xE2\x80\x8B x"}) {
    EXPECT_TRUE(check.header("From: " + from + "\n\n")) << from;
  }
  for (const std::string from :
       {"Van Smith, Bob <web@example.com>", "web@example.com (Dr.", "Web: <web@example.com>"}) {
    EXPECT_FALSE(check.header("From: " + from + "\n\n")) << from;
  }
}

TEST(SenderRules, MailOfNobodyMayBeFromWhomWeWriteThere) {
  EXPECT_TRUE(may(kWeb, "MAILER-DAEMON@example.net"));
  EXPECT_FALSE(may(kWeb, "MAILER-DAEMON@bank.example"));
}

TEST(SenderRules, TheNameOfADirectorysUserMayHaveADomain) {
  const User alice{false, "alice@corp.example", {"domain users@corp.example"}};
  const std::vector<SenderRule> rules{{{}, {"domain users@corp.example"}, {"team@corp.example"}}};
  for (const std::string address :
       {"alice@corp.example", "alice@example.net", "alice@localhost", "team@corp.example"}) {
    EXPECT_TRUE(may(alice, address, rules)) << address;
  }
  EXPECT_FALSE(may(alice, "bob@corp.example", rules));
}

TEST(SenderRules, TheBodyIsNotLookedAt) {
  const mail::LocalNames names = our_names();
  EXPECT_FALSE(SenderCheck(kRules, names, kWeb).header("From: www-data\n\nFrom: boss@bank.example\n"));
}

TEST(SenderRules, TheRefusalNamesTheRuleAndWhatItAllows) {
  const mail::LocalNames names = our_names();
  EXPECT_EQ(SenderCheck({kRules[0]}, names, kWeb).reverse_path("root@example.net")->text,
            "the sender <root@example.net> is not allowed: senders[0] in postern.yaml lets www-data send as "
            "web@example.com, *@shop.example.com, forms or under its own name");
  EXPECT_THAT(
      SenderCheck(kRules, names, kWeb).header("From: root\n\n")->text,
      HasSubstr("the sender in From <root@example.net> is not allowed: senders[0] and senders[3] in "
                "postern.yaml let www-data send as web@example.com, *@shop.example.com, forms, 1 more or under"));
  EXPECT_EQ(
      SenderCheck(kRules, names, kNobodyKnown).reverse_path("a@b.example")->text,
      "the sender <a@b.example> is not allowed: senders[2] in postern.yaml lets clients that are no user here send as "
      "noreply@example.com");
}

}  // namespace
}  // namespace postern::submission
