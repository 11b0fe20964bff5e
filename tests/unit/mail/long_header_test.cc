#include "mail/long_header.h"

#include "mail/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::mail {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Completion completion_without_name() {
  Completion made;
  made.domain = "example.net";
  made.sender = "cron@example.net";
  made.date = "Mon, 23 Nov 2026 17:04:05 +0000";
  made.message_id = "<id@example.net>";
  return made;
}

const std::string kAdded =
    "From: cron@example.net\nTo: undisclosed-recipients:;\nDate: Mon, 23 Nov 2026 17:04:05 +0000\nMessage-ID: "
    "<id@example.net>\n\n";

std::string complete(std::string_view text, std::size_t piece) {
  const Completion how = completion_without_name();
  LongHeader header(how);
  std::string out;
  bool ended = false;
  while (!text.empty()) {
    std::string_view front = text.substr(0, piece);
    text.remove_prefix(front.size());
    if (!ended) ended = header.feed(front, out);
    out += front;
  }
  if (!ended) header.finish(out);
  return out;
}

std::string complete(std::string_view text) { return complete(text, text.size() + 1); }

TEST(LongHeader, GivesTheSameInPiecesOfEverySize) {
  const std::string longest(kLongestFieldName + 3, 'x');
  for (const std::string& text :
       {std::string(), std::string("\nbody\n"), std::string("X: y\n folded\n\t\nBcc: a\n ,b\nTo: c\n\nbody: x\n"),
        std::string("A: b\nno field\nmore\n"), std::string("From: a@b\nFrom: c@d\nSubject :x\nsubject:y"),
        std::string(" begins folded\n"), "A:" + longest + "\n" + longest + ": no name\n", "A: b\n" + longest,
        std::string("A: b\n\xC3\xA4: c\n"), std::string("A: b\n:\n"), std::string("A: b\nC")}) {
    const std::string whole = complete(text);
    for (std::size_t piece = 1; piece <= text.size(); ++piece) ASSERT_EQ(complete(text, piece), whole) << piece;
    EXPECT_EQ(complete(whole), whole) << "a header that was completed needs nothing";
  }
}

TEST(LongHeader, AddsWhatIsMissingBehindTheOthers) {
  EXPECT_EQ(complete("X: y\n\nbody\n"), "X: y\n" + kAdded + "body\n");
  EXPECT_EQ(complete(""), kAdded);
  EXPECT_EQ(complete("X: y"), "X: y\n" + kAdded);
  EXPECT_EQ(complete("X: y\nno field\n"), "X: y\n" + kAdded + "no field\n");
  const std::string whole = "From: a@b\nCc: c\nDate: today\nMessage-ID: m\n\nbody\n";
  EXPECT_EQ(complete(whole), whole);
}

TEST(LongHeader, DropsWhatNeverLeavesWhereverItStandsAndHoweverLongItIs) {
  const std::string many = std::string(300'000, 'b') + ",\n " + std::string(300'000, 'b');
  const std::string out =
      complete("Bcc: " + many + "\nTo: a@b\nReturn-Path: <x>\nResent-Bcc:y\ncontent-length : 7\n\nb\n");
  EXPECT_THAT(out, StartsWith("To: a@b\nFrom: cron"));
  EXPECT_THAT(out, EndsWith("\n\nb\n"));
}

TEST(LongHeader, OfWhatMayStandOnceTheFirstCounts) {
  const std::string out = complete("To: a@b\nX: 1\nTO: c@d\n ,e@f\nX: 2\nSubject: s\nSubject: t\n\nb\n");
  EXPECT_THAT(out, StartsWith("To: a@b\nX: 1\nX-Duplicate-TO: c@d\n ,e@f\nX: 2\nSubject: s\nX-Duplicate-Subject: t\n"));
  EXPECT_THAT(complete("DKIM-Signature: v\nTo: a@b\nTo: c@d\n\nb\n"),
              StartsWith("DKIM-Signature: v\nTo: a@b\nTo: c@d\n"));
}

TEST(LongHeader, CountsTheReceivedFields) {
  const Completion how = completion_without_name();
  LongHeader header(how);
  std::string out;
  std::string_view text = "Received: a\nX: Received: b\n Received: c\nRECEIVED : d\n";
  EXPECT_FALSE(header.feed(text, out));
  EXPECT_EQ(header.received(), 2U);
}

TEST(CompleteHeaders, HoldsNoMoreThanSoMuchOfAHeader) {
  const std::string line = "X-Filler: " + std::string(89, 'x') + "\n";
  std::string header = "Subject: a\nSubject: b\n";
  while (header.size() + line.size() <= kHeldHeader) header += line;
  EXPECT_THAT(complete_headers(header + "\nbody\n", completion_without_name()),
              HasSubstr("\nX-Duplicate-Subject: b\n"));
  std::string longer = header + line + "From: r@x\n\nbody\n";
  const std::string out = complete_headers(longer, completion_without_name());
  EXPECT_THAT(out, StartsWith("Subject: a\nX-Duplicate-Subject: b\nX-Filler"));
  EXPECT_THAT(out, HasSubstr("\nFrom: r@x\nTo: undisclosed-recipients:;\nDate: "));
  EXPECT_THAT(out, Not(HasSubstr("cron@example.net")));
  EXPECT_EQ(complete_headers(out, completion_without_name()), out);
}

TEST(CompleteHeaders, TakesAFieldOfAnyLength) {
  for (const std::size_t length : {std::size_t{70'000}, std::size_t{1'000'000}}) {
    const std::string field = "Subject: " + std::string(length, 's') + "\n";
    const std::string out = complete_headers(field + "From: r@x\n\nbody\n", completion_without_name());
    EXPECT_TRUE(out.starts_with(field + "From: r@x\nTo: ")) << length;
  }
}

}  // namespace
}  // namespace postern::mail
