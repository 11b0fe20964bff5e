// Runs every tests/dialogues/server/*.txt against a Dialogue. The language, one item a line:
//
//   # comment
//   @ submission_id           a switch for the file: submission_id, starttls, needs_hello, auth, size N, recipients N
//   C: EHLO me                one line from the client; \xNN is that byte
//   S: 250 exactly this       the next line of the reply, whole
//   S~ 250-                   the next line of the reply begins so
//   = data | close | start_tls | auth      what the pump is told to do next, otherwise `command`
//   ! stored ID | refused CODE ENHANCED TEXT | too_large | tls | auth_ok | auth_failed | long_line
//                             what the pump reports
//   ? sender ADDRESS | recipients A B      what the envelope holds now
#include "base/text.h"
#include "smtp/dialogue.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>

namespace postern::smtp {
namespace {

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(test::tree("dialogues/server"))) {
    if (entry.path().extension() == ".txt") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

std::string unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text.substr(i).starts_with("\\x") && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 2, text.data() + i + 4, value, 16).ptr == text.data() + i + 4) {
      bytes += static_cast<char>(value);
      i += 3;
      continue;
    }
    bytes += text[i];
  }
  return bytes;
}

std::string_view name(Next next) {
  constexpr std::string_view kNames[] = {"command", "data", "start_tls", "auth", "close"};
  return kNames[static_cast<std::size_t>(next)];
}

class Script {
 public:
  void run(const std::filesystem::path& file) {
    config_.hostname = "mx.example.net";
    std::ifstream in(file);
    ASSERT_TRUE(in) << file;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      SCOPED_TRACE(file.filename().string() + ":" + std::to_string(number) + ": " + line);
      take(line);
      if (testing::Test::HasFatalFailure()) return;
    }
    settle();
    EXPECT_GT(replies_, 1) << "a dialogue that says nothing tests nothing";
  }

 private:
  void take(const std::string& line) {
    if (line.empty() || line.starts_with('#')) return;
    const auto words = split_words(line);
    if (line.starts_with("@ ")) {
      ASSERT_FALSE(dialogue_) << "switches come first";
      configure(words);
    } else if (line.starts_with("C: ") || line == "C:") {
      settle();
      react(dialogue().on_line(unescape(std::string_view(line).substr(std::min<std::size_t>(3, line.size())))));
    } else if (line.starts_with("S: ")) {
      EXPECT_EQ(next_line(), line.substr(3));
    } else if (line.starts_with("S~ ")) {
      EXPECT_EQ(next_line().substr(0, line.size() - 3), line.substr(3));
    } else if (line.starts_with("= ")) {
      EXPECT_EQ(name(next_), words.at(1));
      next_ = Next::command;
    } else if (line.starts_with("! ")) {
      settle();
      report(words);
    } else if (line.starts_with("? ")) {
      inspect(words);
    } else {
      FAIL() << "not in the language";
    }
  }

  void configure(const std::vector<std::string_view>& words) {
    if (words.at(1) == "submission_id") {
      config_.submission_id = true;
    } else if (words[1] == "starttls") {
      config_.starttls = true;
    } else if (words[1] == "needs_hello") {
      config_.needs_hello = true;
    } else if (words[1] == "auth") {
      config_.require_auth = true;
      config_.auth = {"PLAIN", "LOGIN"};
    } else if (words[1] == "size") {
      config_.message_size = parse_number(words.at(2)).value();
    } else if (words[1] == "recipients") {
      config_.recipients = parse_number(words.at(2)).value();
    } else {
      FAIL() << "no such switch";
    }
  }

  void report(const std::vector<std::string_view>& words) {
    if (words.at(1) == "stored") {
      react(dialogue().on_stored(QueueId::parse(words.at(2)).value()));
    } else if (words[1] == "refused") {
      const int code = static_cast<int>(parse_number(words.at(2)).value());
      react(dialogue().on_refused({code, std::string(words.at(3)), std::string(words.at(4))}));
    } else if (words[1] == "too_large") {
      react(dialogue().on_refused(dialogue().too_large()));
    } else if (words[1] == "tls") {
      dialogue().on_tls();
    } else if (words[1] == "auth_ok" || words[1] == "auth_failed") {
      react(dialogue().on_auth(words[1] == "auth_ok"));
    } else if (words[1] == "long_line") {
      react(dialogue().on_line_too_long());
    } else {
      FAIL() << "no such report";
    }
  }

  void inspect(const std::vector<std::string_view>& words) {
    const mail::Envelope& envelope = dialogue().envelope();
    if (words.at(1) == "sender") {
      EXPECT_EQ(envelope.sender, words.size() > 2 ? words[2] : "");
      return;
    }
    ASSERT_EQ(words[1], "recipients");
    std::vector<std::string> addresses;
    for (const mail::Recipient& recipient : envelope.recipients) addresses.push_back(recipient.address);
    EXPECT_EQ(addresses, std::vector<std::string>(words.begin() + 2, words.end()));
  }

  Dialogue& dialogue() {
    if (!dialogue_) {
      dialogue_.emplace(config_);
      EXPECT_EQ(dialogue_->greeting(), "220 mx.example.net ESMTP Postern\r\n");
    }
    return *dialogue_;
  }

  void react(const Reaction& reaction) {
    next_ = reaction.next;
    std::string_view reply = reaction.reply;
    while (!reply.empty()) {
      const std::size_t end = reply.find("\r\n");
      ASSERT_NE(end, std::string_view::npos) << "a reply line without its end";
      lines_.emplace_back(reply.substr(0, end));
      reply.remove_prefix(end + 2);
      ++replies_;
    }
  }

  std::string next_line() {
    if (lines_.empty()) return "(no more lines)";
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }

  /// Everything the server said has been compared.
  void settle() {
    EXPECT_TRUE(lines_.empty()) << "not expected: " << (lines_.empty() ? "" : lines_.front());
    EXPECT_EQ(name(next_), "command");
    lines_.clear();
    next_ = Next::command;
  }

  DialogueConfig config_;
  std::optional<Dialogue> dialogue_;
  std::deque<std::string> lines_;
  Next next_ = Next::command;
  int replies_ = 0;
};

class ServerDialogue : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(ServerDialogue, GoesAsWritten) { Script().run(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Text, ServerDialogue, testing::ValuesIn(files()), [](const auto& param) {
  std::string name = param.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace postern::smtp
