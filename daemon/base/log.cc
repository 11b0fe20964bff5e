#include "base/log.h"

#include "base/text.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t kMaxValue = 512;

void write_to_stderr(const LogRecord& record) {
  std::string line(name(record.level));
  line += ": ";
  line += format(record);
  line += '\n';
  // A pipe whose reader sleeps would stop the event loop, and with it all mail: such lines are lost.
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1) return;
  // One write per line, so that lines of several processes do not mix. Failure must not stop mail.
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

std::atomic<Level> threshold{Level::info};
std::mutex sink_mutex;

LogSink& current_sink() {
  static LogSink sink = write_to_stderr;
  return sink;
}

bool needs_quotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) { return c == ' ' || c == '"' || c == '='; });
}

void append_value(std::string& line, std::string_view value) {
  const std::string safe = printable(value.substr(0, kMaxValue));
  if (!needs_quotes(safe)) {
    line += safe;
    return;
  }
  line += '"';
  for (const char c : safe) {
    if (c == '"') line += '\\';
    line += c;
  }
  line += '"';
}

}  // namespace

void log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  const std::vector<LogField> list(fields);
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
    line += "id=";
    append_value(line, field.value);
    line += ' ';
  }
  line += record.event;
  for (const LogField& field : record.fields) {
    if (field.key == "id") continue;
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
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
