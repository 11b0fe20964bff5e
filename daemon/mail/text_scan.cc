#include "mail/text_scan.h"

#include "base/text.h"
#include "mail/line_meter.h"

#include <algorithm>
#include <cstring>

namespace postern::mail {
namespace {

using Word = std::uint64_t;
constexpr Word kOnes = 0x0101010101010101U;
constexpr Word kLow = kOnes * 0x7FU;

/// One in each octet of `word` that is `c`.
constexpr Word equal_octets(Word word, unsigned char c) {
  const Word differs = word ^ (kOnes * c);
  return ~(((differs & kLow) + kLow) | differs) >> 7U & kOnes;
}

/// The sum of the eight octets, each of which is at most 255.
std::uint64_t sum_of(Word octets) {
  std::uint64_t sum = 0;
  for (; octets != 0; octets >>= 8U) sum += octets & 0xFFU;
  return sum;
}

struct Counts {
  std::uint64_t eight_bit = 0;
  std::uint64_t equals = 0;
  std::uint64_t line_ends = 0;
};

/// Eight octets at a time: bodies of many megabytes pass here.
Counts count_octets(std::string_view bytes) {
  constexpr std::size_t kRounds = 255;  // then a sum might be too large for its octet
  Counts counts;
  while (bytes.size() >= sizeof(Word)) {
    const std::size_t rounds = std::min(kRounds, bytes.size() / sizeof(Word));
    Word eight_bit = 0;
    Word equals = 0;
    Word line_ends = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
      Word word = 0;
      std::memcpy(&word, bytes.data() + i * sizeof(Word), sizeof word);
      eight_bit += word >> 7U & kOnes;
      equals += equal_octets(word, '=');
      line_ends += equal_octets(word, '\n');
    }
    counts.eight_bit += sum_of(eight_bit);
    counts.equals += sum_of(equals);
    counts.line_ends += sum_of(line_ends);
    bytes.remove_prefix(rounds * sizeof(Word));
  }
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) >= 0x80) ++counts.eight_bit;
    if (c == '=') ++counts.equals;
    if (c == '\n') ++counts.line_ends;
  }
  return counts;
}

/// How many octets at the end are the beginning of a character of UTF-8.
std::size_t unfinished(std::string_view bytes) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    const auto octet = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if ((octet & 0xC0U) == 0x80U) continue;
    const std::size_t length = octet >= 0xF0 ? 4 : octet >= 0xE0 ? 3 : octet >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::uint64_t TextMeasure::quoted_printable_size() const {
  constexpr std::uint64_t kLine = 75;  // before "=", RFC 2045 6.7 (5)
  const std::uint64_t written = octets + 2 * escapes;
  const std::uint64_t in_short_lines = (lines + 1) * kLine;
  const std::uint64_t breaks = written > in_short_lines ? (written - in_short_lines) / kLine : 0;
  return written + lines + 3 * breaks;
}

std::uint64_t TextMeasure::base64_size() const {
  constexpr std::uint64_t kLine = 57;  // octets in a line of 76, RFC 2045 6.8
  const std::uint64_t wire = octets + lines;
  return (wire + 2) / 3 * 4 + (wire / kLine + 1) * 2;
}

void TextScan::begin(bool ask_utf8) {
  column_ = 0;
  ask_utf8_ = ask_utf8;
  character_.clear();
}

/// The column is kept also where nothing more is to be found: the next piece may be counted for another part.
void TextScan::measure_lines(std::string_view piece, TextMeasure& facts) {
  if (has_long_line(piece, column_)) facts.long_line = true;
}

void TextScan::check_utf8(std::string_view piece, TextMeasure& facts) {
  character_ += piece;
  const std::size_t whole = character_.size() - unfinished(character_);
  if (!is_utf8(std::string_view(character_).substr(0, whole))) facts.utf8 = false;
  character_.erase(0, whole);
}

void TextScan::feed(std::string_view piece, TextMeasure& facts) {
  const Counts counts = count_octets(piece);
  facts.octets += piece.size();
  facts.lines += counts.line_ends;
  facts.escapes += counts.eight_bit + counts.equals;
  if (counts.eight_bit > 0) facts.eight_bit = true;
  if (!facts.odd) facts.odd = piece.find('\0') != std::string_view::npos || piece.find('\r') != std::string_view::npos;
  measure_lines(piece, facts);
  if (ask_utf8_ && facts.utf8 && (counts.eight_bit > 0 || !character_.empty())) check_utf8(piece, facts);
}

void TextScan::finish(TextMeasure& facts) {
  if (!character_.empty()) facts.utf8 = false;
  character_.clear();
}

}  // namespace postern::mail
