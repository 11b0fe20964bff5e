// Message text from a hostile client. Decoding does not depend on the pieces, and leaves neither CR nor NUL; what is
// decoded goes onward as exactly one message without a loose CR or LF, and comes back as it was. A session of CR LF
// ends at CR LF . CR LF and nowhere else. The first byte of the input chooses the rules and the size of the pieces.
#include "fuzz.h"
#include "smtp/data_codec.h"

#include <algorithm>
#include <string>

namespace {

using namespace postern;
using smtp::DataDecoder;

struct Decoded {
  std::string text;
  std::string rest;
  bool ended = false;
  DataDecoder::Fault fault = DataDecoder::Fault::none;
  mail::Mended mended;
  std::uint64_t wire_size = 0;
  bool eight_bit = false;
  bool lone_dot = false;

  bool operator==(const Decoded&) const = default;
};

struct Rules {
  smtp::LineEnd command = smtp::LineEnd::crlf;
  smtp::BareNewline bare_newline = smtp::BareNewline::reject;
};

Decoded decode(std::string_view wire, std::size_t piece, Rules rules) {
  DataDecoder decoder(rules.command, rules.bare_newline);
  Decoded decoded;
  for (std::size_t i = 0; i < wire.size() && !decoded.ended; i += piece) {
    std::string_view bytes = wire.substr(i, piece);
    decoded.ended = decoder.feed(bytes, decoded.text);
    if (decoded.ended) decoded.rest = wire.substr(std::min(i + piece, wire.size()) - bytes.size());
  }
  decoded.fault = decoder.fault();
  decoded.wire_size = decoder.wire_size();
  decoded.eight_bit = decoder.eight_bit();
  decoded.mended = decoder.mended();
  decoded.lone_dot = !decoded.ended && decoder.ends_with_lone_dot();
  if (decoded.fault != DataDecoder::Fault::none) {  // the text is of no use then
    decoded.text.clear();
    decoded.mended = {};
    decoded.wire_size = 0;
    decoded.eight_bit = false;
  }
  return decoded;
}

void check_wire(std::string_view wire) {
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (wire[i] == '\r') fuzz::check(i + 1 < wire.size() && wire[i + 1] == '\n', "no bare CR");
    if (wire[i] == '\n') fuzz::check(i > 0 && wire[i - 1] == '\r', "no bare LF");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr smtp::LineEnd kCommands[] = {smtp::LineEnd::crlf, smtp::LineEnd::lf, smtp::LineEnd::cr_cr_lf,
                                         smtp::LineEnd::crlf};
  Rules mode;
  mode.bare_newline = (data[0] & 1U) != 0 ? smtp::BareNewline::reject : smtp::BareNewline::mend;
  mode.command = kCommands[(data[0] >> 1U) & 3U];
  const std::size_t piece = 1 + (data[0] >> 3U);
  const std::string_view wire = fuzz::text_of(data + 1, size - 1);
  const Decoded decoded = decode(wire, wire.size() + 1, mode);
  fuzz::check(decode(wire, piece, mode) == decoded, "decoding does not depend on the pieces");
  fuzz::check(decode(wire, 1, mode) == decoded, "decoding does not depend on the pieces");

  fuzz::check(decoded.text.find_first_of(std::string_view("\r\0", 2)) == std::string::npos, "no CR and no NUL is left");
  if (mode.command == smtp::LineEnd::crlf) {
    const std::string_view first = wire.substr(0, wire.size() - decoded.rest.size());
    const bool whole = first == ".\r\n" || first.ends_with("\r\n.\r\n");
    fuzz::check(!decoded.ended || whole, "the end is the whole mark");
    const bool marked = wire.starts_with(".\r\n") || wire.find("\r\n.\r\n") != std::string_view::npos;
    fuzz::check(decoded.ended == marked, "the whole mark is the end");
  }

  smtp::DataEncoder encoder;
  std::string onward;
  for (std::size_t i = 0; i < decoded.text.size(); i += piece) {
    encoder.feed(std::string_view(decoded.text).substr(i, piece), onward);
  }
  encoder.finish(onward);
  check_wire(onward);
  const Decoded again = decode(onward + "NEXT", onward.size() + 5, Rules());
  fuzz::check(again.ended && again.rest == "NEXT", "one message in, one message out");
  fuzz::check(again.fault == DataDecoder::Fault::none, "what we send is clean");
  std::string want = decoded.text;
  if (!want.empty() && want.back() != '\n') want += '\n';
  fuzz::check(again.text == want, "the text comes back as it was");
  if (decoded.ended && decoded.fault == DataDecoder::Fault::none) {
    fuzz::check(again.wire_size == decoded.wire_size, "the size is that of the text on the wire");
  }
  return 0;
}
