#include "mail/header_front.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {
namespace {

TEST(MailboxLines, AreThoseOfMailboxFilesAlone) {
  for (const std::string line :
       {"From joe Mon Nov 23 17:04:05 2026", "From joe@x.example Mon Nov 23 17:04 2026 remote from x",
        ">From joe Mon Nov 23", "From  Mon Nov 23 17:04:05 2026", "From - Mon Jan 01 00:00:00 2001",
        "From 7db5d43c0f0e2b1f Mon Sep 17 00:00:00 2001", "From joe  Tue Dec  1 01:02:03 2026"}) {
    EXPECT_TRUE(is_mailbox_line(line)) << line;
    EXPECT_EQ(without_mailbox_lines(line + "\n" + line + "\nTo: x\n" + line + "\n"), "To: x\n" + line + "\n");
    EXPECT_EQ(without_mailbox_lines(line), "");
  }
  for (const std::string line : {"From: joe@x", "From joe", "From what I saw on Mon Nov 23 the disk fails",
                                 "From 10:30 to 11:00 the backup failed", "from joe Mon Nov 23",
                                 "From joe Monday Nov 23", "From", "", "Mon Nov 23"}) {
    EXPECT_FALSE(is_mailbox_line(line)) << line;
    EXPECT_EQ(without_mailbox_lines(line + "\nx"), line + "\nx");
  }
}

TEST(HeaderFront, AByteOrderMarkGoesBeforeAKnownFieldAlone) {
  const std::string mark = "\xEF\xBB\xBF";
  const std::string mailbox = "From joe Mon Nov 23 17:04:05 2026\n";
  for (const std::string name : {"To", "Cc", "BCC", "subject", "From", "Date", "MIME-Version", "Content-Type",
                                 "Return-Path", "Received", "X-Mailer", "Resent-To", "Auto-Submitted", "List-Id"}) {
    const std::string text = name + ": x\n\n";
    EXPECT_EQ(from_header_on(mark + text), text);
    EXPECT_EQ(from_header_on(mailbox + mark + text), text);
    EXPECT_EQ(from_header_on(text), text);
    EXPECT_EQ(from_header_on("\n" + text), "\n" + text);
    EXPECT_EQ(from_header_on(mark + "\n" + text), mark + "\n" + text);
    EXPECT_EQ(from_header_on(mark + "\n \n" + mailbox + mark + text, EmptyLines::are_no_header), text);
  }
  for (const std::string text :
       {"", "\n", "Note: disk full\n", "To whom\n", " To: x\n", "http://x/\n", "\n\n", ": x"}) {
    EXPECT_EQ(from_header_on(mark + text), mark + text);
    EXPECT_EQ(from_header_on("\n" + mark + text, EmptyLines::are_no_header), "\n" + mark + text);
  }
}

const std::vector<std::string>& likes() {
  static const std::vector<std::string> all = {"From root@web1 Mon, 30 Nov 2026 10:00:00 +0000",
                                               "From root@web1 2026-11-30 10:00:00",
                                               "From root@web1 Mo 30. Nov 10:00:00 2026",
                                               "From root",
                                               "From bob x",
                                               "From root@web1 Mon Nov 30",
                                               ">From bob x",
                                               ">From ",
                                               "From ",
                                               "From \"a b\"@x 1 Jan 2026",
                                               "From now on: down"};
  return all;
}

TEST(HeaderFront, LinesThatBeginAsThoseOfMailboxFilesGoBeforeAKnownFieldAlone) {
  const std::string header = "Subject: x\nTo: a@b\n\nbody\n";
  for (const std::string& one : likes()) {
    EXPECT_EQ(from_header_on(one + "\n" + header), header) << one;
    for (const std::string& other : likes()) EXPECT_EQ(from_header_on(one + "\n" + other + "\n" + header), header);
    const std::string& text = one.find(" Mon Nov ") == std::string::npos ? one : "From bob x";
    for (const std::string behind :
         {"", "\n", "\nthe disk is full\n", "\n\nSubject: x\n", "\nNote: x\n", "\n To: x\n"}) {
      EXPECT_EQ(from_header_on(text + behind), text + behind) << text;
    }
    EXPECT_EQ(from_header_on(text + "\n\n" + header, EmptyLines::are_no_header), header) << text;
  }
  for (const std::string field : {"From : a@b", "From: a@b", "from bob x", "Fromage x", ">>From x", " From x"}) {
    EXPECT_EQ(from_header_on(field + "\n" + header), field + "\n" + header);
  }
}

TEST(HeaderFront, LooksAtAFewLinesOfOrdinaryLengthOnly) {
  const std::string header = "Subject: x\n\n";
  std::string lines;
  for (int i = 0; i < 8; ++i) lines += "From x\n";
  EXPECT_EQ(from_header_on(lines + header), header);
  lines += "From x\n";
  EXPECT_EQ(from_header_on(lines + header), lines + header);
  EXPECT_TRUE(from_header_on_so_far(lines));
  const std::string line = "From " + std::string(1000, 'x');
  EXPECT_EQ(from_header_on(line + "\n" + header), line + "\n" + header);
  EXPECT_TRUE(from_header_on_so_far(line));
}

TEST(HeaderFront, OnceSomethingIsSaidOfAPartItIsSaidOfTheWhole) {
  const std::string strict = "From joe Mon Nov 23 17:04:05 2026\n";
  for (const std::string front : {"", "\xEF\xBB\xBF"}) {
    for (const std::string& one : likes()) {
      for (const std::string behind : {"Subject: x\n\n", "the disk is full\n", "\n", ">From y\nTo: x\n"}) {
        const std::string text = strict + front + one + "\n" + behind;
        const std::size_t whole = text.size() - from_header_on(text).size();
        for (std::size_t size = 0; size <= text.size(); ++size) {
          const auto part = from_header_on_so_far(std::string_view(text).substr(0, size));
          if (!part) continue;
          ASSERT_EQ(size - part->size(), whole) << text << " of " << size;
        }
        EXPECT_TRUE(from_header_on_so_far(text)) << text;
      }
    }
  }
}

}  // namespace
}  // namespace postern::mail
