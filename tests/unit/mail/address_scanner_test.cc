#include "mail/address_scanner.h"
#include "mail/address.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using List = std::vector<std::string>;

struct AddressesRow {
  std::string_view body;
  List addresses;
  List unread{};
};

void expect_addresses(const std::vector<AddressesRow>& rows) {
  for (const AddressesRow& row : rows) {
    const AddressList list = read_address_list(row.body);
    EXPECT_EQ(list.addresses, row.addresses) << row.body;
    EXPECT_EQ(list.unread, row.unread) << row.body;
  }
}

// Each of these begins with the row of expected.md; the others are of its kind.

TEST(AddressScanner, ReadsBothSidesOfAMissingComma) {
  expect_addresses({
      {"a@example.com b@example.com", {"a@example.com", "b@example.com"}},
      {"a@example.com\tb@example.com\n c@example.com", {"a@example.com", "b@example.com", "c@example.com"}},
      {"<a@x> <b@x>", {"a@x", "b@x"}},
      {"<a@x><b@x>", {"a@x", "b@x"}},
      {"<a@x> b@x", {"a@x", "b@x"}},
      {"a@x.example Bob <b@x>", {"a@x.example", "b@x"}},
      {"Al <a@x> Bob B. <b@x>", {"a@x", "b@x"}},
      {"a@x.example \"B, b\" <b@x> c@x", {"a@x.example", "b@x", "c@x"}},
      {"a@x (one) b@x (two)", {"a@x", "b@x"}},
      {"a@example.com. b@example.com.", {"a@example.com", "b@example.com"}},
      {"\"a b\"@x c@x", {"\"a b\"@x", "c@x"}},
      {"a@[192.0.2.1] b@x", {"a@[192.0.2.1]", "b@x"}},
      {"a@x b@y c@z d@w", {"a@x", "b@y", "c@z", "d@w"}},
      {"g: a@x b@x; c@x", {"a@x", "b@x", "c@x"}},
  });
}

TEST(AddressScanner, TakesWordsThatLookAsUsersDoForUsersWhereNothingSaysThatTheyAreAName) {
  expect_addresses({
      {"root bob", {"root", "bob"}},
      {"root\tbob", {"root", "bob"}},
      {"root  bob\n ann", {"root", "bob", "ann"}},
      {"root (the boss) bob", {"root", "bob"}},
      {"www-data _apt j.doe x2", {"www-data", "_apt", "j.doe", "x2"}},
      {"a@x root", {"a@x", "root"}},
      {"root a@x", {"root", "a@x"}},
      {"alice root a@b.example", {"alice", "root", "a@b.example"}},
      {"root, alice bob", {"root", "alice", "bob"}},
      {"alice bob; root", {"alice", "bob", "root"}},
      {"g: alice bob;", {"alice", "bob"}},
      {"backup job", {"backup", "job"}},
      {"Full Name", {}, {"Full Name"}},
      {"Root alice", {}, {"Root alice"}},
      {"full Name a@x", {"a@x"}, {"full Name"}},
      {"alice bob's", {}, {"alice bob's"}},
      {"alice 25", {}, {"alice 25"}},
      {"alice b+c", {}, {"alice b+c"}},
      {"alice \"bob\"", {}, {"alice \"bob\""}},
      {"alice bob.", {}, {"alice bob."}},
      {"alice bob at x.example", {}, {"alice bob at x.example"}},
      {"alice a@b@c", {}, {"alice a@b@c"}},
      {"alice ) bob", {}, {"alice ) bob"}},
      {"<alice bob>", {}, {"<alice bob>"}},
      {"backup job <a@x>", {"a@x"}},
      {"<a@x> alice bob", {"a@x"}, {"alice bob"}},
      {"b\xC3\xB6"
       "b alice",
       {},
       {"b\xC3\xB6"
        "b alice"}},
  });
}

TEST(AddressScanner, WordsAreANameWhereNoRecipientsAreListed) {
  for (const std::string_view body : {"root bob", "backup job", "root\tbob", "cron daemon (x)"}) {
    EXPECT_THAT(scan_addresses(body).found, IsEmpty()) << body;
    EXPECT_FALSE(parse_address_list(body)) << body;
    EXPECT_EQ(complete_address_list(body, "d"), body);
  }
  EXPECT_EQ(complete_address_list("cron daemon a@x", "d"), "cron daemon a@x");
}

TEST(AddressScanner, LeavesOutTheBackslashByWhichSendmailIsToldOfAUserWithoutAnAlias) {
  expect_addresses({
      {"\\root", {"root"}},
      {" \\root ", {"root"}},
      {"\\root, \\alice", {"root", "alice"}},
      {"\\root \\alice bob", {"root", "alice", "bob"}},
      {"\\Root", {"Root"}},
      {"\\root a@x", {"root", "a@x"}},
      {"a@x, \\root", {"a@x", "root"}},
      {"<\\root>", {"root"}},
      {"Cron <\\root>", {"root"}},
      {"g: \\root;", {"root"}},
      {"\\root (x)", {"root"}},
      {"\\\\root", {}, {"\\x5c\\x5croot"}},
      {"\\ root", {}, {"\\x5c root"}},
      {"ro\\ot", {}, {"ro\\x5cot"}},
      {"\\root@x", {}, {"\\x5croot@x"}},
      {"\\", {}},
  });
}

TEST(AddressScanner, TakesASemicolonForAComma) {
  expect_addresses({
      {"one@example.com; two@example.com", {"one@example.com", "two@example.com"}},
      {"one@x;two@x;", {"one@x", "two@x"}},
      {";;one@x;;two@x", {"one@x", "two@x"}},
      {"One <one@x>; \"T; wo\" <two@x>", {"one@x", "two@x"}},
      {"root; bob", {"root", "bob"}},
      {"one@x, two@x; three@x", {"one@x", "two@x", "three@x"}},
      {"g: one@x; two@x; h: three@x;", {"one@x", "two@x", "three@x"}},
      {"<one@x;two@x>", {"one@x", "two@x"}},
      {"one@x:two@x", {"one@x", "two@x"}},
      {"<one@x>: two@x", {"one@x", "two@x"}},
      {"one@x;", {"one@x"}},
  });
}

TEST(AddressScanner, ReadsOnBehindAQuoteThatIsNotClosed) {
  expect_addresses({
      {"\"Web Team <a@example.com>", {"a@example.com"}},
      {"Web Team\" <a@x>", {"a@x"}},
      {"\"Web Team <a@x>, \"Ops\" <b@x>", {"a@x", "b@x"}},
      {"\"Web <a@x>, \"Ops <b@x>, \"All <c@x>", {"a@x", "b@x", "c@x"}},
      {"\"A\" <a@x>, \"B <b@x>", {"a@x", "b@x"}},
      {"\"A\" <a@x>, B\" <b@x>, c@x", {"a@x", "b@x", "c@x"}},
      {"\"a@x", {"a@x"}},
      {"a@x\"", {"a@x"}},
      {"\"root", {"root"}},
      {"\"Web \\\" Team <a@x>", {"a@x"}},
      {"\"Web (Team) <a@x>", {"a@x"}},
      {"<\"a@x>", {"a@x"}},
      {"\"Bob <b@x>\" <list@x>", {"list@x"}},
      {"a\"b@x", {}, {"a\"b@x"}},
  });
}

TEST(AddressScanner, ReadsOnBehindAParenthesisThatIsNotClosed) {
  expect_addresses({
      {"Web Team (sales <a@example.com>", {"a@example.com"}},
      {"Web Team sales) <a@x>", {"a@x"}},
      {"Web ((sales) <a@x>", {"a@x"}},
      {"Web (sales <a@x>, Ops (all) <b@x>", {"a@x", "b@x"}},
      {"a@x (sales, b@x", {"a@x", "b@x"}, {"(sales"}},
      {"(a@x", {"a@x"}},
      {"a@x)", {"a@x"}},
      {"a@x (", {"a@x"}},
      {"a@x, ) b@x", {"a@x", "b@x"}},
      {"root)", {"root"}},
      {"(((((a@x", {"a@x"}},
      {"a@x )))", {"a@x"}},
  });
}

TEST(AddressScanner, ReadsWithBracketsTooManyOrTooFew) {
  expect_addresses({
      {"Bob <b@x", {"b@x"}},
      {"Bob b@x>", {"b@x"}, {"Bob"}},
      {"<a@x, <b@x>, c@x>", {"a@x", "b@x", "c@x"}},
      {"<<a@x>>", {"a@x"}},
      {"<<a@x>", {"a@x"}},
      {"<a@x>>", {"a@x"}},
      {"[a@x]", {"a@x"}},
      {"Bob [b@x]", {"b@x"}, {"Bob ["}},
      {"Web [Team] <a@x>", {"a@x"}},
      {"a@x]", {"a@x"}},
      {"a@x <", {"a@x"}, {"<"}},
      {"a@x <>", {"a@x"}, {"<>"}},
      {"Bob b@x <b at x>, c@x", {"b@x", "c@x"}, {"Bob", "<b at x>"}},
      {"> a@x", {"a@x"}},
      {"Al <a@x Bob <b@x>", {"a@x", "b@x"}, {"Bob"}},
      {"<a b@x>", {"b@x"}, {"a"}},
      {"a@[192.0.2.1", {}, {"a@[192.0.2.1"}},
  });
}

TEST(AddressScanner, KeepsACommaColonOrBackslashInANameFromTheAddress) {
  expect_addresses({
      {"Web \\ Team <a@example.com>", {"a@example.com"}},
      {"CORP\\bob <b@x>", {"b@x"}},
      {"Web \\, Team <a@x>", {"a@x"}, {"Web \\x5c"}},
      {"\\ <a@x>", {"a@x"}},
      {"\"X\\\" <a@x>", {"a@x"}},
      {"Van Smith, Bob <b@x>", {"b@x"}, {"Van Smith"}},
      {"Smith, Bob <b@x>", {"Smith", "b@x"}},
      {"Alert: Web <a@x>", {"a@x"}},
      {"Alert: Web: Team <a@x>", {"a@x"}},
      {"mailto:a@x", {"a@x"}},
      {"<mailto:a@x>", {"a@x"}},
      {"Alert! [web1] {x} #1 * <a@x>", {"a@x"}},
      {"Bob @ home <b@x>", {"b@x"}},
      {"root@web1 alerts <ops@x.example>", {"ops@x.example"}},
      {"a\\b@x", {}, {"a\\x5cb@x"}},
      {"a@x\\", {}, {"a@x\\x5c"}},
  });
}

TEST(AddressScanner, ReadsAnAddressBehindAQuotedName) {
  expect_addresses({
      {"\"X X\" x@example.com, \"Y Y\" y@example.com", {"x@example.com", "y@example.com"}},
      {"\"X X\" x@x \"Y Y\" y@x", {"x@x", "y@x"}},
      {"\"X\" \"X\" x@x", {"x@x"}},
      {"=?utf-8?Q?X?= x@x", {"x@x"}},
      {"\"X\" (x) x@x", {"x@x"}},
      {"\"X\",x@x", {"\"X\"", "x@x"}},
      {"x@x \"X X\"", {"x@x"}, {"\"X X\""}},
      {"\"X\"x@x", {}, {"\"X\"x@x"}},
      {"Bob Smith b@x", {"b@x"}, {"Bob Smith"}},
      {"'Bob' <b@x>", {"b@x"}},
  });
}

TEST(AddressScanner, LeavesOutApostrophesAndQuotationMarksAroundAnAddress) {
  expect_addresses({
      {"'b@x'", {"b@x"}},
      {"<'b@x'>", {"b@x"}},
      {"'root'", {"root"}},
      {"<'root'>", {"root"}},
      {"Cron <'root'>, 'bob', ann", {"root", "bob", "ann"}},
      {"''root''", {"root"}},
      {"'root.'", {"root"}},
      {"'a@x, b@x'", {"a@x", "b@x"}},
      {"'root, bob'", {"root", "bob"}},
      {"'a@x' 'b@x'", {"a@x", "b@x"}},
      {"\xE2\x80\x9Croot\xE2\x80\x9D, \xE2\x80\x9E"
       "b@x\xE2\x80\x9C, \xC2\xAB"
       "c@x\xC2\xBB",
       {"root", "b@x", "c@x"}},
      {"o'brien@x", {"o'brien@x"}},
      {"o'brien", {"o'brien"}},
      {"'a'.", {}, {"'a'."}},
      {"''", {}, {"''"}},
  });
  EXPECT_EQ(complete_address_list("'root', Bob <'bob.'>, 'a@x'", "d"), "'root@d', Bob <'bob@d.'>, 'a@x'");
}

// Files of settings keep the quotes of a value.
TEST(AddressScanner, ReadsAddressesThatStandInQuotesAltogether) {
  expect_addresses({
      {"\"ops@x.example\"", {"ops@x.example"}},
      {"\"a@x.example, b@x.example\"", {"a@x.example", "b@x.example"}},
      {"\"a@x.example;b@x.example\"", {"a@x.example", "b@x.example"}},
      {"\"a@x.example b@x.example\"", {"a@x.example", "b@x.example"}},
      {"\" a@x.example \"", {"a@x.example"}},
      {"\"'a@x.example'\"", {"a@x.example"}},
      {"'\"a@x.example\"'", {"a@x.example"}},
      {"'\"root\"'", {"\"root\""}},
      {"\"Ops <a@x.example>\"", {"a@x.example"}},
      {"<\"a@x.example\">", {"a@x.example"}},
      {"Ops <\"a@x.example\">, b@x", {"a@x.example", "b@x"}},
      {"\"a@x.example\", \"b@x.example\"", {"a@x.example", "b@x.example"}},
      {"c@x, \"root@web1\" (all)", {"c@x", "root@web1"}},
      {"g: \"a@x.example\";", {"a@x.example"}},
      {"\"a@x.example\" <b@x>", {"b@x"}},
      {"\"a@x.example\" b@x", {"b@x"}},
      {"\"a@x.example\"@x", {"\"a@x.example\"@x"}},
      {"\"a b\"", {"\"a b\""}},
      {"\"root\"", {"\"root\""}},
      {"\"root, a@x.example\"", {"\"root, a@x.example\""}},
      {"\"a@x.example, two words\"", {"\"a@x.example, two words\""}},
      {"\"a\\@x.example\"", {"\"a\\@x.example\""}},
      {"\"\"", {"\"\""}},
      {"\"@\"", {"\"@\""}},
  });
  EXPECT_EQ(complete_address_list("\"a@x, b@x\", \"root\"", "d"), "\"a@x, b@x\", \"root\"@d");
}

TEST(AddressScanner, TakesWhatIsTiedToAnAddressByAColonForNoUser) {
  expect_addresses({
      {"ops@x.example:25", {"ops@x.example"}, {"25"}},
      {"ops@x.example:25, b@x", {"ops@x.example", "b@x"}, {"25"}},
      {"ops@x.example:smtp", {"ops@x.example"}, {"smtp"}},
      {"<ops@x.example>:25", {"ops@x.example"}, {"25"}},
      {"<ops@x.example:25>", {}, {"<ops@x.example:25>"}},
      {"ops@[192.0.2.1]:25", {"ops@[192.0.2.1]"}, {"25"}},
      {"ops@x.example:25:b@x", {"ops@x.example", "b@x"}, {"25"}},
      {"one@x:two@x:three@x", {"one@x", "two@x", "three@x"}},
      {"one@x:Two <two@x>", {"one@x", "two@x"}},
      {"one@x: root", {"one@x", "root"}},
      {"one@x:, root", {"one@x", "root"}},
      {"g:root", {"root"}},
  });
  EXPECT_EQ(complete_address_list("ops@x.example:25, root", "d"), "ops@x.example:25, root@d");
}

TEST(AddressScanner, NamesEmptyBracketsAndWordsThatAreNobody) {
  expect_addresses({
      {"<>", {}, {"<>"}},
      {"a@x, <>", {"a@x"}, {"<>"}},
      {"Bob <>", {}, {"Bob <>"}},
      {"\"Bob\" < >, a@x", {"a@x"}, {"\"Bob\" < >"}},
      {"<", {}, {"<"}},
      {"Bob <bob at x>", {}, {"Bob <bob at x>"}},
      {"bob at x.example", {}, {"bob at x.example"}},
      {"Bob <@x>, a@x", {"a@x"}, {"Bob <@x>"}},
      {"@x", {}, {"@x"}},
      {"a@", {}, {"a@"}},
      {"a@b@c", {}, {"a@b@c"}},
      {"a@x..y", {}, {"a@x..y"}},
      {"root:", {}, {"root:"}},
      {"", {}},
      {" ,, ;\n ", {}},
      {"(nobody)", {}},
  });
}

TEST(AddressScanner, TakesAGroupWithoutMembersForNobody) {
  expect_addresses({
      {"undisclosed-recipients:;", {}},
      {"undisclosed-recipients: ;, a@x", {"a@x"}},
      {"Undisclosed recipients:", {}},
      {"undisclosed-recipients", {}},
      {"undisclosed recipient", {}},
      {"Undisclosed_Recipients", {}},
      {"undisclosed\n recipients: ;", {}},
      {"\"undisclosed recipients\"", {}},
      {"<undisclosed-recipients:>", {}},
      {"<undisclosed-recipients>", {}},
      {"undisclosed recipients root", {}, {"undisclosed recipients root"}},
      {"undisclosed-recipients root@x", {"root@x"}, {"undisclosed-recipients"}},
      {"undisclosed-recipients: root", {"root"}},
      {"undisclosed-recipients, root", {"root"}},
      {"undisclosed bob", {}, {"undisclosed bob"}},
      {"undisclosedrecipients", {}},
      {"undisclosed-team", {"undisclosed-team"}},
      {"\"Recipient list\": ;", {}},
      {"g:;", {}},
      {"g: , ;", {}},
      {"g: (none);", {}},
      {"g:;, h:; a@x", {"a@x"}},
      {"g: a@x", {"a@x"}},
      {"g: h: a@x;;", {"a@x"}},
      {": a@x;", {"a@x"}},
  });
}

TEST(AddressScanner, LeavesEncodedWordsAndOtherLettersInNames) {
  expect_addresses({
      {"=?utf-8?Q?B=C3=B6b?= <b@x>", {"b@x"}},
      {"=?utf-8?Q?B=C3=B6b,_Al?= <b@x>", {"b@x"}},
      {"=?utf-8?Q?a@x,_<c@x>?= <b@x>", {"b@x"}},
      {"=?iso-8859-1?q?a:b;c?= <b@x>, =?utf-8?B?QQ==?= <c@x>", {"b@x", "c@x"}},
      {"=?utf-8?B?Qm9i?=", {}, {"=?utf-8?B?Qm9i?="}},
      {"=?utf-8?Q?Bob?=@x", {}, {"=?utf-8?Q?Bob?=@x"}},
      {"B\xC3\xB6"
       "b <b@x>",
       {"b@x"}},
      {"B\xF6"
       "b <b@x>",
       {"b@x"}},
      {"\"B\xC3\xB6, b\" <b@x>", {"b@x"}},
      {"b\xC3\xB6@x", {"b\xC3\xB6@x"}},
      {"b\xF6@x, a@x", {"a@x"}, {"b\\xf6@x"}},
      {"\xE5\xBC\xA0\xE4\xB8\x89 <b@x>", {"b@x"}},
  });
}

TEST(AddressScanner, LeavesSourceRoutesOutAndReadsLooseBlanks) {
  expect_addresses({
      {"<@r1,@r2:a@b>", {"a@b"}},
      {"<@r1:a@b", {"a@b"}},
      {"< @r1 , @r2 : a@b >", {"a@b"}},
      {"<@r1,@r2>", {}, {"<@r1,@r2>"}},
      {"<@r1:>", {}, {"<@r1:>"}},
      {"< a@b >", {"a@b"}},
      {"<a @b>", {"a@b"}},
      {"<a@ b>", {"a@b"}},
      {"a . b @ c . d", {"a.b@c.d"}},
      {"a@\n b", {"a@b"}},
      {"<a@b\n >", {"a@b"}},
  });
}

TEST(AddressScanner, JoinsNoWordToTheDotOfAnAbbreviation) {
  expect_addresses({
      {"Dr. house@example.com", {"house@example.com"}, {"Dr."}},
      {"Bob Jr. bob@example.com", {"bob@example.com"}, {"Bob Jr."}},
      {"J. R. smith@x", {"smith@x"}, {"J. R."}},
      {"c@x, Dr.\n house@x", {"c@x", "house@x"}, {"Dr."}},
      {"Dr.(x)house@x", {"house@x"}, {"Dr."}},
      {"<Dr. house@x>", {"house@x"}, {"Dr."}},
      {". house@x", {"house@x"}, {"."}},
      {"root. bob", {}, {"root. bob"}},
      {"Dr. House <house@x>", {"house@x"}},
      {"\"Dr.\" house@x", {"house@x"}},
      {"a . b@x", {"a.b@x"}},
      {"a .b@x", {"a.b@x"}},
  });
}

TEST(AddressScanner, TheDotOfASentenceIsOfNoBareName) {
  expect_addresses({
      {"root.", {"root"}},
      {"root., bob", {"root", "bob"}},
      {"Root <root.>", {"root"}},
      {"root (x).", {"root"}},
      {"root..", {"\"root.\""}},
  });
}

TEST(AddressScanner, NeverReadsAnAddressNearAControlCharacter) {
  for (const std::string base : {"ab@cd", "Bob <ab@cd>", "\"ab\"@cd", "x@y ab@cd"}) {
    for (std::size_t at = 0; at <= base.size(); ++at) {
      for (const int byte : {0, 1, 7, 8, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F}) {
        std::string body = base;
        body.insert(at, 1, static_cast<char>(byte));
        const AddressList list = read_address_list(body);
        for (const std::string& address : list.addresses) {
          // Of a name it says nothing about the address.
          EXPECT_TRUE(base.starts_with("Bob") && address == "ab@cd") << base << " at " << at << " byte " << byte;
        }
        for (const std::string& slip : list.unread) EXPECT_FALSE(has_control(slip)) << base << " at " << at;
        EXPECT_FALSE(list.addresses.empty() && list.unread.empty()) << base << " at " << at;
      }
    }
  }
}

// Bytes that addresses and slips are made of more often than others.
std::string random_body(std::uint64_t& seed) {
  constexpr std::string_view kBytes{"aab.@@<>,;:\"()[]\\ \t\n'=?q\xC3\xBC\xFF\x01-_\r"};
  const auto next = [&seed] { return seed = seed * 6364136223846793005ULL + 1442695040888963407ULL, seed >> 33U; };
  std::string body;
  for (std::uint64_t left = next() % 40; left > 0; --left) {
    const std::uint64_t what = next() % 12;
    if (what == 0) {
      body += "a@b";
    } else if (what == 1) {
      body += static_cast<char>(next() % 256);
    } else {
      body += kBytes[next() % kBytes.size()];
    }
  }
  return body;
}

TEST(AddressScanner, ItsOwnOutputReadsBackAlikeWhateverItIsGiven) {
  std::uint64_t seed = 1;
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string body = random_body(seed);
    const AddressScan scan = scan_addresses(body);
    std::string written;
    List addresses;
    for (const FoundAddress& one : scan.found) {
      ASSERT_FALSE(has_control(one.text)) << printable(body);
      ASSERT_EQ(parse_address(one.text, Utf8::allow).value(), one.text) << printable(body);
      ASSERT_LE(one.end, body.size());
      written += (written.empty() ? "" : ", ") + one.text;
      addresses.push_back(one.text);
    }
    read += addresses.size();
    const AddressList again = read_address_list(written);
    ASSERT_EQ(again.addresses, addresses) << printable(body);
    ASSERT_THAT(again.unread, IsEmpty()) << printable(body);
    for (const std::string_view slip : scan.unread) {
      ASSERT_FALSE(slip.empty()) << printable(body);
      ASSERT_GE(slip.data(), body.data());
      ASSERT_LE(slip.data() + slip.size(), body.data() + body.size());
    }
  }
  EXPECT_GT(read, 3000U) << "the test reads addresses at all";
}

TEST(AddressScanner, CompletesBareAddressesBesideSlipsAndKeepsTheOthers) {
  std::uint64_t seed = 7;
  for (int i = 0; i < 8'000; ++i) {
    const std::string body = random_body(seed);
    const std::string completed = complete_address_list(body, "d.example");
    const auto before = scan_addresses(body).found;
    const auto after = scan_addresses(completed).found;
    ASSERT_EQ(after.size(), before.size()) << printable(body) << " became " << printable(completed);
    for (std::size_t at = 0; at < after.size(); ++at) {
      ASSERT_EQ(after[at].text, complete_address(before[at].text, "d.example")) << printable(body);
    }
    ASSERT_EQ(complete_address_list(completed, "d.example"), completed) << printable(body);
  }
}

TEST(AddressScanner, AClosedListReadsTheSameBesideAnother) {
  std::uint64_t seed = 11;
  std::vector<std::string> closed = {""};
  for (int i = 0; i < 10'000; ++i) {
    const std::string second = random_body(seed);
    const AddressScan other = scan_addresses(second);
    if (!other.closed) continue;
    const AddressScan one = scan_addresses(closed.back());
    const std::string body = closed.back() + ",\n " + second;
    const AddressScan both = scan_addresses(body);
    ASSERT_TRUE(both.closed) << printable(body);
    ASSERT_EQ(both.found.size(), one.found.size() + other.found.size()) << printable(body);
    ASSERT_EQ(both.unread.size(), one.unread.size() + other.unread.size()) << printable(body);
    closed.push_back(second);
  }
  EXPECT_GT(closed.size(), 300U);
}

TEST(AddressScanner, TellsWhatIsNotClosed) {
  for (const std::string_view body :
       {"a@b", "A <a@b>, \"c\" (d) c@d", "g: a@b;", "<>", "two words", "a@[1.2.3.4]", ""}) {
    EXPECT_TRUE(scan_addresses(body).closed) << body;
  }
  for (const std::string_view body : {"\"a@b", "a@b\"", "(a@b", "a@b)", "<a@b", "a@b>", "[a@b", "a@b]", "<<a@b>>",
                                      "g: a@b", "<a@b, c@d>", "\\ a@b", "\"A <a@b>, \"C\" <c@d>"}) {
    EXPECT_FALSE(scan_addresses(body).closed) << body;
  }
}

// Each of the escaped quotes would be looked at again by all before it: minutes for one header of a megabyte.
TEST(AddressScanner, TimeGrowsAsTheTextDoes) {
  const auto many = [](std::string_view text, std::size_t size = 30'000) {
    std::string all;
    while (all.size() < size) all += text;
    return all;
  };
  EXPECT_FALSE(scan_addresses("\"" + many("\\\"", 1'000'000) + "<@\"x").unread.empty());
  for (const std::string& body : {many("\"<@\"x "), many("\"a@b"), many("\"\\\"a@b\" "), many("(a"), many("a@b:1 "),
                                  many("'"), many("\xE2\x80\x8B") + "a", many("\xE2\x80\x8B\xC2\xA0") + "a"}) {
    const AddressScan scan = scan_addresses(body);
    EXPECT_GT(scan.found.size() + scan.unread.size(), 0U) << body.substr(0, 20);
  }
}

TEST(AddressScanner, BoundsWhatItTellsOfSlips) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "Two words " + std::string(500, 'x') + "\n\t y, a@b, ";
  const AddressList list = read_address_list(body);
  EXPECT_EQ(list.addresses.size(), 1000U);
  EXPECT_EQ(list.unread.size(), AddressList::kMostSlips);
  EXPECT_EQ(list.more_unread, 1000 - AddressList::kMostSlips);
  EXPECT_EQ(list.unread.front(), "Two words " + std::string(87, 'x') + "...");
}

TEST(AddressScanner, KeepsNamesAndCommentsBesideTheirAddresses) {
  const auto names = [](std::string_view body) {
    List list;
    for (const FoundAddress& one : scan_addresses(body).found) {
      list.emplace_back(std::string(one.phrase) + "|" + std::string(one.comment));
    }
    return list;
  };
  EXPECT_THAT(names("Al B <a@x>, b@x (Bob), \"C\" <c@x> (see), d@x"), ElementsAre("Al B|", "|Bob", "\"C\"|see", "|"));
  EXPECT_THAT(names("\"X X\" x@x, a@x.example \"B b\" <b@x>"), ElementsAre("\"X X\"|", "|", "\"B b\"|"));
  EXPECT_THAT(names("\"Web Team <a@x>"), ElementsAre("\"Web Team|"));
}

}  // namespace
}  // namespace postern::mail
