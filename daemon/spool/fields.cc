#include "spool/fields.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace postern::spool {
namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 4> kNotifyNames = {{
    {"NEVER", mail::kNotifyNever},
    {"SUCCESS", mail::kNotifySuccess},
    {"FAILURE", mail::kNotifyFailure},
    {"DELAY", mail::kNotifyDelay},
}};

constexpr std::array<std::pair<std::string_view, mail::Source::Kind>, 3> kSourceNames = {{
    {"local", mail::Source::Kind::local},
    {"smtp", mail::Source::Kind::smtp},
    {"daemon", mail::Source::Kind::daemon},
}};

struct FactName {
  std::string_view word;
  bool mail::TextFacts::* fact;
  std::string_view no;
  std::string_view yes;  ///< as long as `no`
};

constexpr std::array kFactNames = {
    FactName{"header=", &mail::TextFacts::eight_bit_header, "7bit", "8bit"},
    FactName{"body=", &mail::TextFacts::eight_bit_body, "7bit", "8bit"},
    FactName{"long-lines=", &mail::TextFacts::long_lines, "none", "some"},
};

constexpr std::array kVerdicts = {mail::Verdict::delivered, mail::Verdict::deferred, mail::Verdict::failed};

/// Cuts the text up to the next blank (or the end) off.
std::string_view cut_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
  return word;
}

std::optional<unsigned> parse_notify(std::string_view text) {
  unsigned bits = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
    unsigned bit = 0;
    for (const auto& [known, value] : kNotifyNames) {
      if (known == word) bit = value;
    }
    if (bit == 0) return std::nullopt;
    bits |= bit;
  }
  return bits;
}

std::string notify_text(unsigned bits) {
  std::string text;
  for (const auto& [known, value] : kNotifyNames) {
    if ((bits & value) == 0) continue;
    if (!text.empty()) text += ',';
    text += known;
  }
  return text;
}

template <class Number>
std::optional<Number> parse_within(std::string_view digits) {
  const auto number = parse_number(digits);
  if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) return std::nullopt;
  return static_cast<Number>(*number);
}

}  // namespace

std::optional<Path> parse_path(std::string_view text) {
  if (!text.starts_with('<')) return std::nullopt;
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted) {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '>' && !quoted) {
      Path path{text.substr(1, i - 1), text.substr(i + 1)};
      if (path.rest.empty()) return path;
      if (path.rest.front() != ' ') return std::nullopt;
      path.rest.remove_prefix(1);
      return path;
    }
  }
  return std::nullopt;
}

Result<std::string> path_text(std::string_view address) {
  std::string text = "<";
  text += address;
  text += '>';
  const auto back = parse_path(text);
  if (has_control(address) || !back || back->address != address) {
    return Error{Failure::invalid, fmt::format("the address {} cannot be stored", printable(address))};
  }
  return text;
}

Result<std::string> recipient_text(const mail::Recipient& recipient) {
  auto text = path_text(recipient.address);
  if (!text) return text.error();
  if (recipient.notify != mail::kNotifyUnspecified) *text += " NOTIFY=" + notify_text(recipient.notify);
  if (!recipient.orcpt.empty()) *text += " ORCPT=" + recipient.orcpt;
  if (has_control(recipient.orcpt) || recipient.orcpt.find(' ') != std::string::npos) {
    return Error{Failure::invalid, fmt::format("the ORCPT {} cannot be stored", printable(recipient.orcpt))};
  }
  return text;
}

std::optional<mail::Recipient> parse_recipient(std::string_view text) {
  auto path = parse_path(text);
  if (!path) return std::nullopt;
  mail::Recipient recipient;
  recipient.address = path->address;
  while (!path->rest.empty()) {
    const std::string_view word = cut_word(path->rest);
    if (word.starts_with("NOTIFY=")) {
      const auto bits = parse_notify(word.substr(7));
      if (!bits) return std::nullopt;
      recipient.notify = *bits;
    } else if (word.starts_with("ORCPT=")) {
      recipient.orcpt = word.substr(6);
    }
  }
  return recipient;
}

std::string source_text(const mail::Source& source) {
  std::string text;
  for (const auto& [known, kind] : kSourceNames) {
    if (kind == source.kind) text = known;
  }
  if (!source.peer.empty()) text += " " + printable(source.peer);
  if (source.uid) text += fmt::format(" uid={}", *source.uid);
  if (source.pid) text += fmt::format(" pid={}", *source.pid);
  if (!source.helo.empty()) text += " helo=" + printable(source.helo);
  return text;
}

std::optional<mail::Source> parse_source(std::string_view text) {
  mail::Source source;
  const std::string_view word = cut_word(text);
  bool known_kind = false;
  for (const auto& [known, kind] : kSourceNames) {
    if (known != word) continue;
    source.kind = kind;
    known_kind = true;
  }
  if (!known_kind) return std::nullopt;
  while (!text.empty()) {
    if (text.starts_with("helo=")) {
      source.helo = text.substr(5);
      return source;
    }
    const std::string_view item = cut_word(text);
    if (item.starts_with("uid=")) {
      source.uid = parse_within<std::uint32_t>(item.substr(4));
      if (!source.uid) return std::nullopt;
    } else if (item.starts_with("pid=")) {
      source.pid = parse_within<std::int32_t>(item.substr(4));
      if (!source.pid) return std::nullopt;
    } else if (source.peer.empty() && item.find('=') == std::string_view::npos) {
      source.peer = item;
    }
  }
  return source;
}

std::string text_facts_text(const mail::TextFacts& facts) {
  std::string text;
  for (const FactName& known : kFactNames) {
    if (!text.empty()) text += ' ';
    text += known.word;
    text += facts.*known.fact ? known.yes : known.no;
  }
  return text;
}

std::optional<mail::TextFacts> parse_text_facts(std::string_view text) {
  mail::TextFacts facts;
  std::size_t found = 0;
  while (!text.empty()) {
    const std::string_view word = cut_word(text);
    for (const FactName& known : kFactNames) {
      if (!word.starts_with(known.word)) continue;
      const std::string_view value = word.substr(known.word.size());
      if (value != known.no && value != known.yes) return std::nullopt;
      facts.*known.fact = value == known.yes;
      ++found;
    }
  }
  if (found != kFactNames.size()) return std::nullopt;
  return facts;
}

std::string_view note_text(Note note) {
  switch (note) {
    case Note::none: break;
    case Note::untold: return "-untold";
    case Note::warned: return "-warned";
    case Note::doubtful: return "-doubtful";
  }
  return {};
}

std::optional<LogLine> parse_log_value(std::string_view text) {
  LogLine line;
  const auto time = parse_rfc3339(cut_word(text));
  const auto path = parse_path(text);
  if (!time || !path) return std::nullopt;
  line.time = *time;
  line.recipient = path->address;
  std::string_view rest = path->rest;
  const std::string_view verdict = cut_word(rest);
  const auto code = parse_within<int>(cut_word(rest));
  const std::string_view enhanced = cut_word(rest);
  if (!code) return std::nullopt;
  line.status.code = *code;
  line.status.enhanced = enhanced == "-" ? std::string_view() : enhanced;
  line.status.text = rest;
  const std::size_t verdict_end = std::min(verdict.find('-'), verdict.size());
  for (const mail::Verdict known : kVerdicts) {
    if (name(known) != verdict.substr(0, verdict_end)) continue;
    line.status.verdict = known;
    for (const Note note : {Note::none, Note::untold, Note::warned, Note::doubtful}) {
      line.note = note;
      if (note_text(note) == verdict.substr(verdict_end)) return line;
    }
  }
  return std::nullopt;
}

}  // namespace postern::spool
