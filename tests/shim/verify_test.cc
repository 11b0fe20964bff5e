#include "sendmail-shim/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Verify : public testing::Test {
 protected:
  Exit run(std::vector<std::string> recipients, std::optional<std::string> sender = {}) {
    Options options;
    options.recipients = std::move(recipients);
    options.sender = std::move(sender);
    const Request request = [this](const std::string& line, const Print& print) {
      lines.push_back(line);
      EXPECT_TRUE(print("told\n"));
      return line.ends_with(wrong) && !wrong.empty() ? answer : Exit{};
    };
    return verify(options, "alice", request, [this](std::string_view text) {
      printed += text;
      return true;
    });
  }

  std::string wrong;  ///< the address that has `answer`
  Exit answer;
  std::vector<std::string> lines;
  std::string printed;
};

TEST_F(Verify, AsksForEveryAddressOfEveryArgument) {
  EXPECT_EQ(run({"root", "a@example.com, B <b@example.com>", "\"x y\"@example.com"}).code, EX_OK);
  EXPECT_THAT(lines, ElementsAre("verify\talice\troot", "verify\talice\ta@example.com", "verify\talice\tb@example.com",
                                 "verify\talice\t\"x y\"@example.com"));
  EXPECT_EQ(printed, "told\ntold\ntold\ntold\n");
}

TEST_F(Verify, NamesTheSenderWhoseMailItWouldBe) {
  run({"root"}, "cron@example.net");
  run({"root"}, "");
  EXPECT_THAT(lines, ElementsAre("verify\tcron@example.net\troot", "verify\t<>\troot"));
}

TEST_F(Verify, AddressesAreNeeded) {
  for (const std::vector<std::string>& nobody :
       {std::vector<std::string>{}, {""}, {" ", "\t"}, {"undisclosed-recipients:;"}}) {
    const Exit exit = run(nobody);
    EXPECT_EQ(exit.code, EX_USAGE);
    EXPECT_THAT(exit.text, HasSubstr("no addresses"));
  }
  EXPECT_EQ(run({"", "root"}).code, EX_OK);
}

TEST_F(Verify, AnArgumentIsReadAsThatOfASubmission) {
  for (const std::string control : {"\r", "\v", "\x7F"}) {
    lines.clear();
    EXPECT_EQ(run({"a@x.example" + control + "b@x.example"}).code, EX_DATAERR);
    EXPECT_THAT(lines, testing::IsEmpty());
  }
  for (const std::string between : {",\t", "\n", "\r\n"}) {
    lines.clear();
    EXPECT_EQ(run({"a@x.example" + between + "b@x.example\n"}).code, EX_OK);
    EXPECT_THAT(lines, ElementsAre("verify\talice\ta@x.example", "verify\talice\tb@x.example"));
  }
}

TEST_F(Verify, WhatIsNoAddressIsToldAndTheOthersAreAskedFor) {
  const Exit exit = run({"a@", "root\n", "root"});
  EXPECT_EQ(exit.code, EX_DATAERR);
  EXPECT_EQ(exit.text, "");
  EXPECT_THAT(printed, HasSubstr("a@... "));
  EXPECT_EQ(lines.back(), "verify\talice\troot");
  for (const std::string& line : lines) EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST_F(Verify, ASlipInAnArgumentCostsItselfAlone) {
  const Exit exit = run({"a@x.example, Bob <>, Two words, b@x.example", "root"});
  EXPECT_EQ(exit.code, EX_DATAERR);
  EXPECT_EQ(exit.text, "");
  EXPECT_THAT(lines, ElementsAre("verify\talice\ta@x.example", "verify\talice\tb@x.example", "verify\talice\troot"));
  EXPECT_EQ(printed,
            "told\ntold\nBob <>... no address can be read in this\nTwo words... no address can be read in this\n"
            "told\n");
}

TEST_F(Verify, TellsHowMuchMoreCannotBeRead) {
  std::string argument = "a@x.example";
  for (int i = 0; i < 500; ++i) argument += ", Two words";
  EXPECT_EQ(run({argument}).code, EX_DATAERR);
  EXPECT_EQ(lines.size(), 1U);
  EXPECT_THAT(printed, HasSubstr("Two words... no address can be read in this\n(and "));
  EXPECT_TRUE(printed.ends_with(" more)\n")) << printed;
}

TEST_F(Verify, TheFirstAnswerThatIsNotWellIsTheExit) {
  wrong = "\tb";
  answer = Exit{EX_TEMPFAIL, ""};
  EXPECT_EQ(run({"a", "b", "c"}).code, EX_TEMPFAIL);
  EXPECT_EQ(lines.size(), 3U);
}

TEST_F(Verify, ADaemonThatCannotBeAskedEndsIt) {
  wrong = "\ta";
  answer = Exit{EX_TEMPFAIL, "nobody is there"};
  EXPECT_EQ(run({"a", "b"}).text, "nobody is there");
  EXPECT_EQ(lines.size(), 1U);
}

}  // namespace
}  // namespace postern::shim
