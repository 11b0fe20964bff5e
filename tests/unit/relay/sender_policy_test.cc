#include "relay/sender_policy.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/headers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace postern::relay {
namespace {

using Policy = SenderPolicyOptions::Policy;

const std::string kAlerts = "alerts@example.com";

mail::HostNames web1() { return {"web1.example.net", "web1.example.net"}; }

SenderPolicyOptions account() {
  SenderPolicyOptions options;
  options.policy = Policy::account;
  options.address = kAlerts;
  return options;
}

SenderPolicyOptions rewrite(std::map<std::string, std::string> patterns) {
  SenderPolicyOptions options;
  options.policy = Policy::rewrite;
  options.rewrite = std::move(patterns);
  return options;
}

std::string edited(const SenderPolicyOptions& options, const std::string& fields, const mail::HostNames& names) {
  return SenderPolicy(options, names).edit(fields);
}

std::string edited(const SenderPolicyOptions& options, const std::string& fields) {
  return edited(options, fields, web1());
}

/// The body of the first field of that name, folding kept.
std::string body_of(const std::string& fields, std::string_view name) {
  const mail::HeaderBlock block = mail::parse_headers(fields);
  const mail::HeaderField* field = mail::find(block, name);
  return field == nullptr ? std::string("(none)") : std::string(field->body);
}

struct Row {
  std::string original;
  std::string name;  ///< before the account's address
  std::string reply_to = "(none)";
};

/// The marks ' stand for quotation marks.
std::string with_quotes(std::string text) {
  std::ranges::replace(text, '\'', '"');
  return text;
}

const std::vector<Row>& originals() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all{
        // As programs on this machine write it.
        {"root", "'root at web1'"},
        {"root@web1", "'root at web1'"},
        {"root@web1.example.net", "'root at web1'"},
        {"root@localhost", "'root at web1'"},
        {"root@localhost.localdomain", "'root at web1'"},
        {"<root@web1>", "'root at web1'"},
        {"root (Cron Daemon)", "'root at web1 (Cron Daemon)'"},
        {"root@web1.example.net (Cron Daemon)", "'root at web1 (Cron Daemon)'"},
        {"'(Cron Daemon)' <root@web1>", "'root at web1 (Cron Daemon)'"},
        {"'(Cron Daemon)' <root>", "'root at web1 (Cron Daemon)'"},
        {"Cron Daemon <root@web1>", "'root at web1 (Cron Daemon)'"},
        {"Cron <root@web1", "'root at web1 (Cron)'"},
        {"root@web1 (root)", "'root at web1'"},
        {"root <root@web1>", "'root at web1'"},
        {"'root@web1' <root@web1>", "'root at web1'"},
        {"www-data <www-data@WEB1.EXAMPLE.NET>", "'www-data at web1'"},
        {"'Charlie \\'C\\' Root' <root@web1>", "'root at web1 (Charlie \\'C\\' Root)'"},
        {"root@web1 (a \\(b\\) c)", "'root at web1 (a (b) c)'"},
        {"root@web1 (a (b) c)", "'root at web1 (a (b) c)'"},
        {"(one) (two) <root@web1>", "'root at web1 (two)'"},
        {"'john doe'@web1", "'john doe at web1'"},
        {"MAILER-DAEMON@web1.example.net (Mail Delivery System)", "'MAILER-DAEMON at web1 (Mail Delivery System)'"},
        {"smartd daemon\n  <root@web1> (x)", "'root at web1 (smartd daemon)'"},
        // Of others: their name first, and where they can be answered.
        {"anna@corp.example", "'anna at corp.example'", "anna@corp.example"},
        {"'Anna Meyer' <anna@corp.example>", "'Anna Meyer (anna at corp.example)'", "anna@corp.example"},
        {"MAILER-DAEMON@corp.example (Mail System)", "'Mail System (MAILER-DAEMON at corp.example)'"},
        {"Anna Meyer <anna@corp.example>", "'Anna Meyer (anna at corp.example)'", "anna@corp.example"},
        {"anna@corp.example (Anna Meyer)", "'Anna Meyer (anna at corp.example)'", "anna@corp.example"},
        {"'Meyer, Anna' <anna@corp.example>", "'Meyer, Anna (anna at corp.example)'", "anna@corp.example"},
        {"Anna 'the cat' Meyer <anna@corp.example>", "'Anna the cat Meyer (anna at corp.example)'",
         "anna@corp.example"},
        {"'anna@corp.example' <anna@corp.example>", "'anna at corp.example'", "anna@corp.example"},
        {"'boss@bank.example' <anna@corp.example>", "'boss at bank.example (anna at corp.example)'",
         "anna@corp.example"},
        {"<@relay.example:anna@corp.example>", "'anna at corp.example'", "anna@corp.example"},
        {"anna@[192.0.2.1]", "'anna at [192.0.2.1]'", "anna@[192.0.2.1]"},
        {"Jürgen <jm@corp.example>", "'Jürgen (jm at corp.example)'", "jm@corp.example"},
        {"jü@corp.example", "'jü at corp.example'"},
        // Encoded-words stay what they are, outside the quotes.
        {"=?utf-8?q?J=C3=BCrgen?= <jm@corp.example>", "=?utf-8?q?J=C3=BCrgen?= '(jm at corp.example)'",
         "jm@corp.example"},
        {"'=?utf-8?q?J=C3=BCrgen?=' <jm@corp.example>", "=?utf-8?q?J=C3=BCrgen?= '(jm at corp.example)'",
         "jm@corp.example"},
        {"Dr. =?utf-8?q?J=C3=BCrgen?= M. <jm@corp.example>",
         "'Dr.' =?utf-8?q?J=C3=BCrgen?= 'M. (jm at corp.example)'\n", "jm@corp.example"},
        {"root@web1 (=?utf-8?q?B=C3=A4cker?=)", "=?utf-8?q?B=C3=A4cker?= '(root at web1)'"},
        {"'=?utf-8?q?J(=C3=BC)?=' <root@web1>", "'root at web1 (J(ü))'"},
        {"'=?utf-8?q?J=C3=BCrgen,_M?=' <jm@corp.example>", "'Jürgen, M (jm at corp.example)'", "jm@corp.example"},

        // Several become one.
        {"root@web1, anna@corp.example", "'root at web1, anna at corp.example'", "anna@corp.example"},
        {"Anna <anna@corp.example>, Bob <bob@corp.example>",
         "'Anna (anna at corp.example), Bob (bob at corp.example)'\n", "anna@corp.example,\n bob@corp.example"},
        {"alerts@example.com, root@web1", "'root at web1'"},
        {"Staff: root@web1, backup@web1;", "'root at web1, backup at web1'"},
        // What nobody can read is a name.
        {"root (Cron Daemon", "'root (Cron Daemon'"},
        {"two words", "'two words'"},
        {"<>", "'<>'"},
        {"nobody:;", "'nobody:;'"},
    };
    for (Row& row : all) {
      row.original = with_quotes(row.original);
      row.name = with_quotes(row.name);
    }
    return all;
  }();
  return rows;
}

TEST(SenderPolicy, OfTheAccountTellsWhereItCameFrom) {
  for (const Row& row : originals()) {
    const std::string out = edited(account(), "From: " + row.original + "\nSubject: x\n");
    EXPECT_EQ(body_of(out, "From"), " " + row.name + " <alerts@example.com>") << row.original;
    const std::string reply = row.reply_to == "(none)" ? row.reply_to : " " + row.reply_to;
    EXPECT_EQ(body_of(out, "Reply-To"), reply) << row.original;
    const std::string kept = row.original.empty() ? "(none)" : " " + row.original;
    EXPECT_EQ(body_of(out, "X-Original-From"), kept) << row.original;
    EXPECT_TRUE(out.ends_with("\nSubject: x\n")) << out;
  }
}

TEST(SenderPolicy, AFromOfNothingIsTheAccount) {
  for (const std::string body : {"", " ", "\n "}) {
    EXPECT_EQ(edited(account(), "From:" + body + "\n"), "From: alerts@example.com\n");
  }
}

TEST(SenderPolicy, EachNewFromIsOneAddressForEveryReader) {
  for (const Row& row : originals()) {
    const std::string out = edited(account(), "From: " + row.original + "\n");
    const auto addresses = mail::parse_address_list(body_of(out, "From"));
    ASSERT_TRUE(addresses) << out;
    EXPECT_EQ(*addresses, std::vector<std::string>{kAlerts}) << row.original;
  }
}

TEST(SenderPolicy, WhatIsTheAccountsAlreadyStaysByteForByte) {
  for (const std::string from :
       {"alerts@example.com", "Alerts@Example.COM", "<alerts@example.com>", "\"Our alerts\" <alerts@example.com> (x)",
        "Our\n alerts  <alerts@example.com>", "alerts@example.com, alerts@example.com"}) {
    const std::string fields = "Received: x\nfrom :" + from + "\nX-Original-From: z\nTo: a@b.example\nno field\n";
    EXPECT_EQ(edited(account(), fields), fields);
    EXPECT_EQ(edited(account(), fields.substr(0, fields.size() - 1)), fields.substr(0, fields.size() - 1));
  }
  EXPECT_EQ(edited(account(), "Subject: x"), "Subject: x");
  EXPECT_EQ(edited(account(), ""), "");
}

TEST(SenderPolicy, AnEditedHeaderIsEditedNoMore) {
  for (const Row& row : originals()) {
    const std::string once = edited(account(), "From: " + row.original + "\nSender: cron@web1\n");
    EXPECT_EQ(edited(account(), once), once) << row.original;
  }
}

TEST(SenderPolicy, SenderAndWhoSentItAgainAreChangedAsWell) {
  const std::string out = edited(account(),
                                 "Resent-From: bob@corp.example (Bob)\nResent-Sender: cron\nResent-To: x@y.example\n"
                                 "From: alerts@example.com\nSender: www-data@web1\nErrors-To: root@web1\n"
                                 "Disposition-Notification-To: root@web1\n");
  EXPECT_EQ(out,
            "Resent-From: \"Bob (bob at corp.example)\" <alerts@example.com>\n"
            "Resent-Sender: \"cron at web1\" <alerts@example.com>\nResent-To: x@y.example\n"
            "From: alerts@example.com\nSender: \"www-data at web1\" "
            "<alerts@example.com>\nErrors-To: root@web1\n"
            "Disposition-Notification-To: root@web1\n");
}

TEST(SenderPolicy, AReplyToThatIsThereStays) {
  const std::string out = edited(account(), "Reply-To: help\nFrom: anna@corp.example\n");
  EXPECT_EQ(out,
            "Reply-To: help@web1.example.net\nFrom: \"anna at corp.example\" <alerts@example.com>\n"
            "X-Original-From: anna@corp.example\n");
}

TEST(SenderPolicy, AnOlderOriginalGivesWayToThisOne) {
  const std::string out = edited(account(), "X-Original-From: old\nFrom: root\nx-original-from: older\n");
  EXPECT_EQ(out, "From: \"root at web1\" <alerts@example.com>\nX-Original-From: root\n");
}

TEST(SenderPolicy, OfSeveralFieldsFromTheFirstLeaves) {
  const std::string out = edited(account(), "From: root\nTo: a@b.example\nFrom: anna@corp.example\n");
  EXPECT_EQ(out,
            "From: \"root at web1\" <alerts@example.com>\nX-Original-From: "
            "root\nX-Original-From: anna@corp.example\n"
            "Reply-To: anna@corp.example\nTo: a@b.example\n");
  const std::string kept = edited(account(), "From: alerts@example.com\nFrom: root\n");
  EXPECT_EQ(kept, "From: alerts@example.com\nX-Original-From: root\n");
}

TEST(SenderPolicy, ANameOfTheSettingsStandsForEveryOther) {
  SenderPolicyOptions options = account();
  options.name = "Alerts of \"web1\"";
  for (const std::string from : {"root", "Anna <anna@corp.example>", "no address at all"}) {
    EXPECT_EQ(body_of(edited(options, "From: " + from + "\n"), "From"),
              " \"Alerts of \\\"web1\\\"\" <alerts@example.com>");
  }
}

TEST(SenderPolicy, TheDomainOfTheSiteIsOfThisMachineAndCanBeAnswered) {
  const mail::HostNames names{"web1.example.net", "corp.example"};
  // Of the names at that domain root is no mailbox: the intake completed it.
  EXPECT_EQ(body_of(edited(account(), "From: root@corp.example\n", names), "Reply-To"), "(none)");
  const std::string out = edited(account(), "From: Anna <anna@corp.example>\n", names);
  EXPECT_EQ(body_of(out, "From"), with_quotes(" 'anna at web1 (Anna)' <alerts@example.com>"));
  EXPECT_EQ(body_of(out, "Reply-To"), " anna@corp.example");
}

TEST(SenderPolicy, TheReversePathIsTheAccountsUnlessItIsNull) {
  const SenderPolicy policy(account(), web1());
  EXPECT_EQ(policy.reverse_path(""), "");
  for (const std::string sender : {"root", "root@web1", "anna@corp.example", "alerts@example.com"}) {
    EXPECT_EQ(policy.reverse_path(sender), kAlerts);
  }
  EXPECT_FALSE(policy.keeps());
  EXPECT_EQ(policy.one_sender(), kAlerts);
  EXPECT_EQ(SenderPolicy(rewrite({{"*", kAlerts}}), web1()).one_sender(), "");
}

TEST(SenderPolicy, WhereSendersAreKeptBareOnesAreCompletedAndNothingElse) {
  const SenderPolicy policy(SenderPolicyOptions{}, web1());
  EXPECT_TRUE(policy.keeps());
  EXPECT_EQ(policy.reverse_path(""), "");
  EXPECT_EQ(policy.reverse_path("root"), "root@web1.example.net");
  EXPECT_EQ(policy.reverse_path("anna@corp.example"), "anna@corp.example");
  for (const Row& row : originals()) {
    const std::string fields = "From: " + row.original + "\nFrom: a@b.example\nX-Original-From: x\n";
    const auto addresses = mail::parse_address_list(row.original);
    const bool bare = addresses && std::ranges::any_of(*addresses, [](const std::string& one) {
                        return mail::split_address(one).domain.empty();
                      });
    EXPECT_EQ(policy.edit(fields) == fields, !bare) << row.original;
  }
  EXPECT_EQ(policy.edit("From: Cron <root> (x)\nTo: root,\n admin\nReply-To: a@b.example\nSubject: root\n"),
            "From: Cron <root@web1.example.net> (x)\nTo: root@web1.example.net,\n "
            "admin@web1.example.net\n"
            "Reply-To: a@b.example\nSubject: root\n");
}

TEST(SenderPolicy, APatternThatSaysMoreGoesBeforeOneThatSaysLess) {
  const std::map<std::string, std::string> all{{"Root@Web1.example.net", "exact@example.com"},
                                               {"root", "bare@example.com"},
                                               {"*@web1.example.net", "domain@example.com"},
                                               {"*", "all@example.com"}};
  // Taken away one after the other, from the most specific; what matches the sender then.
  const std::vector<std::string> order{"Root@Web1.example.net", "root", "*@web1.example.net", "*"};
  std::map<std::string, std::string> left = all;
  for (const std::string& pattern : order) {
    for (const std::string sender : {"root@web1.example.net", "ROOT@WEB1.example.net", "root"}) {
      EXPECT_EQ(SenderPolicy(rewrite(left), web1()).reverse_path(sender), all.at(pattern)) << pattern;
    }
    left.erase(pattern);
  }
  EXPECT_EQ(SenderPolicy(rewrite(left), web1()).reverse_path("root"), "root@web1.example.net");
  SenderPolicyOptions caught = rewrite(left);
  caught.address = kAlerts;
  EXPECT_EQ(SenderPolicy(caught, web1()).reverse_path("root"), kAlerts);
}

TEST(SenderPolicy, ABareNameInAPatternIsAUserOfThisMachine) {
  const SenderPolicy policy(rewrite({{"root", "ops@example.com"}}), {"web1.example.net", "corp.example"});
  for (const std::string sender : {"root", "root@web1", "root@localhost", "root@corp.example", "Root@web1.example.net"})
    EXPECT_EQ(policy.reverse_path(sender), "ops@example.com") << sender;
  for (const std::string sender : {"root@other.example", "root@sub.corp.example", "toor@corp.example"})
    EXPECT_EQ(policy.reverse_path(sender), sender);
}

TEST(SenderPolicy, DomainsInLettersMatchTheirALabels) {
  const SenderPolicy policy(rewrite({{"*@b\xC3\xBC"
                                      "cher.example",
                                      "ops@example.com"}}),
                            web1());
  EXPECT_EQ(policy.reverse_path("a@xn--bcher-kva.example"), "ops@example.com");
  EXPECT_EQ(policy.reverse_path("a@B\xC3\x9C"
                                "CHER.example"),
            "ops@example.com");
}

TEST(SenderPolicy, OfSeveralSendersThoseWithoutAPatternStay) {
  const SenderPolicyOptions options = rewrite({{"root", "ops@example.com"}, {"backup", "ops@example.com"}});
  const std::string out = edited(options, "From: root, \"Anna\" <anna@corp.example>, Backup <backup@web1>\n");
  EXPECT_EQ(body_of(out, "From"),
            " \"root at web1, backup at web1 (Backup)\" <ops@example.com>, \"Anna\"\n <anna@corp.example>");
  EXPECT_EQ(body_of(out, "Reply-To"), "(none)");
  const std::string fields = "From: Anna <anna@corp.example>\nSender: anna@corp.example\n";
  EXPECT_EQ(edited(options, fields), fields);
  EXPECT_EQ(edited(options, "From: cannot be read <\n"), "From: cannot be read <\n");
}

TEST(SenderPolicy, NoByteOfANameGetsOutOfItsQuotes) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string shape : {"A?B <anna@corp.example>", "\"A?B\" <anna@corp.example>", "\"A\\?B\" <root>",
                                    "root@web1 (A?B)", "root (A\\?B)", "A?B", "=?utf-8?q?A?B?= <root>"}) {
      std::string from = shape;
      from[from.find("?B")] = static_cast<char>(byte);
      const std::string out = edited(account(), "From: " + from + "\nSubject: x\n");
      const mail::HeaderBlock block = mail::parse_headers(out);
      const std::string body = body_of(out, "From");
      std::string line = body;
      std::erase(line, '\n');
      EXPECT_FALSE(has_control(line)) << byte << " " << shape;
      const auto addresses = mail::parse_address_list(body);
      ASSERT_TRUE(addresses) << byte << " " << shape << body;
      if (byte == '\n') continue;  // what comes behind it is no part of the field
      EXPECT_EQ(*addresses, std::vector<std::string>{kAlerts}) << byte << " " << shape;
    }
  }
}

TEST(SenderPolicy, LongNamesAndLongListsAreCut) {
  std::string list;
  for (int i = 0; i < 5000; ++i) list += "a" + std::to_string(i) + "@corp.example,\n ";
  std::string words;
  for (int i = 0; i < 500; ++i) words += "=?utf-8?q?J=C3=BCrgen?= ";
  for (const std::string& from : {std::string(100000, 'x') + " <root>", list + "root", words + "<root>",
                                  "\"" + std::string(5000, '"') + "\" <root>", "root (" + std::string(5000, 'y') + ")",
                                  std::string(3000, 'l') + "@" + std::string(3000, 'd')}) {
    const std::string body = body_of(edited(account(), "From: " + from + "\n"), "From");
    EXPECT_LT(body.size(), 900U);
    EXPECT_TRUE(body.ends_with("<alerts@example.com>")) << body;
  }
}

TEST(SenderPolicy, LinesWithEncodedWordsAreShort) {
  std::string words;
  for (int i = 0; i < 10; ++i) words += "=?utf-8?q?J=C3=BCrgen_M=C3=BCller?= ";
  std::string body = body_of(edited(account(), "From: " + words + "<jm@corp.example>\n"), "From");
  body.insert(0, "From:");
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    EXPECT_LE(end - at, 78U) << body;
    at = end + 1;
  }
}

}  // namespace
}  // namespace postern::relay
