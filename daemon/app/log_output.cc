#include "app/log_output.h"

#include "base/clock.h"
#include "base/journal.h"
#include "base/journal_socket.h"
#include "base/json_log.h"
#include "base/log.h"
#include "base/log_outlet.h"
#include "base/lost_lines.h"
#include "base/zone.h"
#include "mail/postfix_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

std::atomic<LogFormat> format_in_use{LogFormat::postern};

// What follows is used to the very end, when the outlet hands over what it has kept and static objects are gone: hence
// no Clock, no static object with a destructor, and nothing of OpenSSL, which ends with the first of them.

WallTime wall_time() { return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()); }

using HostName = std::array<char, 256>;

/// As syslogd names this machine: without its domain. Programs that read the log pass over a line without a name.
HostName short_host_name() {
  constexpr std::string_view kNameless = "localhost";
  HostName name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0;
  if (auto* const dot = std::ranges::find(name, '.'); dot != name.end()) *dot = '\0';
  if (!known || name.front() == '\0') *std::ranges::copy(kNameless, name.begin()).out = '\0';
  return name;
}

/// The lines that a fact is in this format, at least one.
std::vector<mail::SyslogLine> lines_of(LogFormat log_format, const LogRecord& record, WallTime now) {
  switch (log_format) {
    case LogFormat::postfix: return mail::postfix_lines(record);
    case LogFormat::json: return {{std::string(kLogName), json_line(record, now)}};
    case LogFormat::postern: break;
  }
  return {{std::string(kLogName), format(record)}};
}

/// What stands before a line where nobody else notes when it was written.
std::string head_of(LogFormat log_format, const LogRecord& record, const mail::SyslogLine& line, WallTime now) {
  static const HostName host = short_host_name();
  switch (log_format) {
    case LogFormat::postfix:
      return fmt::format("{} {} {}[{}]: ", local_text(now, "%b %e %H:%M:%S"), host.data(), line.program, ::getpid());
    case LogFormat::json: return {};  // it says so itself
    case LogFormat::postern: break;
  }
  return fmt::format("{} {}: ", to_local_rfc3339(now), name(record.level));
}

std::string for_stream(const LogRecord& record) {
  const WallTime now = wall_time();
  const LogFormat log_format = format_in_use;  // a reload may change it between the head of a line and its text
  std::string text;
  for (const mail::SyslogLine& line : lines_of(log_format, record, now)) {
    text += head_of(log_format, record, line, now) + line.text + "\n";
  }
  return text;
}

/// Datagrams, one a line.
std::vector<std::string> for_journal(const LogRecord& record, std::string_view message_id) {
  std::vector<std::string> datagrams;
  for (const mail::SyslogLine& line : lines_of(format_in_use, record, wall_time())) {
    datagrams.push_back(journal_datagram(datagrams.empty() ? journal_fields(record, line.text, message_id, line.program)
                                                           : further_journal_fields(record, line.text, line.program)));
  }
  return datagrams;
}

}  // namespace

void use_log_format(LogFormat format) { format_in_use = format; }

void open_log(LogFormat format) {
  use_log_format(format);
  if (is_journal_stream(STDERR_FILENO)) {
    const auto told = [id = message_id_of(LostLines(0).record().event)](std::uint64_t lost) {
      return for_journal(LostLines(lost).record(), id).front();
    };
    const auto outlet = std::make_shared<LogOutlet>(take_by_journal(), told);
    set_log_sink([outlet](const LogRecord& record) {
      for (std::string& datagram : for_journal(record, message_id_of(record.event)))
        outlet->put(std::move(datagram), record.level);
    });
  } else {
    const auto told = [](std::uint64_t lost) { return for_stream(LostLines(lost).record()); };
    const auto outlet = std::make_shared<LogOutlet>(take_by_descriptor(STDERR_FILENO), told);
    set_log_sink([outlet](const LogRecord& record) { outlet->put(for_stream(record), record.level); });
  }
}

}  // namespace postern::app
