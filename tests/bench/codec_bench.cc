// The parts every message passes through: data codec both ways and the reply parser.
#include "smtp/data_codec.h"
#include "smtp/reply.h"

#include <benchmark/benchmark.h>

#include <string>

namespace postern {
namespace {

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "The quick brown fox jumps over the lazy dog, again and again ab\n";
  return text;
}

std::string wire_of(const std::string& text) {
  std::string wire;
  smtp::DataEncoder encoder;
  encoder.feed(text, wire);
  encoder.finish(wire);
  return wire;
}

void encode(benchmark::State& state) {
  const std::string text = text_of(static_cast<std::size_t>(state.range(0)));
  std::string wire;
  for (auto _ : state) {
    wire.clear();
    smtp::DataEncoder encoder;
    encoder.feed(text, wire);
    encoder.finish(wire);
    benchmark::DoNotOptimize(wire.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(encode)->Arg(4096)->Arg(1 << 20);

void decode(benchmark::State& state) {
  const std::string wire = wire_of(text_of(static_cast<std::size_t>(state.range(0))));
  std::string text;
  for (auto _ : state) {
    text.clear();
    smtp::DataDecoder decoder;
    std::string_view rest = wire;
    if (!decoder.feed(rest, text)) state.SkipWithError("no end of data");
    benchmark::DoNotOptimize(text.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(wire.size()) * state.iterations());
}
BENCHMARK(decode)->Arg(4096)->Arg(1 << 20);

/// A text with a CR in each line and a NUL in each tenth, by a client of LF: all that can be mended.
void decode_and_mend(benchmark::State& state) {
  std::string wire;
  for (int line = 0; wire.size() < static_cast<std::size_t>(state.range(0)); ++line) {
    wire += "  1,024  50%\r  2,048 100%\r\r\n";
    if (line % 10 == 0) wire += '\0';
  }
  wire += "\n.\n";
  std::string text;
  for (auto _ : state) {
    text.clear();
    smtp::DataDecoder decoder(smtp::LineEnd::lf);
    std::string_view rest = wire;
    if (!decoder.feed(rest, text)) state.SkipWithError("no end of data");
    benchmark::DoNotOptimize(text.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(wire.size()) * state.iterations());
}
BENCHMARK(decode_and_mend)->Arg(1 << 20);

void parse_replies(benchmark::State& state) {
  const std::string wire =
      "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Ok: queued as 4ABC\r\n";
  for (auto _ : state) {
    smtp::ReplyParser parser;
    std::string_view rest = wire;
    int replies = 0;
    while (!rest.empty()) {
      const auto reply = parser.feed(rest);
      if (reply && *reply) ++replies;
    }
    if (replies != 4) state.SkipWithError("not four replies");
  }
  state.SetItemsProcessed(4 * state.iterations());
}
BENCHMARK(parse_replies);

}  // namespace
}  // namespace postern
