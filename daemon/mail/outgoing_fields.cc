#include "mail/outgoing_fields.h"

#include "base/text.h"
#include "mail/field_kinds.h"
#include "mail/fold.h"
#include "mail/headers.h"
#include "mail/outgoing_structures.h"
#include "mail/word_writer.h"
#include "mail/wrap.h"

#include <algorithm>
#include <utility>

namespace postern::mail {
namespace {

// With the word behind them, which goes where the blanks go, a line holds no more.
constexpr std::size_t kMostBlanks = kMaxLine - kLongestWord;

/// The body without folding, on one line that may be broken at its blanks: more of them than a line may have are one.
std::string logical_line(std::string_view body) {
  constexpr std::string_view kBlank = " \t";
  std::string line;
  line.reserve(body.size());
  std::size_t blanks = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    char c = body[i];
    if (c == '\n' || (c == '\r' && i + 1 < body.size() && body[i + 1] == '\n')) continue;
    if (c == '\r') c = ' ';
    if (c == '\0') c = '?';
    const bool blank = kBlank.find(c) != std::string_view::npos;
    if (!blank && blanks > kMostBlanks) line.resize(line.size() - blanks + 1);
    blanks = blank ? blanks + 1 : 0;
    line += c;
  }
  if (blanks > kMostBlanks) line.resize(line.size() - blanks + 1);
  return line;
}

void write_body(std::string_view body, FieldKind kind, bool utf8, std::string& line) {
  WordWriter writer(line, utf8);
  switch (kind) {
    case FieldKind::text: writer.text(body); break;
    case FieldKind::addresses: write_addresses(body, writer); break;
    case FieldKind::parameters: write_parameters(body, writer); break;
    case FieldKind::ids: write_others(body, '=', writer); break;
    case FieldKind::urls: write_others(body, '%', writer); break;
    case FieldKind::words: write_others(body, '?', writer); break;
    case FieldKind::trace: line += body; break;
  }
  writer.finish();
}

std::string written(std::string_view name_and_colon, std::string_view body, FieldKind kind, const FieldRules& rules) {
  std::string line(name_and_colon);
  write_body(logical_line(body), kind, rules.utf8 && is_utf8(body), line);
  return fold(line, name_and_colon.size(), kind);
}

/// What no parser can make sense of may make another sense once some of its letters are written otherwise: it is
/// written until nothing changes any more. Twice is the rule.
std::string outgoing_field(const HeaderField& field, const FieldRules& rules) {
  constexpr int kMost = 8;
  if (fields_acceptable(field.whole, rules)) return std::string(field.whole);
  const FieldKind kind = field_kind(field.name);
  const std::string_view name_and_colon = field.whole.substr(0, field.whole.find(':') + 1);
  std::string line = written(name_and_colon, field.body, kind, rules);
  for (int i = 1; i < kMost && !fields_acceptable(line, rules); ++i) {
    std::string next = written(name_and_colon, std::string_view(line).substr(name_and_colon.size()), kind, rules);
    if (next == line) break;
    line = std::move(next);
  }
  if (field.whole.ends_with('\n')) line += '\n';
  return line;
}

}  // namespace

bool fields_acceptable(std::string_view fields, const FieldRules& rules) {
  return letters_fit_in_field(fields, rules.utf8) && lines_fit(fields);
}

std::string outgoing_fields(std::string_view fields, const FieldRules& rules) {
  if (fields_acceptable(fields, rules)) return std::string(fields);
  const HeaderBlock block = parse_headers(fields);
  std::string out;
  out.reserve(fields.size() + fields.size() / 4);
  for (const HeaderField& field : block.fields) out += outgoing_field(field, rules);
  return out.append(fields.substr(block.size));
}

}  // namespace postern::mail
