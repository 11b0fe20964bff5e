// The text of a message that goes out: looked at, and encoded where the server takes it no other way.
#include "mail/text_rewriter.h"
#include "mail/text_survey.h"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace postern {
namespace {

constexpr std::size_t kSize = std::size_t{4} << 20U;
constexpr std::size_t kPiece = std::size_t{64} * 1024;  // as the spool is read
constexpr mail::TextRules kSevenBit{.eight_bit = false, .utf8 = false, .at_any_cost = false};

std::string text_of(std::string_view line) {
  std::string text =
      "From: a@example.com\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
      "Content-Type: text/plain; charset=utf-8\n\n";
  while (text.size() < kSize) text += line;
  return text + "\n--b--\n";
}

void survey(benchmark::State& state, std::string_view line) {
  const std::string text = text_of(line);
  for (auto _ : state) {
    mail::TextSurvey reading(kSevenBit);
    for (std::size_t at = 0; at < text.size(); at += kPiece) reading.feed(std::string_view(text).substr(at, kPiece));
    benchmark::DoNotOptimize(reading.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void rewrite(benchmark::State& state, std::string_view line) {
  const std::string text = text_of(line);
  mail::TextSurvey reading(kSevenBit);
  reading.feed(text);
  const mail::TextPlan plan = reading.finish();
  std::string out;
  for (auto _ : state) {
    mail::TextRewriter writing(plan, kSevenBit);
    for (std::size_t at = 0; at < text.size(); at += kPiece) {
      out.clear();
      writing.feed(std::string_view(text).substr(at, kPiece), out);
      benchmark::DoNotOptimize(out.data());
    }
    writing.finish(out);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

constexpr std::string_view kPlain = "The quick brown fox jumps over the lazy dog, again and again ab\n";
constexpr std::string_view kUmlauts =
    "Der schnelle braune Fuchs springt \xC3\xBC"
    "ber den faulen Hund, wieder und wieder\n";
constexpr std::string_view kCyrillic = "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 \xD0\xBC\xD0\xB8\xD1\x80\n";
BENCHMARK_CAPTURE(survey, identity, kPlain);
BENCHMARK_CAPTURE(survey, eight_bit, kCyrillic);
BENCHMARK_CAPTURE(rewrite, identity, kPlain);
BENCHMARK_CAPTURE(rewrite, quoted_printable, kUmlauts);
BENCHMARK_CAPTURE(rewrite, base64, kCyrillic);

}  // namespace
}  // namespace postern
