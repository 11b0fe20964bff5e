#include "sendmail-shim/options.h"

#include "base/text.h"
#include "support/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace postern::shim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Outcome<Options> parse(const std::vector<std::string>& words, Personality as = Personality::sendmail) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return parse_options(as, arguments);
}

/// A value every row takes.
std::string value_for(char letter) {
  switch (letter) {
    case 'B': return "8BITMIME";
    case 'b': return "m";
    case 'N': return "never";
    case 'R': return "full";
    default: return "x";
  }
}

TEST(OptionTable, EveryLetterEatsExactlyItsOwnArgument) {
  for (const OptionRow& row : option_table()) {
    if (row.use == Use::refused) continue;
    const std::string option = std::string("-") + row.letter;
    const std::string value = value_for(row.letter);
    std::vector<std::vector<std::string>> lines;
    if (row.argument == Argument::none)
      lines = {{option, "rcpt@x"}, {option + "i", "rcpt@x"}, {"-i" + option.substr(1), "rcpt@x"}};
    if (row.argument == Argument::required)
      lines = {{option, value, "rcpt@x"}, {option + value, "rcpt@x"}, {"-i" + option.substr(1), value, "rcpt@x"}};
    if (row.argument == Argument::glued)
      lines = {{option, "rcpt@x"}, {option + value, "rcpt@x"}, {"-i" + option.substr(1) + value, "rcpt@x"}};
    for (const auto& line : lines) {
      const auto options = parse(line);
      ASSERT_TRUE(options) << option << ": " << options.error().text;
      EXPECT_THAT(options->recipients, ElementsAre("rcpt@x")) << option;
    }
  }
}

TEST(OptionTable, AMissingArgumentIsAUsageError) {
  for (const OptionRow& row : option_table()) {
    if (row.argument != Argument::required) continue;
    const auto options = parse({std::string("-") + row.letter});
    ASSERT_FALSE(options) << row.letter;
    EXPECT_EQ(options.error().code, EX_USAGE);
  }
}

TEST(OptionTable, RowsAndActionsAgree) {
  for (const OptionRow& row : option_table()) {
    EXPECT_EQ(row.act != nullptr, row.use == Use::acted_on) << row.letter;
    EXPECT_EQ(!row.note.empty(), row.use == Use::refused) << row.letter;
    if (row.use != Use::refused) continue;
    EXPECT_EQ(parse({std::string("-") + row.letter}).error().code, EX_USAGE);
  }
}

TEST(OptionTable, EveryOtherByteIsAUsageError) {
  std::string known;
  for (const OptionRow& row : option_table()) known += row.letter;
  for (int byte = 1; byte < 256; ++byte) {
    const char letter = static_cast<char>(byte);
    if (known.find(letter) != std::string::npos) continue;
    const std::string word = std::string("-") + letter + "x";
    const auto options = parse({word});
    ASSERT_FALSE(options) << byte;
    EXPECT_EQ(options.error().code, EX_USAGE);
  }
}

TEST(OptionTable, C47_TheManualPageSaysTheSame) {
  std::ifstream file(test::tree("../man/sendmail.1"));
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  for (const OptionRow& row : option_table()) {
    const std::string item = std::string("\n.It Fl ") + row.letter;
    const std::size_t at = page.find(item);
    ASSERT_NE(at, std::string::npos) << row.letter;
    const std::size_t text = page.find('\n', at + 1) + 1;
    const std::string_view words = std::string_view(page).substr(text, 7);
    EXPECT_EQ(words == "Ignored", row.use == Use::ignored) << row.letter;
    EXPECT_EQ(words == "Refused", row.use == Use::refused) << row.letter;
  }
  for (const ModeRow& row : mode_table()) EXPECT_THAT(page, HasSubstr(std::string("Fl b") + row.letter)) << row.letter;
}

TEST(ModeTable, C12_EveryModeWorksOrIsRefused) {
  for (const ModeRow& row : mode_table()) {
    const auto options = parse({std::string("-b") + row.letter});
    ASSERT_EQ(options.has_value(), row.use == Use::acted_on) << row.letter;
    if (options) {
      EXPECT_EQ(options->mode, row.mode);
    } else {
      EXPECT_EQ(options.error().code, EX_USAGE);
    }
  }
  EXPECT_EQ(parse({"-bz"}).error().code, EX_USAGE);
}

TEST(Options, RealCallersAreUnderstood) {
  auto cron = parse({"-i", "-FCronDaemon", "-B8BITMIME", "-oem", "root"});
  ASSERT_TRUE(cron);
  EXPECT_EQ(cron->full_name, "CronDaemon");
  EXPECT_EQ(cron->dot, DotLine::is_text);
  EXPECT_THAT(cron->recipients, ElementsAre("root"));

  auto cronie = parse({"-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "joe"});
  ASSERT_TRUE(cronie);
  EXPECT_EQ(cronie->sender, "joe");
  EXPECT_EQ(cronie->source, Recipients::header_too);
  EXPECT_TRUE(cronie->recipients.empty());

  auto busybox = parse({"-ti"});
  ASSERT_TRUE(busybox);
  EXPECT_EQ(busybox->source, Recipients::header_too);
  EXPECT_EQ(busybox->dot, DotLine::is_text);

  auto mutt = parse({"-oem", "-oi", "-B8BITMIME", "-f", "a@b", "-N", "failure,delay", "-R", "hdrs", "--", "-oXfile@x"});
  ASSERT_TRUE(mutt);
  EXPECT_EQ(mutt->notify, "FAILURE,DELAY");
  EXPECT_EQ(mutt->ret, "HDRS");
  EXPECT_THAT(mutt->recipients, ElementsAre("-oXfile@x"));

  EXPECT_EQ(parse({"-bs", "-odb", "-oem"})->mode, Mode::smtp);
  EXPECT_EQ(parse({"-froot", "boco"})->sender, "root");
  EXPECT_EQ(parse({"-q15m"})->mode, Mode::flush);
  EXPECT_EQ(parse({}, Personality::mailq)->mode, Mode::list);
  EXPECT_EQ(parse({"-q"}, Personality::mailq)->mode, Mode::list);
  EXPECT_EQ(parse({}, Personality::newaliases)->mode, Mode::aliases);
}

TEST(Options, C07_C08_TheSenderIsOneAddressOrNone) {
  EXPECT_EQ(parse({"-f", ""})->sender, "");
  EXPECT_EQ(parse({"-f", "<>"})->sender, "");
  EXPECT_EQ(parse({"-f", "a@b", "-r", "c@d"})->sender, "c@d");
  EXPECT_EQ(parse({"-fName <a@b>"})->sender, "a@b");
  EXPECT_FALSE(parse({"x"})->sender.has_value());
  EXPECT_EQ(parse({"-f", "a@b\n"})->sender, "a@b") << "of $(command)";
  EXPECT_EQ(parse({"-f", "taro..y@docomo.example."})->sender, "\"taro..y\"@docomo.example");
  EXPECT_EQ(parse({"-f", "\"Web Team <a@b>"})->sender, "a@b");
  for (const std::string sender :
       {"a@b\r\nRCPT TO:<c@d>", "a@b,c@d", "a b", "\"a\" -oQ/tmp -X/x b\"@x", "a@", "a@b c", "a@b\x01", "Bob <>"}) {
    const auto options = parse({"-f", sender});
    ASSERT_TRUE(options) << sender;
    EXPECT_FALSE(options->sender.has_value()) << sender << " must not cost the message";
    EXPECT_FALSE(options->unread_sender.empty()) << sender;
    EXPECT_EQ(options->unread_sender.find_first_of("\r\n\x01"), std::string::npos);
  }
  EXPECT_EQ(parse({"-f", "a b", "-f", "c@d"})->unread_sender, "");
  EXPECT_FALSE(parse({"-f", "c@d", "-f", "a b"})->sender.has_value()) << "the last one counts";
}

TEST(Options, C26_C27_ControlBytesAreRefusedInEveryValueThatIsUsed) {
  for (int byte = 1; byte < 0x20; ++byte) {
    const std::string value = std::string("x") + static_cast<char>(byte) + "y";
    for (const char letter : {'F', 'V', 'N', 'R', 'B'}) {
      EXPECT_FALSE(parse({std::string("-") + letter, value})) << letter << byte;
    }
    // Of a sender nothing is used, and the message goes under the caller's name.
    for (const std::string option : {"-f", "-r"}) {
      const auto options = parse({option, value});
      ASSERT_TRUE(options) << option << byte;
      EXPECT_FALSE(options->sender.has_value()) << option << byte;
      EXPECT_FALSE(has_control(options->unread_sender)) << option << byte;
    }
  }
}

TEST(Options, C46_DsnValuesAreChecked) {
  for (const std::string notify : {"x", "never,failure", "sometimes", "success,", ",", "failure,never"})
    EXPECT_FALSE(parse({"-N", notify})) << notify;
  EXPECT_EQ(parse({"-N", "Success,delay,failure"})->notify, "SUCCESS,DELAY,FAILURE");
  EXPECT_FALSE(parse({"-R", "some"}));
  EXPECT_FALSE(parse({"-B", "BINARYMIME"}));
  EXPECT_TRUE(parse({"-V", std::string(100, 'x')}));
  EXPECT_FALSE(parse({"-V", std::string(101, 'x')}));
}

TEST(Options, C31_TakesVeryManyArguments) {
  const auto options = parse(std::vector<std::string>(200'000, "a@b"));
  ASSERT_TRUE(options);
  EXPECT_EQ(options->recipients.size(), 200'000U);
}

TEST(Personality, ComesFromTheLastPartOfTheName) {
  EXPECT_EQ(personality("/usr/bin/mailq"), Personality::mailq);
  EXPECT_EQ(personality("newaliases"), Personality::newaliases);
  EXPECT_EQ(personality("/usr/lib/sendmail"), Personality::sendmail);
  EXPECT_EQ(personality(""), Personality::sendmail);
}

}  // namespace
}  // namespace postern::shim
