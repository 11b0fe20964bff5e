// What the delivery log says of reports to the sender.
#include "spool/format.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::spool {
namespace {

LogLine line(mail::Verdict verdict, Note note) {
  return LogLine{WallTime(Seconds(1'800'000'000)), "bob@example.net", {verdict, 550, "5.1.1", "no such user"}, note};
}

TEST(LogNote, EveryVerdictReadsBackWithItsNote) {
  for (const mail::Verdict verdict : {mail::Verdict::delivered, mail::Verdict::deferred, mail::Verdict::failed}) {
    for (const Note note : {Note::none, Note::untold, Note::warned, Note::doubtful}) {
      const auto text = log_text(line(verdict, note));
      ASSERT_TRUE(text);
      const auto parsed = parse_log(*text);
      ASSERT_TRUE(parsed);
      ASSERT_EQ(parsed->lines.size(), 1U) << *text;
      EXPECT_EQ(parsed->lines[0].status.verdict, verdict);
      EXPECT_EQ(parsed->lines[0].note, note);
      EXPECT_EQ(parsed->lines[0].status.text, "no such user");
    }
  }
}

TEST(LogNote, AWordThatIsNotKnownIsSkippedAsOlderProgramsSkipOurs) {
  const std::string plain = *log_text(line(mail::Verdict::failed, Note::none));
  EXPECT_NE(plain.find(" failed 550 "), std::string::npos);
  for (const std::string word : {"failed-", "failed-told", "failed-doubt", "untold", "-untold", "failed-untold-x"}) {
    std::string text = plain;
    text.replace(text.find("failed"), 6, word);
    const auto parsed = parse_log(text);
    ASSERT_TRUE(parsed) << "nothing is wrong with the file";
    EXPECT_TRUE(parsed->lines.empty()) << text;
    EXPECT_EQ(parsed->length, text.size());
  }
}

}  // namespace
}  // namespace postern::spool
