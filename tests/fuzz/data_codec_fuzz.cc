// Message text from a hostile client. Decoding does not depend on the pieces; what is decoded goes onward
// as exactly one message without a loose CR or LF, and comes back as it was. The first byte of the input
// chooses the line-end rule and the size of the pieces.
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
  std::uint64_t wire_size = 0;
  bool eight_bit = false;

  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view wire, std::size_t piece, smtp::BareNewline mode) {
  DataDecoder decoder(mode);
  Decoded decoded;
  for (std::size_t i = 0; i < wire.size() && !decoded.ended; i += piece) {
    std::string_view bytes = wire.substr(i, piece);
    decoded.ended = decoder.feed(bytes, decoded.text);
    if (decoded.ended) decoded.rest = wire.substr(std::min(i + piece, wire.size()) - bytes.size());
  }
  decoded.fault = decoder.fault();
  decoded.wire_size = decoder.wire_size();
  decoded.eight_bit = decoder.eight_bit();
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
  const auto mode = (data[0] & 1U) != 0 ? smtp::BareNewline::reject : smtp::BareNewline::line_end;
  const std::size_t piece = 1 + (data[0] >> 1U);
  const std::string_view wire = fuzz::text_of(data + 1, size - 1);
  const Decoded decoded = decode(wire, wire.size() + 1, mode);
  fuzz::check(decode(wire, piece, mode) == decoded, "decoding does not depend on the pieces");
  fuzz::check(decode(wire, 1, mode) == decoded, "decoding does not depend on the pieces");

  smtp::DataEncoder encoder;
  std::string onward;
  for (std::size_t i = 0; i < decoded.text.size(); i += piece) {
    encoder.feed(std::string_view(decoded.text).substr(i, piece), onward);
  }
  encoder.finish(onward);
  check_wire(onward);
  const Decoded again = decode(onward + "NEXT", onward.size() + 5, smtp::BareNewline::reject);
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
