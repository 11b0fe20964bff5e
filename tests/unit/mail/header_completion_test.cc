#include "mail/header_completion.h"

#include "mail/address.h"
#include "mail/headers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::mail {
namespace {

Completion completion() {
  Completion made;
  made.domain = "d.example";
  made.sender = "cron@d.example";
  made.name = "Cron Daemon";
  made.date = "Mon, 23 Nov 2026 17:04:05 +0000";
  made.message_id = "<id@d.example>";
  return made;
}

const std::string kFrom = "From: Cron Daemon <cron@d.example>\n";
const std::string kTo = "To: undisclosed-recipients:;\n";
const std::string kDate = "Date: Mon, 23 Nov 2026 17:04:05 +0000\n";
const std::string kId = "Message-ID: <id@d.example>\n";
/// A header that lacks nothing.
const std::string kWhole = "From: f@x\nTo: t@x\nDate: 1 Jan 2026 10:00:00 +0000\nMessage-ID: <m@x>\n";

std::string without(std::string header, std::string_view name) {
  const std::size_t begin = header.find(std::string(name) + ":");
  return header.erase(begin, header.find('\n', begin) + 1 - begin);
}

struct Completed {
  std::string given;  ///< fields, without the empty line
  std::string stored;
};

void expect(const std::vector<Completed>& cases, const Completion& with = completion()) {
  for (const Completed& one : cases) {
    EXPECT_EQ(complete_headers(one.given + "\nbody\n", with), one.stored + "\nbody\n") << one.given;
  }
}

TEST(CompleteHeaders, AddsWhatIsMissingBehindTheFields) {
  expect({
      {"Subject: x\n", "Subject: x\n" + kFrom + kTo + kDate + kId},
      {kWhole, kWhole},
      {without(kWhole, "From"), without(kWhole, "From") + kFrom},
      {without(kWhole, "To"), without(kWhole, "To") + kTo},
      {without(kWhole, "Date"), without(kWhole, "Date") + kDate},
      {without(kWhole, "Message-ID"), without(kWhole, "Message-ID") + kId},
      {without(kWhole, "To") + "Cc: c@x\n", without(kWhole, "To") + "Cc: c@x\n"},
      {without(kWhole, "To") + "Bcc: c@x\n", without(kWhole, "To") + kTo},
      {"fRoM: f@x\ntO: t@x\ndate: 1 Jan 26 10:00\nMESSAGE-id: <m@x>\n",
       "fRoM: f@x\ntO: t@x\ndate: 1 Jan 26 10:00\nMESSAGE-id: <m@x>\n"},
      // What was resent says so in addition (RFC 5322 3.6.6).
      {"Resent-From: r@x\nResent-To: t@x\nResent-Date: 1 Jan 2026 10:00\n",
       "Resent-From: r@x\nResent-To: t@x\nResent-Date: 1 Jan 2026 10:00\n" + kFrom + kTo + kDate + kId},
      {"X-From: f@x\nX-To: t@x\nX-Date: today\n",
       "X-From: f@x\nX-To: t@x\nX-Date: today\n" + kFrom + kTo + kDate + kId},
  });
}

TEST(CompleteHeaders, AFieldWithoutContentCountsAsMissing) {
  for (const std::string empty : {"", " ", "\t", " \n ", "\n\t\n "}) {
    const std::string first = empty.substr(0, empty.find('\n'));
    expect({
        {without(kWhole, "From") + "From:" + empty + "\n", without(kWhole, "From") + kFrom},
        {without(kWhole, "To") + "To:" + empty + "\n", without(kWhole, "To") + kTo},
        {without(kWhole, "Date") + "Date:" + empty + "\n", without(kWhole, "Date") + kDate},
        {without(kWhole, "Message-ID") + "Message-ID:" + empty + "\n", without(kWhole, "Message-ID") + kId},
        {kWhole + "Cc:" + empty + "\n", kWhole},
        {kWhole + "Sender:" + empty + "\nReply-To:" + empty + "\n", kWhole},
        {kWhole + "In-Reply-To:" + empty + "\nReferences:" + empty + "\n", kWhole},
        {"From:" + empty + "\n" + kWhole, kWhole},
        {kWhole + "Subject:" + empty + "\n", kWhole + "Subject:" + first + "\n"},
        {kWhole + "X-Empty:" + empty + "\n", kWhole + "X-Empty:" + first + "\n"},
    });
  }
}

TEST(CompleteHeaders, TheAddedFromNamesTheSender) {
  Completion with = completion();
  const std::string rest = without(kWhole, "From");
  const auto from = [&](const std::string& sender, const std::string& name) {
    with.sender = sender;
    with.name = name;
    return complete_headers(rest + "\n", with).substr(rest.size());
  };
  EXPECT_EQ(from("a@b.example", ""), "From: a@b.example\n\n");
  EXPECT_EQ(from("a@b.example", "A, B"), "From: \"A, B\" <a@b.example>\n\n");
  EXPECT_EQ(from("a@b.example", "J\xC3\xBCrgen"), "From: =?utf-8?B?SsO8cmdlbg==?= <a@b.example>\n\n");
  EXPECT_EQ(from("root", "root"), "From: root <root>\n\n");
  EXPECT_EQ(from("", "not used"), "From: MAILER-DAEMON@d.example (Mail Delivery System)\n\n");
}

TEST(CompleteHeaders, AFromWithoutAnAddressIsTheNameOfTheSender) {
  const std::string rest = without(kWhole, "From");
  const auto stored = [&](const std::string& from) { return rest + "From: " + from + " <cron@d.example>\n"; };
  expect({
      {rest + "From: Backup of web1\n", stored("Backup of web1")},
      {rest + "From: Backup run (web1)\n", stored("\"Backup run (web1)\"")},
      {rest + "From: \"Backup\n web1\" <>\n", stored("Backup web1")},
      {rest + "From: <>\n", stored("Cron Daemon")},
      {rest + "From: nobody:;\n", stored("\"nobody:;\"")},
      {rest + "From: =?utf-8?Q?J=C3=BCrgen?= M\n", stored("=?utf-8?Q?J=C3=BCrgen?= M")},
      {rest + "From: J\xC3\xBCrgen \xC3\x96\n", stored("=?utf-8?B?SsO8cmdlbiDDlg==?=")},
      {rest + "From: " + std::string(1000, 'x') + " y\n", stored(std::string(200, 'x'))},
      {"From: only a name\n" + kWhole, "X-Duplicate-From: only a name\n" + kWhole},
      // Here it may only be our reading: no guess is made.
      {rest + "From: \"Fail2Ban\" f@x g@x\n", rest + "From: \"Fail2Ban\" f@x g@x\n"},
      {rest + "From: a..b@x\n", rest + "From: a..b@x\n"},
      {rest + "From: (open f@x\n", rest + "From: (open f@x\n"},
  });
}

TEST(CompleteHeaders, TheFirstOfADoubledFieldStaysAndWhatElseIsSaidStandsAside) {
  for (const std::string name : {"From", "Sender", "Subject", "In-Reply-To", "References", "MIME-Version",
                                 "Content-Type", "Content-Transfer-Encoding"}) {
    const std::string rest = name == "From" ? without(kWhole, "From") : kWhole;
    const std::string first = name + ": one@x\n";
    expect({
        {rest + first + name + ": two@x\n", rest + first + "X-Duplicate-" + name + ": two@x\n"},
        {rest + first + name + ":\t two@x\n b\n" + name + ":c\n",
         rest + first + "X-Duplicate-" + name + ":\t two@x\n b\nX-Duplicate-" + name + ":c\n"},
        {rest + first + first, rest + first},
        {rest + first + name + ":one@x \n", rest + first},
        {rest + first + name + ":\n", rest + first},
    });
  }
  expect({
      {kWhole + "Date: 2 Jan 2026 10:00 +0000\n", kWhole + "X-Duplicate-Date: 2 Jan 2026 10:00 +0000\n"},
      {kWhole + "Message-Id: <other@x>\n", kWhole + "X-Duplicate-Message-Id: <other@x>\n"},
      {kWhole + "Received: a\nReceived: a\nX-A: 1\nX-A: 1\nComments: a\nComments: a\n",
       kWhole + "Received: a\nReceived: a\nX-A: 1\nX-A: 1\nComments: a\nComments: a\n"},
  });
}

TEST(CompleteHeaders, DoubledListsOfAddressesBecomeOne) {
  for (const std::string name : {"To", "Cc", "Reply-To"}) {
    const std::string rest = name == "To" ? without(kWhole, "To") : name == "Cc" ? without(kWhole, "To") : kWhole;
    expect({
        {rest + name + ": a@x\n" + name + ": b@x\n", rest + name + ": a@x,\n b@x\n"},
        {rest + name + ": a@x\nX-Between: 1\n" + name + ":b@x,\n c@x\n" + name + ": \"d, e\" <f@x>\n",
         rest + name + ": a@x,\n b@x,\n c@x,\n \"d, e\" <f@x>\nX-Between: 1\n"},
        {rest + name + ": a@x,\n" + name + ": b@x\n", rest + name + ": a@x,\n b@x\n"},
        {rest + name + ": a@x\n" + name + ": a@x\n", rest + name + ": a@x\n"},
        {rest + name + ": root\n" + name + ": admin\n", rest + name + ": root@d.example,\n admin@d.example\n"},
        {rest + name + ": team: a@x, b@x;\n" + name + ": c@x (last)\n",
         rest + name + ": team: a@x, b@x;,\n c@x (last)\n"},
        // One that cannot be read would take the others along.
        {rest + name + ": a@x\n" + name + ": \"b@x\n", rest + name + ": a@x\nX-Duplicate-" + name + ": \"b@x\n"},
        {rest + name + ": (a@x\n" + name + ": b@x\n", rest + name + ": (a@x\nX-Duplicate-" + name + ": b@x\n"},
    });
  }
}

TEST(CompleteHeaders, AnIdWithoutBracketsGetsThemAndWhatIsNoneIsReplaced) {
  const std::string rest = without(kWhole, "Message-ID");
  for (const std::string good : {"<a@b>", "<a@b> (by x)", "\n <a@b>", "<a@[1.2.3.4]>", "<\xC3\xBC@b>"}) {
    expect({{rest + "Message-ID: " + good + "\n", rest + "Message-ID: " + good + "\n"}});
  }
  expect({{rest + "Message-ID: a@b\n", rest + "Message-ID: <a@b>\n"},
          {rest + "Message-ID:\n\t20261123@17\n", rest + "Message-ID: <20261123@17>\n"},
          {rest + "Message-ID: <a@b> <c@d>\n", rest + "Message-ID: <a@b>\n"},
          {rest + "Message-ID: job-17\nMessage-ID: <a@b>\n",
           rest + "X-Duplicate-Message-ID: job-17\nMessage-ID: <a@b>\n"}});
  for (const std::string bad :
       {"<>", "< >", "<a b@c>", "a b", "a@b>", "<a@b", "<<a@b>>", "no id", "<a>", "job-17", "@b", "a@", "<@>"}) {
    expect({{rest + "Message-ID: " + bad + "\n", rest + "X-Original-Message-ID: " + bad + "\n" + kId}});
  }
}

TEST(CompleteHeaders, NoBlankIsWrittenBeforeTheColon) {
  expect({{"From : a@x\nTo\t: b@y\nSubject : z\nDate: 1 Jan 2026 10:00:00 +0000\nMessage-ID : <m@x>\nX :\n y\n",
           "From: a@x\nTo: b@y\nSubject: z\nDate: 1 Jan 2026 10:00:00 +0000\nMessage-ID: <m@x>\nX:\n y\n"}});
  const std::string signed_as_it_is = "DKIM-Signature: a\nSubject : z\n \n y\n" + kWhole;
  expect({{signed_as_it_is, signed_as_it_is}});
}

TEST(CompleteHeaders, NoFoldedLineIsOfBlanksAlone) {
  const std::string rest = without(kWhole, "To");
  expect({{rest + "To:\n a@x,\n  \n b@x\n", rest + "To:\n a@x,\n b@x\n"},
          {kWhole + "X-A: b\n \t\n", kWhole + "X-A: b\n"},
          {kWhole + "X-A: b\n  \n \n c\n  \n", kWhole + "X-A: b\n c\n"}});
}

TEST(CompleteHeaders, RecipientsWithoutAnAddressStandAside) {
  const std::string rest = without(kWhole, "To");
  const std::string nobody = "To: undisclosed-recipients:;\n";
  for (const std::string said : {"undisclosed recipients", "undisclosed-recipients",
                                 "Undisclosed-Recipients:", "J\xC3\xB6rg M\xC3\xBCller", "the whole team"}) {
    expect({{rest + "To: " + said + "\n", rest + "X-Original-To: " + said + "\n" + nobody},
            {kWhole + "Cc: " + said + "\n", kWhole + "X-Original-Cc: " + said + "\n"},
            {kWhole + "Reply-To: " + said + "\n", kWhole + "X-Original-Reply-To: " + said + "\n"}});
  }
  for (const std::string good :
       {"undisclosed-recipients:;", "Undisclosed recipients: ;", "team: a@x, b@x;", "a@x b c"}) {
    expect({{rest + "To: " + good + "\n", rest + "To: " + good + "\n"}});
  }
  expect({{rest + "To: root\n", rest + "To: root@d.example\n"},
          {kWhole + "Errors-To: root\n", kWhole + "Errors-To: root@d.example\n"},
          {kWhole + "Disposition-Notification-To: Ops <ops>\n",
           kWhole + "Disposition-Notification-To: Ops <ops@d.example>\n"}});
}

TEST(CompleteHeaders, WhatIsNoDateStandsAside) {
  const std::string rest = without(kWhole, "Date");
  for (const std::string bad : {"Mon Nov 23 17:04:05 CET 2026", "Mo, 23. Nov 2026 17:04", "2026-11-23T17:04:05Z", "now",
                                "Mo, 5 Mai 2026 10:00:00 +0200", "1795453445"}) {
    expect({{rest + "Date: " + bad + "\n", rest + "X-Original-Date: " + bad + "\n" + kDate}});
  }
}

TEST(CompleteHeaders, RemovesWhatIsForOthersOrOfAMailboxFile) {
  for (const std::string gone :
       {"Return-Path: <a@b>", "return-path:", "Bcc: a@b,\n c@d", "RESENT-BCC: x", "Content-Length: 999",
        "content-length: x", "Lines: 12", "Status: RO", "Status: O", "X-Status: AF", "X-UID: 17"}) {
    expect({{kWhole + gone + "\n", kWhole}, {gone + "\n" + gone + "\n" + kWhole, kWhole}});
  }
  for (const std::string kept : {"Lines: many", "Status: CRITICAL", "Status: DOWN", "Status:", "X-Status: 0 failed",
                                 "X-UID: root", "Delivered-To: a@b", "X-Original-To: a@b", "Content-Language: de"}) {
    expect({{kWhole + kept + "\n", kWhole + kept + "\n"}});
  }
}

TEST(CompleteHeaders, WhatIsSignedStaysAsItIsSigned) {
  const std::string sign = "DKIM-Signature: v=1; h=from:to:to:subject; b=x\n";
  expect({
      {sign + kWhole + "Subject: a\nSubject: b\nTo: u@x\n", sign + kWhole + "Subject: a\nSubject: b\nTo: u@x\n"},
      {sign + without(kWhole, "To"), sign + without(kWhole, "To")},
      {sign + "Subject: x\n", sign + "Subject: x\n" + kFrom + kDate + kId},
      {sign + without(kWhole, "Date") + "Date: now\n", sign + without(kWhole, "Date") + "Date: now\n"},
      {"Return-Path: <x>\nBcc: y@x\n" + sign + kWhole, sign + kWhole},
      {sign + without(kWhole, "To") + "To: root\n", sign + without(kWhole, "To") + "To: root@d.example\n"},
  });
}

TEST(CompleteHeaders, AddsTheEmptyLineIfThereIsNone) {
  const std::string added = kFrom + kTo + kDate + kId;
  EXPECT_EQ(complete_headers("", completion()), added + "\n");
  EXPECT_EQ(complete_headers("Subject: x", completion()), "Subject: x\n" + added + "\n");
  EXPECT_EQ(complete_headers("no header\n", completion()), added + "\nno header\n");
  EXPECT_EQ(complete_headers(kWhole + "Bcc: x", completion()), kWhole + "\n");
}

TEST(CompleteHeaders, CompletesEveryAddressFieldAndNoOther) {
  for (const std::string name : {"From", "Sender", "Reply-To", "To", "Cc", "Resent-From", "Resent-Sender",
                                 "Resent-Reply-To", "Resent-To", "Resent-Cc", "fRoM"}) {
    const std::string rest = name == "To" || name == "Cc"       ? without(kWhole, "To")
                             : name == "From" || name == "fRoM" ? without(kWhole, "From")
                                                                : kWhole;
    expect({{rest + name + ": Cron <root>,\n\tme\n", rest + name + ": Cron <root@d.example>,\n\tme@d.example\n"}});
  }
  const std::string other = kWhole + "X-To: root\nSubject: root\n\nTo: root\n";
  EXPECT_EQ(complete_headers(other, completion()), other);
}

TEST(CompleteHeaders, WhoKnowsNeitherDomainNorIdLeavesThemToTheNext) {
  Completion shim = completion();
  shim.domain.clear();
  shim.message_id.clear();
  shim.sender = "root";
  const std::string once = complete_headers("Subject: x\nTo: admin\nMessage-ID: a b\n\nbody\n", shim);
  EXPECT_EQ(once, "Subject: x\nTo: admin\nX-Original-Message-ID: a b\nFrom: Cron Daemon <root>\n" + kDate + "\nbody\n");
  Completion daemon = completion();
  daemon.name.clear();
  EXPECT_EQ(complete_headers(once, daemon),
            "Subject: x\nTo: admin@d.example\nX-Original-Message-ID: a b\nFrom: Cron Daemon <root@d.example>\n" +
                kDate + kId + "\nbody\n");
}

/// All headers of three lines out of these: completed once is completed, and one of each is there.
TEST(CompleteHeaders, IsDoneAfterOnceAndLeavesOneOfEach) {
  const std::vector<std::string> lines = {
      "From: a b\n",     "From: root\n",        "From:\n",           "From: x@y\n",  "To: root\n",
      "To: \"x\n",       "To: a@b,\n",          "Cc: c@d\n",         "Date: now\n",  "Date: 1 Jan 2026 1:2\n",
      "Message-ID: x\n", "Message-ID: a b\n",   "Bcc: x\n",          "Status: RO\n", "Subject: x\n",
      "Subject:\n",      "DKIM-Signature: x\n", "Content-Type: x\n", "no field\n"};
  std::size_t combinations = 1;
  for (std::size_t i = 0; i < 3; ++i) combinations *= lines.size();
  for (std::size_t number = 0; number < combinations; ++number) {
    std::string text;
    for (std::size_t rest = number, i = 0; i < 3; ++i, rest /= lines.size()) text += lines[rest % lines.size()];
    const std::string once = complete_headers(text, completion());
    ASSERT_EQ(complete_headers(once, completion()), once) << text;
    const HeaderBlock block = parse_headers(once);
    const bool is_signed = find(block, "DKIM-Signature") != nullptr;
    for (const std::string_view name : {"From", "Date", "Message-ID"}) ASSERT_NE(find(block, name), nullptr) << text;
    for (const std::string_view name : {"From", "Date", "Message-ID", "To", "Cc", "Subject", "Content-Type"}) {
      ASSERT_TRUE(is_signed || count(block, name) <= 1) << text << once;
    }
    ASSERT_TRUE(is_signed || find(block, "To") != nullptr || find(block, "Cc") != nullptr) << text;
  }
}

/// Quadratic, each of these would take minutes.
TEST(CompleteHeaders, LongHeadersOfManyFieldsAreFast) {
  const std::string large = "a@b" + std::string(128 * 1024, ' ') + "(x)";
  for (const std::string name : {"To", "From", "Subject", "Date", "Message-ID"}) {
    std::string header = name + ": " + large + "\n";
    while (header.size() < 256 * 1024) header += name + ":b\n";
    EXPECT_GE(complete_headers(header, completion()).size(), large.size());
  }
  std::string many;
  while (many.size() < 256 * 1024) many += "To:b@c\n";
  EXPECT_EQ(count(parse_headers(complete_headers(many, completion())), "To"), 1U);
}

}  // namespace
}  // namespace postern::mail
