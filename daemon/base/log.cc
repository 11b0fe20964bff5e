#include "base/log.h"

#include "base/ascii.h"
#include "base/log_outlet.h"
#include "base/lost_lines.h"
#include "base/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t kMaxValue = 512;

std::string line_of(const LogRecord& record) {
  std::string line(name(record.level));
  line += ": ";
  line += format(record);
  line += '\n';
  return line;
}

LogSink to_stderr() {
  const auto told = [](std::uint64_t lost) { return line_of(LostLines(lost).record()); };
  const auto outlet = std::make_shared<LogOutlet>(take_by_descriptor(STDERR_FILENO), told);
  return [outlet](const LogRecord& record) { outlet->put(line_of(record), record.level); };
}

std::atomic<Level> threshold{Level::info};
std::mutex sink_mutex;

LogSink& current_sink() {
  static LogSink sink = to_stderr();
  return sink;
}

bool needs_quotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) { return c == ' ' || c == '"' || c == '='; });
}

/// A field may be called so. A value that had such a word and "=" behind a blank would have a field for whoever
/// searches lines: `grep ' uid=0 '`.
bool is_name(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return is_lower(c) || c == '_'; });
}

/// What any user may write: no "=" at all. The words of servers may have links.
bool is_of_users(std::string_view key) {
  constexpr std::array<std::string_view, 7> kOfUsers{"from",       "to",   "orig_to", "unread",
                                                     "message_id", "helo", "subject"};
  return std::ranges::find(kOfUsers, key) != kOfUsers.end();
}

void append_field(std::string& line, const LogField& field) {
  line += field.key;
  line += '=';
  const std::string safe = printable(std::string_view(field.value).substr(0, kMaxValue));
  if (!needs_quotes(safe)) {
    line += safe;
    return;
  }
  const bool of_users = is_of_users(field.key);
  line += '"';
  std::size_t word = 0;  // where it begins
  for (std::size_t at = 0; at < safe.size(); ++at) {
    const char c = safe[at];
    if (c == ' ') word = at + 1;
    if (c == '"') line += '\\';
    if (c == '=' && (of_users || is_name(std::string_view(safe).substr(word, at - word)))) {
      line += "\\x3d";
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

LogField::LogField(std::string_view key_name, Milliseconds duration)
    : key(key_name),
      value(to_words(std::chrono::floor<Seconds>(duration))),
      number(fmt::format("{:.3f}", static_cast<double>(duration.count()) / 1000)) {}

void log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::vector<LogField> list;
  list.reserve(fields.size());
  std::ranges::copy_if(fields, std::back_inserter(list), [](const LogField& field) { return !field.value.empty(); });
  const std::scoped_lock lock(sink_mutex);
  current_sink()(LogRecord{level, event, list});
}

void set_log_level(Level level) { threshold = level; }

LogSink set_log_sink(LogSink sink) {
  const std::scoped_lock lock(sink_mutex);
  return std::exchange(current_sink(), std::move(sink));
}

std::string format(const LogRecord& record) {
  std::string line;
  for (const LogField& field : record.fields) {
    if (field.key != "id") continue;
    append_field(line, field);
    line += ' ';
  }
  line += record.event;
  for (const LogField& field : record.fields) {
    if (field.key == "id") continue;
    line += ' ';
    append_field(line, field);
  }
  return line;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::notice: return "notice";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "unknown";
}

}  // namespace postern
