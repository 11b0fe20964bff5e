#include "history/record.h"

#include "base/text.h"

#include <algorithm>

namespace postern::history {
namespace {

constexpr std::string_view kMagic = "postern-history 1";

constexpr std::array<std::string_view, kKindCount> kKinds = {
    "accepted", "delivered", "deferred", "failed", "bounced", "deleted", "corrupt", "gathered", "refused", "left_out"};

struct FieldRow {
  std::string_view name;
  std::size_t longest;  ///< bytes of it in a line
};
/// By Field.
constexpr std::array<FieldRow, kFields> kFieldRows = {
    {{"at", 24},         {"kind", 16},       {"id", 16},       {"uid", 10},         {"owner", 10},
     {"accepted", 24},   {"size", 20},       {"client", 128},  {"from", 512},       {"to", 2048},
     {"original", 1024}, {"count", 10},      {"subject", 512}, {"message_id", 512}, {"site", 256},
     {"host", 256},      {"remote_id", 128}, {"attempts", 10}, {"digest", 16},      {"reply", 1024}}};

constexpr std::size_t longest_line() {
  std::size_t sum = kFields;
  for (const FieldRow& row : kFieldRows) sum += row.longest;
  return sum;
}
static_assert(longest_line() <= kLongestLine);

constexpr std::string_view kNone = "-";
constexpr std::string_view kBlank = "\\x20";
/// A text that would be read as none.
constexpr std::string_view kHyphen = "\\x2d";

std::string word_in_row(std::string_view text) {
  if (text.empty()) return std::string(kNone);
  std::string word = with_escaped_blanks(printable(text));
  return word == kNone ? std::string(kHyphen) : word;
}

std::string without_escaped_blanks(std::string_view word) {
  std::string text;
  for (std::size_t at = word.find(kBlank); at != std::string_view::npos; at = word.find(kBlank)) {
    text.append(word.substr(0, at)).append(1, ' ');
    word.remove_prefix(at + kBlank.size());
  }
  return text.append(word);
}

}  // namespace

std::string_view name(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_named(std::string_view name) {
  const auto* const found = std::ranges::find(kKinds, name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<Kind>(found - kKinds.begin());
}

std::string_view name(Field field) { return kFieldRows[static_cast<std::size_t>(field)].name; }

Row::Row(Field field) : longest_(kFieldRows[static_cast<std::size_t>(field)].longest) {}

std::string with_escaped_blanks(std::string_view text) {
  std::string word;
  for (const char c : text) c == ' ' ? word.append(kBlank) : word.append(1, c);
  return word;
}

bool Row::add(std::string_view text) {
  if (!has_room(text)) return false;
  if (!text_.empty()) text_ += ' ';
  text_ += word_in_row(text);
  any_ = any_ || !text.empty();
  return true;
}

bool Row::has_room(std::string_view text) const {
  const std::size_t before = text_.empty() ? 0 : text_.size() + 1;
  return before + word_in_row(text).size() <= longest_;
}

std::vector<std::string> texts_in_row(std::string_view row) {
  std::vector<std::string> texts;
  for (const std::string_view word : split_words(row)) {
    const bool hyphen = word == kHyphen;
    texts.push_back(hyphen ? std::string(kNone) : word == kNone ? std::string() : without_escaped_blanks(word));
  }
  return texts;
}

std::string line_of(const Record& record) {
  std::string line;
  for (std::size_t i = 0; i < kFields; ++i) {
    if (i > 0) line += '\t';
    line += cut_printable(printable(record.texts[i]), kFieldRows[i].longest);
  }
  line += '\n';
  return line;
}

std::string first_line() {
  std::string line(kMagic);
  for (const FieldRow& row : kFieldRows) {
    line += '\t';
    line += row.name;
  }
  line += '\n';
  return line;
}

View View::of(const Record& record) {
  View view;
  std::ranges::copy(record.texts, view.texts.begin());
  return view;
}

/// Those of before do not tell it.
std::string_view first_left_out(const View& mark) {
  return mark[Field::accepted].empty() ? mark[Field::at] : mark[Field::accepted];
}

Record View::record() const {
  Record record;
  std::ranges::copy(texts, record.texts.begin());
  return record;
}

std::optional<LineReader> LineReader::of(std::string_view first_line) {
  std::size_t at = first_line.find('\t');
  if (first_line.substr(0, at) != kMagic) return std::nullopt;
  LineReader reader;
  while (at != std::string_view::npos) {
    const std::size_t end = first_line.find('\t', at + 1);
    const std::string_view column = first_line.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
    const auto* const row = std::ranges::find(kFieldRows, column, &FieldRow::name);
    reader.columns_.push_back(row == kFieldRows.end() ? std::nullopt
                                                      : std::optional(static_cast<Field>(row - kFieldRows.begin())));
    at = end;
  }
  return reader;
}

bool LineReader::has_all() const {
  // What a later version has besides, files of before do not have.
  static constexpr std::array kOfTheFirst{
      Field::at,     Field::kind, Field::id,        Field::uid,      Field::owner,  Field::accepted, Field::size,
      Field::client, Field::from, Field::to,        Field::original, Field::count,  Field::subject,  Field::message_id,
      Field::site,   Field::host, Field::remote_id, Field::attempts, Field::digest, Field::reply};
  return std::ranges::all_of(kOfTheFirst,
                             [&](Field field) { return std::ranges::count(columns_, std::optional(field)) == 1; });
}

std::optional<View> LineReader::read(std::string_view line) const {
  View view;
  std::size_t at = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool last = i + 1 == columns_.size();
    const std::size_t end = last ? line.size() : line.find('\t', at);
    if (end == std::string_view::npos) return std::nullopt;
    if (columns_[i]) view.texts[static_cast<std::size_t>(*columns_[i])] = line.substr(at, end - at);
    at = end + 1;
  }
  const bool well =
      kind_named(view[Field::kind]).has_value() && view[Field::reply].find('\t') == std::string_view::npos;
  if (!well || view[Field::at].size() != kFieldRows[static_cast<std::size_t>(Field::at)].longest) return std::nullopt;
  return view;
}

}  // namespace postern::history
