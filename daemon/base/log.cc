#include "base/log.h"

#include "base/log_outlet.h"
#include "base/lost_lines.h"
#include "base/text.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
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
