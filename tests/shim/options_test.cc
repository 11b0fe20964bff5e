#include "sendmail-shim/options.h"
#include "base/text.h"
#include "sendmail-shim/help.h"
#include "support/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
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

TEST(OptionTable, AMissingArgumentCostsTheOptionAlone) {
  for (const OptionRow& row : option_table()) {
    if (row.argument != Argument::required) continue;
    const std::string option = std::string("-") + row.letter;
    for (const std::string& last : {option, "-t" + option.substr(1)}) {
      const auto options = parse({"-t", "root", last});
      ASSERT_TRUE(options) << last;
      EXPECT_EQ(options->mode, Mode::submit);
      EXPECT_EQ(options->source, Recipients::header_too);
      EXPECT_FALSE(options->sender.has_value());
      EXPECT_THAT(options->recipients, ElementsAre("root"));
      EXPECT_THAT(options->left_out, ElementsAre(HasSubstr(option))) << last;
    }
  }
}

TEST(OptionTable, RowsAndActionsAgree) {
  for (const OptionRow& row : option_table()) {
    EXPECT_EQ(row.act != nullptr, row.use == Use::acted_on) << row.letter;
    EXPECT_EQ(row.note.empty(), row.use == Use::ignored) << row.letter;
    if (row.use != Use::refused) continue;
    EXPECT_EQ(parse({std::string("-") + row.letter}).error().code, EX_USAGE);
  }
}

TEST(OptionTable, EveryOtherByteIsWrongUsage) {
  std::string known = "-";
  for (const OptionRow& row : option_table()) known += row.letter;
  for (int byte = 1; byte < 256; ++byte) {
    const char letter = static_cast<char>(byte);
    if (known.find(letter) != std::string::npos) continue;
    for (const std::string& word :
         {std::string("-") + letter, std::string("-") + letter + "s", std::string("-i") + letter}) {
      const auto options = parse({"-t", word, "-odb", "rcpt@x"});
      ASSERT_FALSE(options) << byte;
      EXPECT_EQ(options.error().code, EX_USAGE);
      EXPECT_FALSE(has_control(options.error().text)) << byte;
    }
  }
}

TEST(OptionTable, UnknownLongOptionsAreWrongUsage) {
  for (const std::string word : {"--read-recipients", "--x", "---", "--helper", "--version=2", "--t\n"}) {
    const auto options = parse({"-t", word, "rcpt@x"});
    ASSERT_FALSE(options) << word;
    EXPECT_EQ(options.error().code, EX_USAGE) << word;
    EXPECT_FALSE(has_control(options.error().text)) << word;
  }
  EXPECT_THAT(parse({"--", "--x"})->recipients, ElementsAre("--x"));
}

TEST(OptionTable, HelpAndVersionAreAskedForByLongNames) {
  for (const Personality as : {Personality::sendmail, Personality::mailq, Personality::newaliases}) {
    EXPECT_EQ(parse({"--help"}, as)->mode, Mode::help);
    EXPECT_EQ(parse({"-t", "--version", "root"}, as)->mode, Mode::version);
    const std::string help = help_text(as);
    for (const OptionRow& row : option_table()) {
      if (row.use == Use::refused) continue;
      EXPECT_THAT(help, HasSubstr(std::string(" -") + row.letter)) << row.letter;
    }
    for (const ModeRow& row : mode_table()) {
      if (row.use == Use::acted_on) {
        EXPECT_THAT(help, HasSubstr(std::string(" -b") + row.letter + " ")) << row.letter;
      }
    }
  }
}

/// Every form of -O and -o in which a caller may say that a setting is on or off.
TEST(SettingTable, EverySettingIsTakenInEveryForm) {
  const std::vector<std::pair<std::string, bool>> values = {
      {"", true},     {"=", true},    {"=true", true}, {"=True", true},  {"=T", true},
      {"=yes", true}, {"=y", true},   {"=1", true},    {"= true", true}, {"=false", false},
      {"=F", false},  {"=no", false}, {"=N", false},   {"=0", false},    {"= False", false}};
  const auto is_on = [](const SettingRow& row, const Options& options) {
    return row.letter == 'i' ? options.dot == DotLine::is_text : options.talk == Talk::verbose;
  };
  for (const SettingRow& row : setting_table()) {
    const std::string name(row.name);
    for (const auto& [value, on] : values) {
      std::vector<std::string> settings = {name + value, to_lower(name) + value, to_upper(name) + value,
                                           name + " " + value};
      for (std::size_t size = 1; size < name.size(); ++size) settings.push_back(name.substr(0, size) + value);
      for (const std::string& setting : settings) {
        const std::vector<std::vector<std::string>> lines = {
            {"-O" + setting}, {"-O", setting}, {"-tO", setting}, {"-tO" + setting}};
        for (std::vector<std::string> line : lines) {
          line.push_back("rcpt@x");
          const auto options = parse(line);
          ASSERT_TRUE(options) << setting;
          EXPECT_EQ(is_on(row, *options), on) << setting;
          EXPECT_THAT(options->recipients, ElementsAre("rcpt@x")) << setting;
          EXPECT_TRUE(options->left_out.empty()) << setting;
        }
      }
      if (value.starts_with('=') && value.size() > 1) {
        const std::string letter = std::string("-o") + row.letter + value.substr(1);
        EXPECT_EQ(is_on(row, *parse({letter})), on || value[1] == ' ') << letter;
      }
    }
    EXPECT_TRUE(is_on(row, *parse({std::string("-o") + row.letter})));
    EXPECT_TRUE(is_on(row, *parse({"-o", std::string(1, row.letter)})));
  }
}

TEST(SettingTable, AllOthersAreTakenAndChangeNothing) {
  std::vector<std::string> words = {"-OQueueDirectory=/tmp", "-OErrorMode=m", "-ODeliveryMode=b",
                                    "-OIgnoreDotsX",         "-O=true",       "-OXIgnoreDots=true",
                                    "-Orequiretls=yes",      "-Osmtputf8=yes"};
  for (int letter = '!'; letter < 0x7F; ++letter) {
    if (letter != 'i' && letter != 'v') words.push_back(std::string("-o") + static_cast<char>(letter) + "x");
  }
  for (const std::string& word : words) {
    const auto options = parse({word, "rcpt@x"});
    ASSERT_TRUE(options) << word;
    EXPECT_EQ(options->mode, Mode::submit) << word;
    EXPECT_EQ(options->dot, DotLine::ends) << word;
    EXPECT_EQ(options->talk, Talk::quiet) << word;
    EXPECT_FALSE(options->sender.has_value()) << word;
    EXPECT_THAT(options->recipients, ElementsAre("rcpt@x")) << word;
    EXPECT_TRUE(options->left_out.empty()) << word;
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
  for (const SettingRow& row : setting_table()) {
    EXPECT_THAT(page, HasSubstr("Cm " + std::string(row.name))) << row.name;
    EXPECT_THAT(page, HasSubstr(std::string("Fl o") + row.letter)) << row.name;
  }
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

/// In every order, since callers put the recipients last and their own options anywhere.
TEST(Options, AMessageForAModeThatReadsNoneIsRefused) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> modes = {
      {{"-q"}, "-q"},         {{"-q5m"}, "-q"},     {{"-qf"}, "-q"},      {{"-qRroot"}, "-q"}, {{"-bp"}, "-bp"},
      {{"-bp", "-q"}, "-bp"}, {{"-bi"}, "-bi"},     {{"-I"}, "-I"},       {{"-iq"}, "-q"},     {{"-iI"}, "-I"},
      {{"-q", "-bp"}, "-bp"}, {{"-b", "p"}, "-bp"}, {{"-bm", "-q"}, "-q"}};
  const std::vector<std::vector<std::string>> without = {
      {}, {"-v"}, {"-i"}, {"-OQueueDirectory=/x"}, {"-oQ/x", "-f", "root"}, {"-Ac"}};
  const std::vector<std::vector<std::string>> with = {{"root"},       {"-t"},      {"-ti"}, {"-t", "-i"},
                                                      {"--", "root"}, {"a", "-t"}, {""}};
  const auto refused = [](std::vector<std::string> words, const std::vector<std::string>& more, Personality as) {
    words.insert(words.end(), more.begin(), more.end());
    const auto options = parse(words, as);
    EXPECT_TRUE(options) << words.back();
    return options ? refused_with_message(*options, as) : std::nullopt;
  };
  constexpr auto kSendmail = Personality::sendmail;
  for (const auto& [mode, name] : modes) {
    for (const auto& more : without) {
      EXPECT_FALSE(refused(mode, more, kSendmail)) << name;
      EXPECT_FALSE(refused(more, mode, kSendmail)) << name;
    }
    for (const auto& more : with) {
      std::vector<std::optional<Exit>> both = {refused(mode, more, kSendmail)};
      if (more.front() != "--") both.push_back(refused(more, mode, kSendmail));
      for (const std::optional<Exit>& exit : both) {
        ASSERT_TRUE(exit) << name << more.front();
        EXPECT_EQ(exit->code, EX_USAGE);
        EXPECT_EQ(exit->text, name + " takes no message: leave out the recipients and -t");
      }
    }
  }
  for (const auto as : {Personality::mailq, Personality::newaliases}) {
    const std::string name = as == Personality::mailq ? "mailq" : "newaliases";
    for (const auto& more : without) EXPECT_FALSE(refused({}, more, as)) << name;
    for (const auto& more : with) EXPECT_EQ(refused({}, more, as)->text.substr(0, name.size() + 6), name + " takes");
  }
  EXPECT_FALSE(refused({"-q"}, {}, Personality::mailq));
  // What reads a message, or says that it does nothing with one.
  for (const std::string mode : {"-bm", "-ba", "-bs", "-bv", "--help", "--version"}) {
    for (const auto& more : with) EXPECT_FALSE(refused({mode}, more, kSendmail)) << mode;
  }
  EXPECT_FALSE(refused({"-q", "-bm"}, {"root"}, kSendmail));
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

  // PHP's mail() with a sendmail_path of old.
  EXPECT_EQ(parse({"-ba", "-t", "-i"})->mode, Mode::submit);
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
  for (const std::string sender : {"a@b,c@d", "a b", "\"a\" -oQ/tmp -X/x b\"@x", "a@", "a@b c", "Bob <>"}) {
    const auto options = parse({"-f", sender});
    ASSERT_TRUE(options) << sender;
    EXPECT_FALSE(options->sender.has_value()) << sender << " must not cost the message";
    EXPECT_FALSE(options->unread_sender.empty()) << sender;
  }
  EXPECT_EQ(parse({"-f", "a b", "-f", "c@d"})->unread_sender, "");
  EXPECT_FALSE(parse({"-f", "c@d", "-f", "a b"})->sender.has_value()) << "the last one counts";
}

TEST(Options, C26_C27_AControlCharacterInANameOrSenderIsRefused) {
  for (const std::string option : {"-F", "-f", "-r"}) {
    for (int byte = 1; byte < 256; ++byte) {
      const std::string c(1, static_cast<char>(byte));
      if (!has_control(c) || c == "\t") continue;
      const auto options = parse({option, "x" + c + "Bcc: evil@x", "root"});
      ASSERT_FALSE(options) << option << byte;
      EXPECT_EQ(options.error().code, EX_USAGE);
      EXPECT_FALSE(has_control(options.error().text)) << option << byte;
    }
    EXPECT_TRUE(parse({option, " a@b\n", "root"})) << "of $(command)";
    EXPECT_TRUE(parse({option, "a@b\t", "root"}));
    EXPECT_EQ(parse({"-F", "Web\tTeam", "root"})->full_name, "Web Team");
  }
}

TEST(Options, WhatIsNoValueCostsTheOptionAlone) {
  std::vector<std::pair<std::string, std::string>> wrong = {
      {"-R", "some"}, {"-B", "BINARYMIME"}, {"-V", std::string(101, 'x')}, {"-V", "\u00e4"}};
  for (const std::string notify : {"x", "never,failure", "sometimes", "success,", ",", "failure,never", "failure delay",
                                   " ", "failure, ,delay", "never, never", "never ,"})
    wrong.emplace_back("-N", notify);
  for (const std::string option : {"-V", "-N", "-R", "-B"}) {
    for (int byte = 1; byte < 0x20; ++byte)
      wrong.emplace_back(option, std::string("x") + static_cast<char>(byte) + "y");
  }
  for (const auto& [option, value] : wrong) {
    const auto options = parse({option, value, "-t", "rcpt@x"});
    ASSERT_TRUE(options) << option << value;
    EXPECT_EQ(options->notify + options->ret + options->envid, "") << option << value;
    EXPECT_EQ(options->source, Recipients::header_too);
    EXPECT_THAT(options->recipients, ElementsAre("rcpt@x"));
    ASSERT_THAT(options->left_out, ElementsAre(HasSubstr(option))) << value;
    EXPECT_FALSE(has_control(options->left_out[0])) << value;
  }
}

TEST(Options, C46_DsnValuesAreTaken) {
  EXPECT_EQ(parse({"-N", "Success,delay,failure"})->notify, "SUCCESS,DELAY,FAILURE");
  EXPECT_EQ(parse({"-N", "never"})->notify, "NEVER");
  for (const std::string notify :
       {"failure,delay", "failure, delay", " failure ,delay", "failure , delay ", "failure,\tdelay\n"}) {
    const auto options = parse({"-N", notify, "root"});
    EXPECT_EQ(options->notify, "FAILURE,DELAY") << notify;
    EXPECT_TRUE(options->left_out.empty()) << notify;
  }
  EXPECT_EQ(parse({"-N", " never "})->notify, "NEVER");
  EXPECT_EQ(parse({"-R", "Hdrs"})->ret, "HDRS");
  EXPECT_EQ(parse({"-V", std::string(100, 'x')})->envid, std::string(100, 'x'));
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
