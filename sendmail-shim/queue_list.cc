#include "sendmail-shim/queue_list.h"

#include "mail/tally.h"
#include "sendmail-shim/channel.h"

#include <dirent.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace postern::shim {
namespace {

// Without a byte of the list. check_mailq gives up after 15 seconds, and then waits for us to end: a daemon that hangs
// must not make it hang.
constexpr std::chrono::seconds kPatienceOfPrograms(12);
constexpr std::chrono::minutes kPatienceOfPersons(2);

constexpr std::array kDirectories = {"queue", "drop", "hold", "failed", "corrupt"};

/// The files in it; nothing: it cannot be looked into.
std::optional<std::uint64_t> files_in(const std::string& path) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> directory(::opendir(path.c_str()), close);
  if (!directory) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

/// A sentence on the mail that waits for the daemon to come back.
std::string what_lies_in(const std::string& spool) {
  std::uint64_t all = 0;
  bool seen = false;
  std::string places;
  for (const std::string_view name : kDirectories) {
    const auto count = files_in(spool + "/" + std::string(name));
    seen = seen || count;
    if (!count || *count == 0) continue;
    all += *count;
    places += (places.empty() ? "" : ", ") + std::to_string(*count) + " in " + std::string(name);
  }
  if (!seen) return "Whether mail waits in " + spool + " is for root to see.\n";
  if (all == 0) return "No mail waits in " + spool + ".\n";
  return std::to_string(all) + (all == 1 ? " message waits in " : " messages wait in ") + spool + ": " + places + ".\n";
}

std::string unknown_tally() {
  const auto now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  std::string text = mail::tally_heading();
  for (unsigned number = 1; number <= kTallyOfUnknown; ++number) text += mail::tally_line(number, now);
  return text;
}

}  // namespace

std::chrono::seconds patience_of(Reader reader) {
  return reader == Reader::program ? kPatienceOfPrograms : kPatienceOfPersons;
}

Exit list_queue(const std::string& socket, const std::string& spool, Reader reader, const Print& print) {
  auto channel = Channel::connect(socket, std::chrono::seconds(0));
  if (channel) channel->set_silence(patience_of(reader));
  Exit exit = channel ? ask(*channel, reader == Reader::program ? "mailq\ttally" : "mailq", print)
                      : Exit{EX_UNAVAILABLE, channel.error().text};
  if (exit.code == EX_OK) return exit;
  std::string text = channel ? "The list of the queue is not whole.\n"
                             : "The mail daemon cannot be reached, so the queue is not listed.\n";
  if (!channel && !spool.empty()) text += what_lies_in(spool);
  if (reader == Reader::program) text += "How much waits is not known. " + unknown_tally();
  static_cast<void>(print(text));  // what is to be told is told by the exit
  return exit;
}

}  // namespace postern::shim
