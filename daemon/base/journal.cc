#include "base/journal.h"

#include "base/hash.h"
#include "base/text.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>

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

struct FieldName {
  std::string_view key;
  std::string_view field;
};
/// Short in the line, where they stand often; in the journal whole words.
constexpr std::array<FieldName, 4> kFieldNames{
    {{"id", "QUEUE_ID"}, {"to", "RECIPIENT"}, {"orig_to", "ORIGINAL_RECIPIENT"}, {"from", "SENDER"}}};

/// Events that say what became of a message: its POSTERN_STATUS.
constexpr std::array<std::string_view, 9> kStatuses{"accepted", "delivered",   "deferred", "failed", "bounced",
                                                    "ended",    "put on hold", "released", "removed"};

/// Journal field names are upper-case letters, digits and underscores.
std::string field_name(std::string_view key) {
  const auto* const known = std::ranges::find(kFieldNames, key, &FieldName::key);
  std::string out = "POSTERN_";
  for (const char c : known == kFieldNames.end() ? key : known->field) out += c == '-' ? '_' : to_upper(c);
  return out;
}

/// Who asks for a sender writes an address; the null one stays "<>".
std::string_view bare(std::string_view address) {
  const bool enclosed = address.size() > 2 && address.starts_with('<') && address.ends_with('>');
  return enclosed ? address.substr(1, address.size() - 2) : address;
}

void append_value(std::vector<std::string>& fields, std::string_view key, std::string_view given) {
  const std::string value = printable(key == "from" ? bare(given) : given);
  fields.push_back(field_name(key).append("=").append(cut_printable(value, kLongestValue)));
}

void append_field(std::vector<std::string>& fields, const LogField& field) {
  for (const std::string& one : field.each) append_value(fields, field.key, one);
  if (field.each.empty()) append_value(fields, field.key, field.number.empty() ? field.value : field.number);
}

std::vector<std::string> line_fields(Level level, std::string_view message, std::string_view identifier) {
  return {fmt::format("MESSAGE={}", message), fmt::format("PRIORITY={}", priority(level)),
          fmt::format("SYSLOG_FACILITY={}", LOG_FAC(LOG_MAIL)), fmt::format("SYSLOG_IDENTIFIER={}", identifier)};
}

}  // namespace

std::string message_id_of(std::string_view event) noexcept try {
  constexpr std::size_t kBytes = 16;
  Sha256 hash;
  hash.update("org.postern.log ");
  hash.update(event);
  std::string id = hash.finish().substr(0, kBytes);
  id[6] = static_cast<char>((static_cast<unsigned char>(id[6]) & 0x0FU) | 0x80U);  // version 8
  id[8] = static_cast<char>((static_cast<unsigned char>(id[8]) & 0x3FU) | 0x80U);  // variant
  return hex(id);
} catch (const std::exception&) {
  return {};
}

std::vector<std::string> journal_fields(const LogRecord& record, std::string_view message, std::string_view message_id,
                                        std::string_view identifier) {
  std::vector<std::string> fields = line_fields(record.level, message, identifier);
  if (!message_id.empty()) fields.push_back(fmt::format("MESSAGE_ID={}", message_id));
  fields.push_back(fmt::format("POSTERN_EVENT={}", record.event));
  const bool status = std::ranges::find(kStatuses, record.event) != kStatuses.end();
  if (status) fields.push_back(fmt::format("POSTERN_STATUS={}", record.event));
  for (const LogField& field : record.fields) append_field(fields, field);
  return fields;
}

std::vector<std::string> further_journal_fields(const LogRecord& record, std::string_view message,
                                                std::string_view identifier) {
  std::vector<std::string> fields = line_fields(std::min(record.level, Level::info), message, identifier);
  for (const LogField& field : record.fields) {
    if (field.key == "id") append_field(fields, field);
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
