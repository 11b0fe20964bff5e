#include "mail/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using List = std::vector<std::string>;

bool valid(std::string_view address, Utf8 utf8 = Utf8::refuse) { return parse_address(address, utf8).has_value(); }

TEST(ParseAddress, ReturnsWhatItAcceptsVerbatim) {
  for (const std::string address :
       {"root", "a@b", "a.b+c@example.com", "\"a b\"@example.com", "\"a\\\"@b\"@example.com", "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]", "|/bin/sh", "/etc/passwd", "`id`", "${run{id}}", "-oX/tmp/f@x", "a@my_host.local"}) {
    const auto parsed = parse_address(address, Utf8::refuse);
    ASSERT_TRUE(parsed) << address << ": " << parsed.error().text;
    EXPECT_EQ(*parsed, address);
  }
}

TEST(ParseAddress, RefusesWhatIsNoMailbox) {
  for (const std::string_view address : {"",        "@",        "a@",
                                         "@b",      "a b",      "a@b c",
                                         "a@.b",    "a@b..",    "a@b..c",
                                         "a@.",     "a@-b",     "a@b-",
                                         "a@[",     "a@[]",     "a@[1]2",
                                         "\"a@b",   "\"a\"b@c", "a\"b\"@c",
                                         "a@b@c",   "<a@b>",    "a@b,c",
                                         "a(c)@b",  "a@\"b\"",  "..@b",
                                         ".",       "a\\b@c",   ":include:/etc/shadow",
                                         "a@b.c..", "a;b@c",    "\"a\\\"@b",
                                         "a@[b>1]", "a@[b<1]",  "a@[b\"1]",
                                         "a@[b;1]", "a@[b_1]",  "a@[b@c]"}) {
    EXPECT_FALSE(valid(address)) << address;
  }
}

struct Written {
  std::string_view given;
  std::string_view written;
};

// expected.md, 05-*: what mailboxes in use look like.
TEST(ParseAddress, TakesMailboxesInUseAndWritesThemAsTheRfcHasThem) {
  const std::string long_local = "reply+000aaaa1111bbbb2222cccc3333dddd4444eeee5555ffff6666aaaa7777bbbb8888cccc9999";
  const std::string long_address = long_local + "@reply.example.com";
  const std::string bounce = std::string(200, 'v') + "=example.org@bounces.example.com";
  const Written rows[] = {
      {"taro..y@docomo.example", "\"taro..y\"@docomo.example"},
      {"taro...y@docomo.example", "\"taro...y\"@docomo.example"},
      {"taro.@docomo.example", "\"taro.\"@docomo.example"},
      {".taro@docomo.example", "\".taro\"@docomo.example"},
      {"..ta.ro..@docomo.example", "\"..ta.ro..\"@docomo.example"},
      {"taro.y@docomo.example", "taro.y@docomo.example"},
      {"\"taro..y\"@docomo.example", "\"taro..y\"@docomo.example"},
      {"\"taro\"@docomo.example", "\"taro\"@docomo.example"},
      {".root", "\".root\""},
      {"root.", "root"},
      {"root..", "\"root.\""},
      {"a.b.", "a.b"},
      {"a@example.com.", "a@example.com"},
      {"a@localhost.", "a@localhost"},
      {"taro.@docomo.example.", "\"taro.\"@docomo.example"},
      {"a@my_host.example", "a@my_host.example"},
      {"a@_dmarc.example", "a@_dmarc.example"},
      {"first.last+tag=x%y!z@example.com", "first.last+tag=x%y!z@example.com"},
      {long_address, long_address},
      {bounce, bounce},
  };
  for (const Written& row : rows) {
    const auto parsed = parse_address(row.given, Utf8::refuse);
    ASSERT_TRUE(parsed) << row.given << ": " << parsed.error().text;
    EXPECT_EQ(*parsed, row.written);
    EXPECT_EQ(parse_address(*parsed, Utf8::refuse).value(), *parsed) << "its own output reads back alike";
  }
}

TEST(ParseAddress, TakesDotsAtEveryPlaceAndQuotesWhereOneIsNotBetweenTwoAtoms) {
  for (unsigned bits = 1; bits < 1U << 7U; ++bits) {  // each local part of "a" and "." of seven octets, but dots alone
    std::string local;
    for (unsigned i = 0; i < 7; ++i) local += (bits >> i & 1U) != 0 ? 'a' : '.';
    const bool plain = local.front() != '.' && local.back() != '.' && local.find("..") == std::string::npos;
    EXPECT_EQ(parse_address(local + "@b", Utf8::refuse).value(), (plain ? local : '"' + local + '"') + "@b");
  }
}

TEST(ParseAddress, RefusesEveryControlByteAtEveryPlaceEvenInsideQuotes) {
  for (const std::string base : {"ab@cd", "\"ab\"@cd", "ab@[cd]"}) {
    for (std::size_t at = 0; at <= base.size(); ++at) {
      for (int byte = 0; byte < 0x20; ++byte) {
        std::string address = base;
        address.insert(at, 1, static_cast<char>(byte));
        EXPECT_FALSE(valid(address, Utf8::allow)) << base << " at " << at << " byte " << byte;
      }
      std::string address = base;
      address.insert(at, 1, '\x7F');
      EXPECT_FALSE(valid(address, Utf8::allow)) << base << " at " << at;
    }
  }
}

TEST(ParseAddress, HoldsTheLengthsOfAPathAndOfALabel) {
  for (std::size_t local = 1; local <= kLongestAddress; ++local) {
    EXPECT_EQ(valid(std::string(local, 'a') + "@b"), local + 2 <= kLongestAddress) << local;
    EXPECT_TRUE(valid(std::string(local, 'a'))) << local;
  }
  EXPECT_FALSE(valid(std::string(kLongestAddress + 1, 'a')));
  EXPECT_FALSE(valid("." + std::string(kLongestAddress - 2, 'a'))) << "with its quotes";
  EXPECT_TRUE(valid("." + std::string(kLongestAddress - 3, 'a')));
  std::string domain;
  while (domain.size() < 251) domain += "a.";
  EXPECT_TRUE(valid("x@" + domain)) << "the final dot does not count";
  EXPECT_FALSE(valid("x@" + domain + "a"));
  EXPECT_TRUE(valid("x@" + std::string(63, 'a')));
  EXPECT_FALSE(valid("x@" + std::string(64, 'a')));
}

TEST(ParseAddress, TakesUtf8OnlyWhereItIsAllowed) {
  EXPECT_FALSE(valid("gr\xC3\xBC\xC3\x9F@example.com"));
  EXPECT_TRUE(valid("gr\xC3\xBC\xC3\x9F@\xC3\xA4.example", Utf8::allow));
  EXPECT_FALSE(valid("gr\xFC@example.com", Utf8::allow));
  EXPECT_FALSE(valid("a\xC2\x85@example.com", Utf8::allow)) << "a control of U+0080 to U+009F";
  EXPECT_FALSE(valid("a@ex\xC2\x9Bmple", Utf8::allow));
  EXPECT_EQ(parse_address("\xC3\xBC..x@b", Utf8::allow).value(), "\"\xC3\xBC..x\"@b");
}

TEST(SplitAddress, UsesTheLastAtOutsideQuotes) {
  EXPECT_EQ(split_address("\"a@b\"@c").domain, "c");
  EXPECT_EQ(split_address("\"a\\\"@b\"@c").local, "\"a\\\"@b\"");
  EXPECT_EQ(split_address("root").local, "root");
  EXPECT_EQ(split_address("root").domain, "");
  EXPECT_EQ(split_address("\"a@b\"").domain, "");
}

TEST(CompleteAddress, AddsTheDomainToBareOnesOnly) {
  EXPECT_EQ(complete_address("root", "d"), "root@d");
  EXPECT_EQ(complete_address("\"a@b\"", "d"), "\"a@b\"@d");
  EXPECT_EQ(complete_address("a@b", "d"), "a@b");
  EXPECT_EQ(complete_address("", "d"), "");
}

TEST(MailboxKey, IsEqualForOneMailboxHoweverItsDomainIsWritten) {
  EXPECT_EQ(mailbox_key("a@B.c"), mailbox_key("a@b.C"));
  EXPECT_EQ(mailbox_key("\"a@B\"@c"), mailbox_key("\"a@B\"@C"));
  EXPECT_NE(mailbox_key("A@b"), mailbox_key("a@b"));
  EXPECT_NE(mailbox_key("a@b"), mailbox_key("a"));
  EXPECT_NE(mailbox_key("\"a@b\""), mailbox_key("\"a@B\""));
}

TEST(ParseAddressList, C14_ReadsTheFormsOfRfc5322) {
  struct Case {
    std::string_view body;
    List addresses;
  };
  const Case cases[] = {
      {"a@b", {"a@b"}},
      {"", {}},
      {" ,, a@b ,", {"a@b"}},
      {"\"a, b\" <c@d>, (x (y) z) e@f, g: h@i, j@k;", {"c@d", "e@f", "h@i", "j@k"}},
      {"undisclosed-recipients:;", {}},
      {"\"(Cron Daemon)\" <root>", {"root"}},
      {"root (Cron Daemon)", {"root"}},
      {"mdadm monitoring <root>", {"root"}},
      {"J. R. Smith <j@x>", {"j@x"}},
      {"a@b <a@b>", {"a@b"}},
      {"=?utf-8?Q?a?= <a@b>", {"a@b"}},
      {"a . b @ c . d", {"a.b@c.d"}},
      {"a(x)@(y)b(z)", {"a@b"}},
      {"<@r1,@r2:a@b>", {"a@b"}},
      {"\"q\\\"s\"@d", {"\"q\\\"s\"@d"}},
      {"a@[192.0.2.1]", {"a@[192.0.2.1]"}},
      {"a@b,\n\tc@d,\n e@f", {"a@b", "c@d", "e@f"}},
      {"x: a@b;, y: c@d;", {"a@b", "c@d"}},
      {"\"folded\n name\" <a@b>", {"a@b"}},
      {"(\\) not the end) a@b", {"a@b"}},
      {"-oX/tmp/f@x", {"-oX/tmp/f@x"}},
      {"Gr\xC3\xBC\xC3\x9F <a@b>", {"a@b"}},
  };
  for (const Case& one : cases) {
    const auto list = parse_address_list(one.body);
    ASSERT_TRUE(list) << one.body << ": " << list.error().text;
    EXPECT_EQ(*list, one.addresses) << one.body;
  }
}

TEST(ParseAddressList, FailsWhereSomethingCannotBeRead) {
  for (const std::string_view body : std::initializer_list<std::string_view>{
           "a b", "a b@c", "<>", "<a@b> x", "root:", "a@[b", "\"a\r\nDATA\"@d", "a\\b@c", "@a", "a@@b", "<@a>",
           "Bob <>", "a@b c", std::string_view("a\0@b", 4)}) {
    EXPECT_FALSE(parse_address_list(body)) << body;
  }
}

TEST(ParseAddressList, ErrorsArePrintable) {
  const auto list = parse_address_list("a\x1B[2J@b");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().failure, Failure::invalid);
  EXPECT_EQ(list.error().text.find('\x1B'), std::string::npos);
}

TEST(ParseAddressList, C24_TakesAHostileHeaderInLinearTime) {
  constexpr std::size_t kSize = 1U << 16U;
  for (const std::string unit :
       {"(",       "()", "\"",     "\"\"", "<",     ">",     ",",   ":",    ";",  "@",    ".",
        "a",       "a,", "a ",     "[",    "\\",    "<a>,",  "(a)", "a:;,", "<@", "@,",   "\"a",
        "\"<@\"a", "=?", "=?a?q?", "a@b ", "a@b. ", "[a@b]", "@[",  "(\"",  "' ", "\x01", "a@b <"}) {
    std::string body;
    while (body.size() < kSize) body += unit;
    // The suite's time limit is the judge; quadratic behaviour takes minutes here.
    const AddressList list = read_address_list(body);
    EXPECT_LE(list.unread.size(), AddressList::kMostSlips);
    for (const std::string& slip : list.unread) EXPECT_LE(slip.size(), AddressList::kLongestSlip) << unit;
  }
  const std::string nested = std::string(10'000, '(') + std::string(10'000, ')') + " a@b";
  EXPECT_THAT(parse_address_list(nested).value(), ElementsAre("a@b"));
}

TEST(CompleteAddressList, ChangesNothingButBareAddresses) {
  EXPECT_EQ(complete_address_list(" root", "d"), " root@d");
  EXPECT_EQ(complete_address_list(" Cron <root>\n (x), a@b ,\n\t\"c\"", "d"), " Cron <root@d>\n (x), a@b ,\n\t\"c\"@d");
  EXPECT_EQ(complete_address_list(" root (Cron Daemon)", "d"), " root@d (Cron Daemon)");
  EXPECT_EQ(complete_address_list(" g: a, b@c;", "d"), " g: a@d, b@c;");
  EXPECT_EQ(complete_address_list(" not an address at all", "d"), " not an address at all");
  EXPECT_EQ(complete_address_list(" root", ""), " root");
  EXPECT_EQ(complete_address_list(" root., b <c.> (x).", "d"), " root@d., b <c@d.> (x).");
}

TEST(CompleteAddressList, LeavesNoBareAddressAtAnyCutOfAList) {
  const std::string body = "A <a>, b, \"c\" (d), e: f, g@h;, <@i:j>";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const std::string_view part = std::string_view(body).substr(0, cut);
    const auto before = parse_address_list(part);
    const std::string completed = complete_address_list(part, "dom");
    if (!before) continue;
    const auto after = parse_address_list(completed);
    ASSERT_TRUE(after) << completed;
    ASSERT_EQ(after->size(), before->size());
    for (std::size_t i = 0; i < after->size(); ++i) EXPECT_EQ((*after)[i], complete_address((*before)[i], "dom"));
  }
}

}  // namespace
}  // namespace postern::mail
