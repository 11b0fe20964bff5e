#include "smtp/command.h"

#include "mail/address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::smtp {
namespace {

std::string path_of(std::string_view argument, PathKeyword keyword = PathKeyword::from) {
  const auto parsed = parse_path(argument, keyword);
  return parsed ? parsed->path : std::to_string(parsed.error().code);
}

std::string refusal(std::string_view argument, PathKeyword keyword) {
  const auto parsed = parse_path(argument, keyword);
  return parsed ? "accepted" : std::to_string(parsed.error().code) + " " + parsed.error().enhanced;
}

TEST(ParseCommand, SplitsVerbAndArgumentInAnyCaseAndBlanks) {
  for (const std::string_view line :
       {"mail from:<a@b>", "MAIL from:<a@b>", "Mail\tfrom:<a@b> ", "  mAiL  from:<a@b>\t"}) {
    const auto command = parse_command(line);
    ASSERT_TRUE(command) << line;
    EXPECT_EQ(command->verb, "MAIL");
    EXPECT_EQ(command->argument, "from:<a@b>");
  }
  EXPECT_EQ(parse_command("QUIT")->argument, "");
}

TEST(ParseCommand, S25_U05_RefusesEveryControlByteButATab) {
  for (int value = 0; value < 256; ++value) {
    const std::string c(1, static_cast<char>(value));
    const bool control = (value < 32 && value != 9) || value == 127;
    EXPECT_EQ(parse_command("NOOP a" + c + "b").has_error(), control) << value;
    EXPECT_TRUE(parse_command("EHLO a" + c + "b")) << "any words are a name";
  }
}

TEST(ParseCommand, RefusesAVerbThatIsNoWordOfLettersAndDigits) {
  for (const std::string_view line : {"", " ", "\t", "MA\x80IL x", "\xC3\xA4", "<a@b>", "MAIL:FROM", "."}) {
    EXPECT_FALSE(parse_command(line)) << line;
  }
}

TEST(ParsePath, TakesThePathOutOfItsBrackets) {
  EXPECT_EQ(path_of("FROM:<>"), "");
  EXPECT_EQ(path_of("from:<a@example.net>"), "a@example.net");
  EXPECT_EQ(path_of("FROM: <a@example.net>"), "a@example.net");
  EXPECT_EQ(path_of("FROM:a@example.net"), "a@example.net");
  EXPECT_EQ(path_of("FROM:root SIZE=1"), "root");
  EXPECT_EQ(path_of("TO:<postmaster>", PathKeyword::to), "postmaster");
  EXPECT_EQ(path_of("TO:<a@[127.0.0.1]>", PathKeyword::to), "a@[127.0.0.1]");
  EXPECT_EQ(path_of("FROM:<\"a > b\"@example.net> SIZE=1"), "\"a > b\"@example.net");
  EXPECT_EQ(path_of(R"(FROM:<"a\">b"@example.net>)"), R"("a\">b"@example.net)");
}

// What sendmail and the spool write of an address is what they read.
TEST(ParsePath, GivesEveryAddressBackThatParses) {
  std::vector<std::string> addresses;
  for (const std::string base : {"ab@cd", "\"ab\"@cd", "ab@[cd]", "ab", "\"ab\""}) {
    for (std::size_t at = 0; at <= base.size(); ++at) {
      for (int byte = 1; byte < 0x80; ++byte) {
        const char c = static_cast<char>(byte);
        for (const std::string& piece : {std::string(1, c), std::string("\\") + c, std::string(2, c)}) {
          addresses.push_back(std::string(base).insert(at, piece));
        }
      }
    }
  }
  std::size_t valid = 0;
  for (const std::string& given : addresses) {
    for (const std::string& address : mail::read_address_list(given).addresses) {
      ++valid;
      EXPECT_EQ(path_of("TO:<" + address + ">", PathKeyword::to), address);
      EXPECT_EQ(path_of("FROM:<" + address + "> SIZE=1"), address);
    }
  }
  EXPECT_GT(valid, 1000U) << "the test makes addresses at all";
}

// cases/submission/09-blanks-in-path.dlg, each line and its relatives.
TEST(ParsePath, SkipsBlanksThatMeanNothingBetweenTheBrackets) {
  for (const std::string_view path :
       {"< b@example.com>", "<b@example.com >", "<  b@example.com\t>", "<b @example.com>", "<b@ example.com>",
        "<b@example .com>", "<b@example. com>", "< b @ example . com >", "<@route.example:b@example.com>",
        "<@route.example: b@example.com>", "< @route.example , @r2 : b@example.com >", "<b@example.com.>",
        "<b@example.com. >"}) {
    EXPECT_EQ(path_of("TO:" + std::string(path), PathKeyword::to), "b@example.com") << path;
    EXPECT_EQ(path_of("TO: " + std::string(path) + " ", PathKeyword::to), "b@example.com") << path;
  }
  EXPECT_EQ(path_of("TO: b@example.com", PathKeyword::to), "b@example.com");
  EXPECT_EQ(path_of("FROM:< >"), "");
  for (const std::string_view path :
       {"<dr . house@example.com>", "<dr .house@example.com>", "< dr . house @ example. com>"}) {
    EXPECT_EQ(path_of("TO:" + std::string(path), PathKeyword::to), "dr.house@example.com") << path;
  }
  EXPECT_EQ(path_of("TO:< \" b \" @example.com>", PathKeyword::to), "\" b \"@example.com") << "of a quoted string";
  EXPECT_EQ(path_of("TO:<\"\\\" @\"@example.com>", PathKeyword::to), "\"\\\" @\"@example.com");
  for (const std::string_view path :
       {"<\"Bob\" <b@example.com>>", "Bob <b@example.com>", "\"Bob\" <b@example.com>",
        "<@route.example user@example.com>", "<b@example.com>;", "<b@example.com>,<c@example.com>", "<b c@example.com>",
        "<b@example.com c>", "<b@example com>", "<b@example.com", "b@example.com>", "< >", "<@a b:c@d>",
        "<b@example.com> <c@example.com>", "<Dr. house@example.com>", "<Bob Jr. bob@example.com>",
        "<@route.example:Dr. house@example.com>", "<j.\tr. smith@example.com>"}) {
    EXPECT_EQ(refusal("TO:" + std::string(path), PathKeyword::to).substr(0, 4), "501 ") << path;
  }
}

// What settings and templates leave around an address, as in lists of addresses.
TEST(ParsePath, LeavesOutWhatStandsAroundAnAddress) {
  for (const std::string_view path :
       {"'b@example.com'", "<'b@example.com'>", "\"b@example.com\"", "<\"b@example.com\">", "<\"'b@example.com'\">",
        "<\"Bob <b@example.com>\">", "<b@example.com\xC2\xA0>",
        "<\xE2\x80\x8B"
        "b@example.com>",
        "b@example.com\xEF\xBB\xBF",
        "<\xE2\x80\x9C"
        "b@example.com\xE2\x80\x9D>"}) {
    EXPECT_EQ(path_of("TO:" + std::string(path), PathKeyword::to), "b@example.com") << path;
    EXPECT_EQ(path_of("FROM:" + std::string(path) + " SIZE=1"), "b@example.com") << path;
  }
  EXPECT_EQ(path_of("TO:'root'", PathKeyword::to), "root");
  EXPECT_EQ(path_of("TO:<'root'>", PathKeyword::to), "root");
  EXPECT_EQ(path_of("TO:<\"a b\">", PathKeyword::to), "\"a b\"");
  for (const std::string_view path :
       {"<b\xE2\x80\x8B"
        "c@example.com>",
        "<b\xC2\xA0"
        "c@example.com>",
        "<b@exam\xE2\x81\xA0ple.com>", "<\"a@example.com, b@example.com\">", "<''>", "'"}) {
    EXPECT_EQ(refusal("TO:" + std::string(path), PathKeyword::to), "501 5.1.3") << path;
  }
}

TEST(ParsePath, LeavesOutTheBackslashByWhichSendmailIsToldOfAUserWithoutAnAlias) {
  for (const std::string_view argument : {"TO:<\\root>", "TO:\\root", "TO: < \\root >"}) {
    EXPECT_EQ(path_of(std::string(argument), PathKeyword::to), "root") << argument;
  }
  EXPECT_EQ(path_of("FROM:<\\_www>", PathKeyword::from), "_www");
  for (const std::string_view argument :
       {"TO:<\\>", "TO:<\\\\root>", "TO:<\\root@x>", "TO:<ro\\ot>", "TO:<\\@x>", "TO:<root\\>", "TO:<\\-x>"}) {
    EXPECT_FALSE(parse_path(argument, PathKeyword::to)) << argument;
  }
}

TEST(ParsePath, DropsASourceRoute) {
  EXPECT_EQ(path_of("TO:<@a,@b:c@d>", PathKeyword::to), "c@d");
  EXPECT_EQ(path_of("TO:<@a.example:c@d>", PathKeyword::to), "c@d");
  for (const std::string_view argument : {"TO:<@a>", "TO:<@a:>", "TO:<@a b:c@d>", "TO:<@a;x:c@d>", "TO:<@:@:c@d>"}) {
    EXPECT_EQ(refusal(argument, PathKeyword::to), "501 5.1.3") << argument;
  }
}

TEST(ParsePath, S21_RefusesWhatIsNoPath) {
  for (const std::string_view argument : {"", "FROM", "<a@b>", "TO:<a@b>", "FROM:", "FROM:  ", "FROM:<a@b",
                                          "FROM:<\"a>@b", "FROM:<a@b>x", "FROM:<a@b>SIZE=3"}) {
    EXPECT_EQ(refusal(argument, PathKeyword::from), "501 5.5.4") << argument;
  }
  for (const std::string_view argument : {"FROM:<<a@b>>", "FROM:<a b@c>", "FROM:<a@>", "FROM:<@b>", "FROM:<a@b,c@d>",
                                          "FROM:a@b>", "FROM:<a@b..>", "FROM:<a\tb@c>"}) {
    EXPECT_EQ(refusal(argument, PathKeyword::from).substr(0, 4), "501 ") << argument;
  }
  EXPECT_EQ(refusal("TO:<>", PathKeyword::to), "501 5.1.3");
}

TEST(ParsePath, S20_HoldsThePathToItsLimits) {
  const auto accepted = [](std::size_t local, std::size_t domain) {
    std::string name;
    while (name.size() < domain) name += (name.size() % 60 == 59) ? '.' : 'd';
    return parse_path("TO:<" + std::string(local, 'l') + "@" + name + ">", PathKeyword::to).has_value();
  };
  EXPECT_TRUE(accepted(64, 100));
  EXPECT_TRUE(accepted(153, 100)) << "mailboxes in use are longer than 4.5.3.1.1 has it";
  EXPECT_FALSE(accepted(154, 100));
  EXPECT_TRUE(accepted(1, 252)) << "256 bytes with the brackets";
  EXPECT_FALSE(accepted(1, 253));
}

TEST(ParsePath, CollectsParametersInOrder) {
  const auto parsed = parse_path("FROM:<a@b> size=10\tBody=8BITMIME  SMTPUTF8", PathKeyword::from);
  ASSERT_TRUE(parsed);
  const std::vector<std::pair<std::string, std::string>> want{{"SIZE", "10"}, {"BODY", "8BITMIME"}, {"SMTPUTF8", ""}};
  EXPECT_EQ(parsed->parameters, want);
}

TEST(ParsePath, RefusesMalformedAndRepeatedParameters) {
  for (const std::string_view words : {"SIZE=", "=3", "SI_ZE=3", "-X=1", "SIZE=1=2", "SIZE=1 SIZE=1",
                                       "size=1 BODY=7BIT SIZE=2", "SMTPUTF8 smtputf8", "<b@c>"}) {
    EXPECT_EQ(refusal("FROM:<a@b> " + std::string(words), PathKeyword::from), "501 5.5.4") << words;
  }
}

TEST(ParsePath, TakesHostileNamesAsPlainData) {
  for (const std::string_view local : {"`id`", "$HOME", "a|b", "a/b", "\"/../x\"", "%s%n", "{}", "-oQ/tmp"}) {
    const std::string path = std::string(local) + "@example.net";
    EXPECT_EQ(path_of("TO:<" + path + ">", PathKeyword::to), path);
  }
  EXPECT_EQ(path_of("TO:<a;b@c>", PathKeyword::to), "501") << "';' needs quotes";
}

}  // namespace
}  // namespace postern::smtp
