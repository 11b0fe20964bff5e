#include "smtp/parameters.h"

#include "smtp/limits.h"

#include <gtest/gtest.h>

#include <limits>

namespace postern::smtp {
namespace {

Parsed<MailParameters> mail(std::string keyword, std::string value) {
  return parse_mail_parameters({{std::move(keyword), std::move(value)}}, PrivateParameters::allow);
}

int mail_code(std::string keyword, std::string value) {
  const auto parsed = mail(std::move(keyword), std::move(value));
  return parsed ? 250 : parsed.error().code;
}

int rcpt_code(std::string keyword, std::string value) {
  const auto parsed = parse_rcpt_parameters({{std::move(keyword), std::move(value)}});
  return parsed ? 250 : parsed.error().code;
}

unsigned notify(std::string value) {
  const auto parsed = parse_rcpt_parameters({{"NOTIFY", std::move(value)}});
  EXPECT_TRUE(parsed);
  return parsed ? parsed->notify : 0;
}

TEST(MailParameters, S12_U06_HoldSizesOfUpTo20Digits) {
  EXPECT_EQ(mail("SIZE", "0")->size, 0U);
  EXPECT_EQ(mail("SIZE", "123")->size, 123U);
  EXPECT_EQ(mail("SIZE", std::string(20, '9'))->size, std::numeric_limits<std::uint64_t>::max());
  for (const char* const value : {"", "-1", "+5", "1e3", "0x10", "1 ", "12a", "100000000000000000000000"}) {
    EXPECT_EQ(mail_code("SIZE", value), 501) << value;
  }
  EXPECT_EQ(mail_code("SIZE", std::string(21, '0')), 501);
}

TEST(MailParameters, KnowTheBodyTypesOfRfc6152Only) {
  EXPECT_EQ(mail("BODY", "8bitmime")->body, mail::BodyType::eight_bit);
  EXPECT_EQ(mail("BODY", "7BIT")->body, mail::BodyType::seven_bit);
  EXPECT_EQ(mail_code("BODY", "BINARYMIME"), 555);
  EXPECT_EQ(mail_code("BODY", ""), 501);
}

TEST(MailParameters, HoldTheRequestForUtf8) {
  EXPECT_TRUE(mail("SMTPUTF8", "")->smtputf8);
  EXPECT_EQ(mail_code("SMTPUTF8", "1"), 501);
}

TEST(MailParameters, HoldRet) {
  EXPECT_EQ(mail("RET", "full")->ret, mail::Return::full);
  EXPECT_EQ(mail("RET", "HDRS")->ret, mail::Return::headers);
  EXPECT_EQ(mail_code("RET", "X"), 501);
  EXPECT_EQ(mail_code("RET", ""), 501);
}

TEST(MailParameters, S23_HoldEnvidAsXtextOfPrintableBytes) {
  EXPECT_EQ(mail("ENVID", "QQ314159+2B")->envid, "QQ314159+2B");
  EXPECT_EQ(mail_code("ENVID", "a+20b"), 250);
  EXPECT_EQ(mail_code("ENVID", std::string(100, 'x')), 250);
  EXPECT_EQ(mail_code("ENVID", std::string(101, 'x')), 501);
  for (const char* const value : {"", "+", "+2", "+2b", "+0A", "+00", "+7F", "+80", "a=b", "a b"}) {
    EXPECT_EQ(mail_code("ENVID", value), 501) << value;
  }
}

TEST(MailParameters, CheckAuthAndForgetIt) {
  EXPECT_EQ(mail_code("AUTH", "<>"), 250);
  EXPECT_EQ(mail_code("AUTH", "e+3Dmc2@example.com"), 250);
  EXPECT_EQ(mail_code("AUTH", "a+0Ab@c"), 501);
  EXPECT_EQ(mail_code("AUTH", ""), 501);
}

TEST(MailParameters, HoldTheSubmissionIdOnlyWhereItIsOffered) {
  const std::string id = "0123456789ABCDEF0123456789abcdef";
  EXPECT_EQ(mail("XSUBMISSION", id)->submission_id, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(mail_code("XSUBMISSION", id.substr(1)), 501);
  EXPECT_EQ(mail_code("XSUBMISSION", id + "0"), 501);
  EXPECT_EQ(mail_code("XSUBMISSION", id.substr(1) + "g"), 501);
  EXPECT_EQ(parse_mail_parameters({{"XSUBMISSION", id}}, PrivateParameters::refuse).error().code, 555);
}

TEST(MailParameters, RefuseWhatIsNotOffered) {
  for (const char* const keyword : {"REQUIRETLS", "MT-PRIORITY", "BY", "HOLDFOR", "NOTIFY", "ORCPT", "X"}) {
    EXPECT_EQ(mail_code(keyword, ""), 555) << keyword;
  }
}

TEST(RcptParameters, HoldEveryCombinationOfNotify) {
  EXPECT_EQ(notify("NEVER"), mail::kNotifyNever);
  const char* const names[] = {"success", "FAILURE", "Delay"};
  for (unsigned bits = 1; bits < 8; ++bits) {
    std::string value;
    for (unsigned i = 0; i < 3; ++i) {
      if ((bits & (1U << i)) != 0) value += std::string(value.empty() ? "" : ",") + names[i];
    }
    EXPECT_EQ(notify(value), bits << 1U) << value;
    EXPECT_EQ(rcpt_code("NOTIFY", "NEVER," + value), 501);
    EXPECT_EQ(rcpt_code("NOTIFY", value + ",NEVER"), 501);
  }
  for (const char* const value : {"", ",", "SUCCESS,", ",SUCCESS", "SUCCESS,,DELAY", "ALWAYS"}) {
    EXPECT_EQ(rcpt_code("NOTIFY", value), 501) << value;
  }
}

TEST(RcptParameters, S23_HoldOrcpt) {
  EXPECT_EQ(parse_rcpt_parameters({{"ORCPT", "rfc822;a+2Bb@c"}})->orcpt, "rfc822;a+2Bb@c");
  EXPECT_EQ(rcpt_code("ORCPT", "utf-8;\xC3\xA4@example.net"), 250);
  EXPECT_EQ(rcpt_code("ORCPT", "rfc822;" + std::string(493, 'x')), 250);
  EXPECT_EQ(rcpt_code("ORCPT", "rfc822;" + std::string(494, 'x')), 501);
  for (const char* const value : {"", "a@b", ";a@b", "rfc822;", "rfc822;a+0Ab", "rfc822;a+00", "rfc822;a+b", "rf c;a",
                                  "rfc822;\xC3\xA4@c", "utf-8;\xC3@c"}) {
    EXPECT_EQ(rcpt_code("ORCPT", value), 501) << value;
  }
}

TEST(RcptParameters, RefuseWhatIsNotOffered) {
  EXPECT_EQ(rcpt_code("SIZE", "1"), 555);
  EXPECT_EQ(rcpt_code("RRVS", "2014-04-03T23:01:00Z"), 555);
}

TEST(MailParameters, UnreadTextsComeBackAsTheyWereGiven) {
  using Texts = std::vector<std::string>;
  for (const Texts& texts : std::vector<Texts>{{"Web Team (sales"},
                                               {"a", "b@", "<>"},
                                               {"+=%,;\""},
                                               {"\xC3\xBC x", "\\x5c"},
                                               Texts(mail::kMostUnread, "x"),
                                               {std::string(mail::kLongestUnread, 'x')}}) {
    const std::string value = unread_value(texts, 0, limits::kUnread);
    EXPECT_LE(value.size(), limits::kUnread);
    EXPECT_EQ(mail("XUNREAD", value)->unread, texts) << value;
  }
}

TEST(MailParameters, UnreadTextsAreBoundedAndTellHowManyAreMissing) {
  for (std::size_t count = 1; count < 60; ++count) {
    for (const std::size_t size : {1U, 30U, 100U, 500U}) {
      for (const std::size_t more : {0U, 7U}) {
        const std::vector<std::string> texts(count, std::string(size, ' ') + "\xC3\xBC");
        const std::string value = unread_value(texts, more, limits::kUnread);
        ASSERT_LE(value.size(), limits::kUnread);
        const auto back = mail("XUNREAD", value);
        ASSERT_TRUE(back) << value;
        ASSERT_LE(back->unread.size(), mail::kMostUnread);
        std::size_t told = back->unread.size();
        if (const std::string& last = back->unread.back(); last.starts_with("(and ")) {
          told += std::stoul(last.substr(5)) - 1;
        }
        ASSERT_EQ(told, count + more) << value;
      }
    }
  }
}

TEST(MailParameters, RefuseUnreadTextsThatAreNotFitForALine) {
  for (const std::string& value :
       {std::string(""), std::string("a b"), std::string("a+0"), std::string("a+0A"), std::string("+0Aa"),
        std::string("a+0A+0Ab"), std::string("a+00"), std::string("a+0D"), std::string("a+1B[2J"), std::string("a+FF"),
        std::string("a+5Cb"), std::string(mail::kLongestUnread + 1, 'x'), std::string(limits::kUnread + 1, '+')}) {
    EXPECT_EQ(mail_code("XUNREAD", value), 501) << value;
    EXPECT_EQ(mail_code("XSENDER", value), 501) << value;
  }
  std::string many = "x";
  for (std::size_t i = 0; i < mail::kMostUnread; ++i) many += "+0Ax";
  EXPECT_EQ(mail_code("XUNREAD", many), 501);
  EXPECT_EQ(mail_code("XSENDER", "a+0Ab"), 501) << "one alone";
  for (const std::string keyword : {"XUNREAD", "XSENDER"}) {
    EXPECT_EQ(parse_mail_parameters({{keyword, "x"}}, PrivateParameters::refuse).error().code, 555);
  }
}

}  // namespace
}  // namespace postern::smtp
