#include "app/journal.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
// The source location fields would name this file for every line.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <sys/uio.h>
#include <cstdlib>
#include <string>
#include <vector>

namespace postern::app {
namespace {

int priority(Level level) {
  switch (level) {
    case Level::debug: return LOG_DEBUG;
    case Level::info: return LOG_INFO;
    case Level::notice: return LOG_NOTICE;
    case Level::warning: return LOG_WARNING;
    case Level::error: return LOG_ERR;
  }
  return LOG_INFO;
}

/// Journal field names are upper-case letters, digits and underscores.
std::string field_name(std::string_view key) {
  std::string out = "POSTERN_";
  for (const char c : key) out += c == '-' ? '_' : to_upper(c);
  return out;
}

void write_to_journal(const LogRecord& record) {
  std::vector<std::string> fields;
  fields.push_back("MESSAGE=" + format(record));
  fields.push_back(fmt::format("PRIORITY={}", priority(record.level)));
  fields.emplace_back("SYSLOG_IDENTIFIER=posternd");
  fields.push_back("POSTERN_EVENT=" + std::string(record.event));
  for (const LogField& field : record.fields) {
    fields.push_back(field_name(field.key) + "=" + printable(field.value));
  }
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (std::string& field : fields) parts.push_back(iovec{field.data(), field.size()});
  // A journal that does not answer must not stop mail: the result is of no interest.
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

void log_to_journal_if_there() {
  if (stderr_is_the_journal()) set_log_sink(write_to_journal);
}

}  // namespace postern::app
