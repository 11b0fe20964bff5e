#include "base/journal.h"

#include "base/text.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>

#include <cstdlib>
#include <string_view>

namespace postern {
namespace {

/// All fields go in one datagram, which the kernel limits.
constexpr std::size_t kLongestValue = std::size_t{8} << 10U;

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

}  // namespace

std::vector<std::string> journal_fields(const LogRecord& record) {
  std::vector<std::string> fields;
  fields.push_back("MESSAGE=" + format(record));
  fields.push_back(fmt::format("PRIORITY={}", priority(record.level)));
  fields.emplace_back("SYSLOG_IDENTIFIER=posternd");
  fields.push_back("POSTERN_EVENT=" + std::string(record.event));
  for (const LogField& field : record.fields) {
    const std::string value = printable(field.value);
    fields.push_back(field_name(field.key).append("=").append(cut_printable(value, kLongestValue)));
  }
  return fields;
}

bool is_journal_stream(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || ::fstat(descriptor, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace postern
