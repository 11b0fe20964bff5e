#include "sendmail-shim/drop.h"

#include "base/fd.h"
#include "base/text.h"
#include "mail/headers.h"
#include "smtp/dialogue.h"
#include "smtp/drop_frame.h"
#include "smtp/limits.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace postern::shim {
namespace {

Exit not_dropped(std::string text) { return Exit{EX_TEMPFAIL, std::move(text)}; }

struct Pipe {
  UniqueFd out;
  UniqueFd in;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    out.reset(ends[0]);
    in.reset(ends[1]);
    return true;
  }
};

/// The helper's one line: less than a pipe holds, so it never waits for us to read it.
std::string read_words(int fd) {
  std::string words;
  std::array<char, 512> piece{};
  while (words.size() < 4096) {
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    words.append(piece.data(), static_cast<std::size_t>(count));
  }
  return printable(trim(words));
}

/// 0, or an errno. The helper has our three descriptors in place of the caller's, and no environment.
int start(const std::string& helper, const Pipe& frame, const Pipe& words, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, frame.out.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, words.in.get(), STDERR_FILENO);
  std::string name = "postern-drop";
  std::array<char*, 2> arguments = {name.data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  const int error = ::posix_spawn(&pid, helper.c_str(), &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::optional<Exit> refused_unheard(const Submission& submission, const Delivery& delivery) {
  const mail::HeaderBlock header = mail::parse_headers(submission.text);
  if (mail::count(header, "Received") > smtp::limits::kReceivedLines) {
    return Exit{EX_UNAVAILABLE,
                "the mail daemon does not serve us now, and would refuse a message with too many Received fields"};
  }
  smtp::DialogueConfig config;
  config.hostname = delivery.helo;
  config.message_size = std::numeric_limits<std::uint64_t>::max();  // limits.message_size is the daemon's to know
  config.recipients = 0;
  config.submission_id = true;
  smtp::Dialogue dialogue(config);
  static_cast<void>(dialogue.on_line("EHLO localhost"));
  const std::string lines = commands(submission, delivery, "\n");
  std::optional<Exit> bad;
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::string reply = dialogue.on_line(line).reply;
    if (reply.front() == '2' || reply.front() == '3') continue;
    const std::string_view words = trim(std::string_view(reply));
    const int code = static_cast<int>(parse_number(words.substr(0, 3)).value_or(451));
    const std::size_t blank = words.find(' ', 4);
    const std::string_view enhanced = words.size() > 4 ? words.substr(4, blank - 4) : std::string_view();
    const Exit refused{exit_code_for(code, enhanced), "the mail daemon does not serve us now, and would refuse \"" +
                                                          printable(line.substr(0, 300)) + "\": " + printable(words)};
    if (line.starts_with("RCPT") && enhanced == smtp::kBadRecipient) {
      bad = bad.value_or(refused);  // the others get the message, and the sender is told
      continue;
    }
    return bad.value_or(refused);
  }
  return std::nullopt;
}

std::string drop_helper(std::span<const char* const> places) {
  const auto found = std::ranges::find_if(places, [](const char* place) { return ::access(place, X_OK) == 0; });
  return found == places.end() ? places.front() : *found;
}

Exit drop(const std::string& helper, const Submission& submission, const Delivery& delivery) {
  if (submission.text.size() > smtp::kDropMessage) {
    return not_dropped("the message is too large for the drop directory, which takes 50 MiB");
  }
  const std::string lines = commands(submission, delivery, "\n");
  if (lines.size() > smtp::kDropCommands) return not_dropped("there are too many recipients for the drop directory");
  const smtp::DropFrame frame = smtp::drop_frame(lines, submission.text);
  Pipe input;
  Pipe words;
  if (!input.open() || !words.open()) return not_dropped(helper + ": no pipe can be made: " + std::strerror(errno));
  // A caller that ignores its children would keep us from ours.
  std::signal(SIGCHLD, SIG_DFL);
  pid_t pid = 0;
  if (const int error = start(helper, input, words, pid); error != 0) {
    return not_dropped(helper + " cannot be run: " + std::strerror(error));
  }
  input.out.reset();
  words.in.reset();
  // If it reads no more it has said why.
  static_cast<void>(write_all(input.in.get(), frame.head) && write_all(input.in.get(), submission.text) &&
                    write_all(input.in.get(), frame.tail));
  input.in.reset();
  const std::string said = read_words(words.out.get());
  const int status = wait_for(pid);
  if (status == EX_OK) return Exit{EX_OK, "stored by " + helper + " until the mail daemon is back"};
  return not_dropped(said.empty() ? helper + " ended without a word" : said);
}

}  // namespace postern::shim
