#include "spool/format.h"

#include "base/hash.h"
#include "base/text.h"
#include "spool/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace postern::spool {
namespace {

constexpr std::string_view kMagic = "postern-spool: ";
// A file has the lowest version that can hold it, so that a program of before reads what it can.
constexpr std::string_view kPlain = "1";
constexpr std::string_view kWithUnread = "2";
constexpr std::string_view kChecksumKey = "sha256: ";
constexpr std::string_view kLogKey = "log: ";
constexpr std::string_view kRoute = "route ";
constexpr std::string_view kStorm = "storm ";
constexpr std::string_view kNoStorm = "-";

Error corrupt(std::string_view what) { return Error{Failure::corrupt, std::string(what)}; }

Result<void> put(std::string& text, std::string_view key, std::string_view value) {
  if (has_control(value)) return Error{Failure::invalid, fmt::format("control byte in {} of an envelope", key)};
  text += key;
  text += ": ";
  text += value;
  text += '\n';
  return {};
}

/// What is read so far, and which of the lines that must be there were.
struct Reading {
  mail::Envelope envelope;
  unsigned seen = 0;
};

using Reader = bool (*)(std::string_view value, mail::Envelope& envelope);

bool read_id(std::string_view value, mail::Envelope& envelope) {
  const auto id = QueueId::parse(value);
  if (id) envelope.id = *id;
  return id.has_value();
}

bool read_accepted(std::string_view value, mail::Envelope& envelope) {
  const auto time = parse_rfc3339(value);
  if (time) envelope.accepted = *time;
  return time.has_value();
}

bool read_source(std::string_view value, mail::Envelope& envelope) {
  auto source = parse_source(value);
  if (source) source->holder = envelope.source.holder;
  if (source) envelope.source = std::move(*source);
  return source.has_value();
}

bool read_holder(std::string_view value, mail::Envelope& envelope) {
  const auto uid = parse_number(value);
  if (uid && *uid < mail::kNoUid) envelope.source.holder = static_cast<std::uint32_t>(*uid);
  return envelope.source.holder.has_value();
}

bool read_sender(std::string_view value, mail::Envelope& envelope) {
  const auto path = parse_path(value);
  if (!path || !path->rest.empty()) return false;
  envelope.sender = path->address;
  return true;
}

bool read_recipient(std::string_view value, mail::Envelope& envelope) {
  auto recipient = parse_recipient(value);
  if (recipient) envelope.recipients.push_back(std::move(*recipient));
  return recipient.has_value();
}

bool read_unread(std::string_view value, mail::Envelope& envelope) {
  envelope.unread.emplace_back(value);
  return !value.empty() && value.size() <= mail::kLongestUnread && envelope.unread.size() <= mail::kMostUnread;
}

bool read_envid(std::string_view value, mail::Envelope& envelope) {
  envelope.envid = value;
  return true;
}

bool read_ret(std::string_view value, mail::Envelope& envelope) {
  envelope.ret = value == "full" ? mail::Return::full : mail::Return::headers;
  return value == "full" || value == "headers";
}

bool read_body(std::string_view value, mail::Envelope& envelope) {
  envelope.body = value == "8bit" ? mail::BodyType::eight_bit : mail::BodyType::seven_bit;
  return value == "8bit" || value == "7bit";
}

bool read_text(std::string_view value, mail::Envelope& envelope) {
  envelope.text = parse_text_facts(value);
  return envelope.text.has_value();
}

bool read_smtputf8(std::string_view value, mail::Envelope& envelope) {
  envelope.smtputf8 = true;
  return value == "yes";
}

bool read_wire_size(std::string_view value, mail::Envelope& envelope) {
  const auto number = parse_number(value);
  if (number) envelope.wire_size = *number;
  return number.has_value();
}

bool read_size(std::string_view value, mail::Envelope& envelope) {
  const auto number = parse_number(value);
  if (number) envelope.size = *number;
  return number.has_value();
}

enum class Presence { needed, optional };
enum class Times { once, often };

struct Key {
  std::string_view name;
  Reader read;
  Presence presence;
  Times times = Times::once;
};

constexpr std::array kKeys = {
    Key{"id", read_id, Presence::needed},
    Key{"accepted", read_accepted, Presence::needed},
    Key{"source", read_source, Presence::needed},
    Key{"holder", read_holder, Presence::optional},
    Key{"from", read_sender, Presence::needed},
    Key{"to", read_recipient, Presence::needed, Times::often},
    Key{"unread", read_unread, Presence::optional, Times::often},
    Key{"envid", read_envid, Presence::optional},
    Key{"ret", read_ret, Presence::optional},
    Key{"body", read_body, Presence::needed},
    Key{"text", read_text, Presence::optional},
    Key{"smtputf8", read_smtputf8, Presence::optional},
    Key{"wire-size", read_wire_size, Presence::needed},
    Key{"size", read_size, Presence::needed},
};

Result<void> read_line(std::string_view line, Reading& reading) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos || has_control(line)) return corrupt("an envelope line is no \"key: value\"");
  const std::string_view name = line.substr(0, colon);
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].name != name) continue;
    const unsigned bit = 1U << i;
    if ((reading.seen & bit) != 0 && kKeys[i].times == Times::once)
      return corrupt(fmt::format("\"{}\" is given twice", name));
    reading.seen |= bit;
    if (!kKeys[i].read(line.substr(colon + 2), reading.envelope)) {
      return corrupt(fmt::format("the value of \"{}\" is not understood", name));
    }
    return {};
  }
  return {};  // a later program of the same format version may know more
}

/// Cuts the next line (without its LF) off `text`; nothing if there is no LF.
std::optional<std::string_view> cut_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<void> check_version(std::string_view line) {
  if (!line.starts_with(kMagic)) return corrupt("the first line is not \"postern-spool: VERSION\"");
  const std::string_view version = line.substr(kMagic.size());
  if (version == kPlain || version == kWithUnread) return {};
  const auto number = parse_number(version);
  if (number && *number > 2 && version.front() != '0') {
    return Error{Failure::newer, fmt::format("format version {}; this program knows versions 1 and 2", *number)};
  }
  return corrupt("the format version is not understood");
}

/// What follows "<time> " and this word.
std::optional<std::string_view> parse_kind(std::string_view value, std::string_view word) {
  const std::size_t blank = value.find(' ');
  if (blank == std::string_view::npos || !parse_rfc3339(value.substr(0, blank))) return std::nullopt;
  value.remove_prefix(blank + 1);
  if (!value.starts_with(word)) return std::nullopt;
  return value.substr(word.size());
}

/// "<time> <likeness>"; nothing: it waits for nobody, or it is not understood.
std::optional<StormWait> parse_storm(std::string_view value) {
  const std::size_t blank = std::min(value.find(' '), value.size());
  const auto until = parse_rfc3339(value.substr(0, blank));
  const std::string_view likeness = value.substr(std::min(blank + 1, value.size()));
  if (!until || likeness.empty() || likeness.find(' ') != std::string_view::npos) return std::nullopt;
  return StormWait{*until, std::string(likeness)};
}

}  // namespace

Result<std::string> envelope_text(const mail::Envelope& envelope) {
  std::string text;
  text.reserve(512 + 64 * envelope.recipients.size());
  text += kMagic;
  text += envelope.unread.empty() ? kPlain : kWithUnread;
  text += '\n';
  const auto sender = path_text(envelope.sender);
  if (!sender) return sender.error();
  std::vector<std::pair<std::string_view, std::string>> lines = {
      {"id", envelope.id.str()},
      {"accepted", to_rfc3339(envelope.accepted)},
      {"source", source_text(envelope.source)},
  };
  if (envelope.source.holder) lines.emplace_back("holder", std::to_string(*envelope.source.holder));
  lines.emplace_back("from", *sender);
  for (const mail::Recipient& recipient : envelope.recipients) {
    auto value = recipient_text(recipient);
    if (!value) return value.error();
    lines.emplace_back("to", std::move(*value));
  }
  for (const std::string& one : envelope.unread) lines.emplace_back("unread", one);
  if (!envelope.envid.empty()) lines.emplace_back("envid", envelope.envid);
  if (envelope.ret != mail::Return::unspecified) {
    lines.emplace_back("ret", envelope.ret == mail::Return::full ? "full" : "headers");
  }
  lines.emplace_back("body", envelope.body == mail::BodyType::eight_bit ? "8bit" : "7bit");
  if (envelope.text) lines.emplace_back("text", text_facts_text(*envelope.text));
  if (envelope.smtputf8) lines.emplace_back("smtputf8", "yes");
  lines.emplace_back("wire-size", fmt::format("{:012}", envelope.wire_size));
  lines.emplace_back("size", fmt::format("{:012}", envelope.size));
  for (const auto& [key, value] : lines) {
    if (auto done = put(text, key, value); !done) return done.error();
  }
  if (text.size() + kChecksumText > kMaxEnvelope) return Error{Failure::limit, "the envelope is too long to store"};
  return text;
}

std::string checksum_text(std::string_view checksum) {
  std::string text(kChecksumKey);
  text += checksum;
  text += "\n\n";
  return text;
}

std::string checksum(std::string_view message, std::string_view envelope_text) {
  Sha256 sha;
  sha.update(message);
  sha.update(envelope_text);
  return hex(sha.finish());
}

Result<std::string> log_text(const LogLine& line) {
  const auto path = path_text(line.recipient);
  if (!path) return path.error();
  const bool clean = !has_control(line.status.text) && is_utf8(line.status.text);
  const bool clean_class = !line.status.enhanced.empty() && !has_control(line.status.enhanced) &&
                           line.status.enhanced.find(' ') == std::string::npos;
  return fmt::format("{}{} {} {}{} {} {} {}\n", kLogKey, to_rfc3339(line.time), *path, name(line.status.verdict),
                     note_text(line.note), line.status.code, clean_class ? line.status.enhanced : "-",
                     clean ? line.status.text : printable(line.status.text));
}

Result<std::string> route_text(WallTime time, std::string_view smarthost) {
  if (has_control(smarthost)) return Error{Failure::invalid, "control byte in the name of a smarthost"};
  return fmt::format("{}{} {}{}\n", kLogKey, to_rfc3339(time), kRoute, smarthost);
}

Result<std::string> storm_text(WallTime time, const std::optional<StormWait>& wait) {
  if (!wait) return fmt::format("{}{} {}{}\n", kLogKey, to_rfc3339(time), kStorm, kNoStorm);
  const std::string& likeness = wait->likeness;
  if (likeness.empty() || has_control(likeness) || likeness.find(' ') != std::string::npos) {
    return Error{Failure::invalid, "the likeness of a message is no word"};
  }
  return fmt::format("{}{} {}{} {}\n", kLogKey, to_rfc3339(time), kStorm, to_rfc3339(wait->until), likeness);
}

std::size_t find_envelope_end(std::string_view start) {
  const std::size_t end = start.find("\n\n");
  return end == std::string_view::npos ? 0 : end + 2;
}

Result<ParsedEnvelope> parse_envelope(std::string_view text) {
  std::string_view rest = text;
  const auto first = cut_line(rest);
  if (!first) return corrupt("the envelope has no end");
  if (auto known = check_version(*first); !known) return known.error();
  Reading reading;
  ParsedEnvelope parsed;
  for (;;) {
    const std::size_t at = text.size() - rest.size();
    const auto line = cut_line(rest);
    if (!line) return corrupt("the envelope has no checksum");
    if (line->starts_with(kChecksumKey)) {
      parsed.covered = at;
      parsed.checksum = line->substr(kChecksumKey.size());
      break;
    }
    if (auto read = read_line(*line, reading); !read) return read.error();
  }
  if (rest != "\n") return corrupt("the checksum is not the last line of the envelope");
  if (parsed.checksum.size() != Sha256::kHexLength) return corrupt("the checksum has the wrong length");
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i].presence == Presence::needed && (reading.seen & 1U << i) == 0) {
      return corrupt(fmt::format("\"{}\" is missing", kKeys[i].name));
    }
  }
  parsed.length = text.size();
  parsed.envelope = std::move(reading.envelope);
  return parsed;
}

mail::Envelope salvage_envelope(std::string_view start, const QueueId& id) {
  Reading reading;
  bool has_id = false;
  bool has_sender = false;
  while (const auto line = cut_line(start)) {
    if (line->empty() || line->starts_with(kChecksumKey)) break;
    if (!read_line(*line, reading)) continue;
    has_id = has_id || line->starts_with("id: ");
    has_sender = has_sender || line->starts_with("from: ");
  }
  if (!has_id || reading.envelope.id != id) return {};
  if (!has_sender) reading.envelope.recipients.clear();
  return std::move(reading.envelope);
}

Result<ParsedLog> parse_log(std::string_view text) {
  ParsedLog log;
  std::string_view rest = text;
  while (const auto line = cut_line(rest)) {
    if (!line->starts_with(kLogKey)) return corrupt("a line after the message is no log line");
    log.length = text.size() - rest.size();
    const std::string_view value = line->substr(kLogKey.size());
    if (auto parsed = parse_log_value(value)) {
      log.lines.push_back(std::move(*parsed));
    } else if (const auto route = parse_kind(value, kRoute)) {
      log.rerouted_to = *route;
    } else if (const auto storm = parse_kind(value, kStorm)) {
      log.storm = parse_storm(*storm);
      log.storm_over = *storm == kNoStorm ? parse_rfc3339(value.substr(0, value.find(' '))) : std::nullopt;
    }
  }
  return log;
}

Result<ParsedFile> parse_file(std::string_view file) {
  const std::size_t end = find_envelope_end(file.substr(0, kMaxEnvelope));
  if (end == 0) {
    // A newer format need not have an envelope of our shape: its first line alone decides.
    std::string_view rest = file.substr(0, kMaxEnvelope);
    if (const auto first = cut_line(rest)) {
      if (auto known = check_version(*first); !known) return known.error();
    }
    return corrupt("the envelope has no end");
  }
  auto head = parse_envelope(file.substr(0, end));
  if (!head) return head.error();
  if (file.size() - end < head->envelope.size) return corrupt("the file is shorter than its message");
  const std::string_view message = file.substr(end, head->envelope.size);
  if (checksum(message, file.substr(0, head->covered)) != head->checksum) return corrupt("the checksum is wrong");
  auto log = parse_log(file.substr(end + message.size()));
  if (!log) return log.error();
  ParsedFile parsed;
  parsed.head = std::move(*head);
  parsed.log = std::move(*log);
  return parsed;
}

}  // namespace postern::spool
