#include "setup/terminal.h"

#include "base/text.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace postern::setup {
namespace {

constexpr std::size_t kLongestAnswer = 4096;
constexpr char kInterrupt = '\x03';  // Ctrl-C, where it is no signal

/// A line without its end. Byte by byte, so that nothing of the next line is taken. Nothing: the input has ended.
std::optional<std::string> read_answer() {
  std::string line;
  line.reserve(kLongestAnswer);
  for (char c = 0; line.size() < kLongestAnswer;) {
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 && !line.empty()) return line;  // as printf and password stores write it
    if (got <= 0) break;
    if (c == '\n') return line;
    line += c;
    if (c == kInterrupt) return line;
  }
  wipe(line);
  return std::nullopt;
}

/// Signals that end the program.
constexpr auto kEnding = std::to_array<int>({SIGINT, SIGTERM, SIGHUP, SIGQUIT});

termios shown_before{};  // for the handler, which may use nothing else

/// Lets the terminal show again, and then does what the signal does without a handler.
void show_and_end(int number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &shown_before);
  raise(number);  // it is blocked until this returns
}

/// The terminal shows nothing of what is typed for as long as this lives. Ctrl-C is a character meanwhile, since it is
/// to end the question and not the program.
class Unseen {
 public:
  Unseen() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    changed_ = true;
    shown_before = before_;
    struct sigaction action{};
    action.sa_handler = show_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < kEnding.size(); ++i) {
      sigaction(kEnding.at(i), &action, &handlers_.at(i));
      if (handlers_.at(i).sa_handler == SIG_IGN)
        sigaction(kEnding.at(i), &handlers_.at(i), nullptr);  // as nohup has it
    }
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_cc[VEOL] = static_cast<cc_t>(kInterrupt);  // it ends the line, so that it is seen at once
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Unseen() {
    if (!changed_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kEnding.size(); ++i) sigaction(kEnding.at(i), &handlers_.at(i), nullptr);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
  std::array<struct sigaction, kEnding.size()> handlers_{};
};

class StandardTerminal final : public Terminal {
 public:
  [[nodiscard]] bool interactive() const override { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

  void say(const std::string& text) override {
    std::fputs((text + "\n").c_str(), stdout);
    std::fflush(stdout);
  }

  void complain(const std::string& text) override {
    std::fflush(stdout);
    std::fputs(("postern: " + text + "\n").c_str(), stderr);
  }

  std::optional<std::string> ask(const std::string& question, const std::string& standard) override {
    prompt(question + (standard.empty() ? ": " : " [" + printable(standard) + "]: "));
    auto line = read_answer();
    if (!line) return std::nullopt;
    const std::string_view answer = trim(*line);
    return answer.empty() ? standard : std::string(answer);
  }

  std::optional<Secret> ask_secret(const std::string& question) override {
    std::optional<std::string> line;
    {
      const Unseen unseen;
      prompt(question + " (is not shown): ");
      line = read_answer();
    }
    prompt("\n");
    if (!line || line->find(kInterrupt) != std::string::npos) return std::nullopt;
    if (line->ends_with('\r')) line->pop_back();
    Secret secret(*line);
    wipe(*line);
    return secret;
  }

 private:
  void prompt(const std::string& text) const {
    if (!interactive()) return;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }
};

}  // namespace

std::unique_ptr<Terminal> make_terminal() { return std::make_unique<StandardTerminal>(); }

}  // namespace postern::setup
