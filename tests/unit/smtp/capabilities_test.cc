#include "smtp/capabilities.h"

#include <gtest/gtest.h>

namespace postern::smtp {
namespace {

using Names = std::vector<std::string>;

Capabilities parse(std::vector<std::string> lines) {
  lines.insert(lines.begin(), "mx.example.net greets you");
  return Capabilities::parse(Reply{250, std::move(lines)});
}

TEST(Capabilities, AreNoneWithoutKeywords) {
  const Capabilities known = Capabilities::parse(Reply{250, {"PIPELINING AUTH PLAIN"}});
  EXPECT_FALSE(known.pipelining) << "the first line is the server's name";
  EXPECT_TRUE(known.auth.empty());
  EXPECT_FALSE(Capabilities::parse(Reply{}).pipelining);
}

TEST(Capabilities, ComeFromKeywordsInAnyCase) {
  for (const bool lower : {false, true}) {
    Names lines{"PIPELINING", "8BITMIME ", "SMTPUTF8\t", "DSN", "STARTTLS\r", "SIZE 1000", "AUTH Plain"};
    if (lower) {
      for (std::string& line : lines) {
        for (char& c : line) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    const Capabilities known = parse(lines);
    EXPECT_TRUE(known.pipelining && known.eight_bit_mime && known.smtputf8 && known.dsn && known.starttls);
    EXPECT_EQ(known.size, 1000U);
    EXPECT_EQ(known.auth, Names{"PLAIN"});
  }
}

TEST(Capabilities, MatchWholeKeywordsOnly) {
  const Capabilities known =
      parse({"XPIPELINING", "PIPELININGX", "STARTTLS2", "NO DSN", "8BIT", "AUTHX PLAIN", "SIZE9"});
  EXPECT_FALSE(known.pipelining || known.starttls || known.dsn || known.eight_bit_mime || known.size_offered);
  EXPECT_TRUE(known.auth.empty());
}

TEST(Capabilities, ImplyEightBitMimeWithSmtputf8) { EXPECT_TRUE(parse({"SMTPUTF8"}).eight_bit_mime); }

TEST(Capabilities, KnowASizeOnlyIfItIsANumberAboveZero) {
  const auto size = [](std::string line) { return parse({std::move(line)}).size; };
  EXPECT_EQ(size("SIZE 35882577 "), 35882577U);
  EXPECT_EQ(size("SIZE 18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(size("SIZE 4294967296"), 4294967296U);
  for (const char* const line : {"SIZE", "SIZE 0", "SIZE abc", "SIZE -1", "SIZE 1e3", "SIZE 99999999999999999999",
                                 "SIZE 18446744073709551616"}) {
    EXPECT_EQ(size(line), std::nullopt) << line;
    EXPECT_TRUE(parse({line}).size_offered) << line;
  }
}

TEST(Capabilities, KnowLimitsAboveZeroInAnyOrder) {
  const Capabilities known = parse({"LIMITS RCPTMAX=20 rcptdomainmax=1 MailMax=5"});
  EXPECT_EQ(known.mail_max, 5U);
  EXPECT_EQ(known.rcpt_max, 20U);
  for (const char* const line : {"LIMITS", "LIMITS MAILMAX", "LIMITS MAILMAX=", "LIMITS MAILMAX=0 RCPTMAX=0",
                                 "LIMITS MAILMAX=-1 RCPTMAX=x", "LIMITSX MAILMAX=5", "LIMITS =5"}) {
    EXPECT_EQ(parse({line}).mail_max, std::nullopt) << line;
    EXPECT_EQ(parse({line}).rcpt_max, std::nullopt) << line;
  }
}

TEST(Capabilities, UniteAuthLinesOfEveryForm) {
  EXPECT_EQ(parse({"AUTH LOGIN PLAIN"}).auth, (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(parse({"AUTH=LOGIN PLAIN"}).auth, (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(parse({"AUTH=LOGIN"}).auth, Names{"LOGIN"});
  EXPECT_EQ(parse({"auth=login plain"}).auth, (Names{"LOGIN", "PLAIN"}));
  EXPECT_EQ(parse({"AUTH LOGIN PLAIN", "AUTH=LOGIN PLAIN CRAM-MD5"}).auth, (Names{"LOGIN", "PLAIN", "CRAM-MD5"}));
  EXPECT_EQ(parse({"AUTH CRAM-MD5", "DSN", "AUTH PLAIN", "AUTH  LOGIN\tplain  "}).auth,
            (Names{"CRAM-MD5", "PLAIN", "LOGIN"}));
}

TEST(Capabilities, PassOverWhatIsNoMechanismName) {
  EXPECT_TRUE(parse({"AUTH", "AUTH=", "AUTH "}).auth.empty());
  EXPECT_EQ(parse({"AUTH = LOGIN"}).auth, Names{"LOGIN"});
  EXPECT_EQ(parse({std::string("AUTH PLA\0IN LOGIN", 17)}).auth, Names{"LOGIN"});
  EXPECT_EQ(parse({"AUTH PL\x1b[AIN \xC3\xA4 A.B ABCDEFGHIJKLMNOPQRSTU SCRAM-SHA-512-PLUS"}).auth,
            Names{"SCRAM-SHA-512-PLUS"});
}

TEST(Capabilities, KeepAtMost64Mechanisms) {
  std::string line = "AUTH";
  for (int i = 0; i < 300; ++i) line += " M" + std::to_string(i);
  const Capabilities known = parse({line, line, "AUTH PLAIN"});
  ASSERT_EQ(known.auth.size(), 64U);
  EXPECT_EQ(known.auth.front(), "M0");
  EXPECT_EQ(known.auth.back(), "M63");
}

}  // namespace
}  // namespace postern::smtp
