#include "smtp/data_codec.h"

#include "smtp/limits.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

namespace postern::smtp {
namespace {

using Fault = DataDecoder::Fault;

struct Decoded {
  std::string text;
  std::optional<std::string> rest;  // what follows the end of data, if the end was found
  Fault fault = Fault::none;
  std::uint64_t wire_size = 0;
  bool eight_bit = false;

  bool operator==(const Decoded&) const = default;
};

/// Cuts at the given offsets, which are in order.
Decoded decode_cut(std::string_view wire, const std::vector<std::size_t>& cuts, BareNewline mode) {
  DataDecoder decoder(mode);
  Decoded decoded;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size() && !decoded.rest; ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : wire.size();
    std::string_view piece = wire.substr(begin, end - begin);
    if (decoder.feed(piece, decoded.text)) {
      decoded.rest = std::string(wire.substr(end - piece.size()));
    } else {
      EXPECT_TRUE(piece.empty()) << "all is consumed until the end of data";
    }
    begin = end;
  }
  decoded.fault = decoder.fault();
  decoded.wire_size = decoder.wire_size();
  decoded.eight_bit = decoder.eight_bit();
  return decoded;
}

Decoded decode(std::string_view wire, BareNewline mode = BareNewline::line_end) { return decode_cut(wire, {}, mode); }

std::string encode(std::string_view text, std::size_t piece) {
  DataEncoder encoder;
  std::string wire;
  for (std::size_t i = 0; i < text.size(); i += piece) encoder.feed(text.substr(i, piece), wire);
  encoder.finish(wire);
  return wire;
}

std::string encode(std::string_view text) { return encode(text, text.size() + 1); }

/// RFC 5321 2.3.8 on what we send: every CR is followed by LF, every LF preceded by CR.
bool only_whole_line_ends(std::string_view wire) {
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (wire[i] == '\r' && (i + 1 == wire.size() || wire[i + 1] != '\n')) return false;
    if (wire[i] == '\n' && (i == 0 || wire[i - 1] != '\r')) return false;
  }
  return true;
}

/// The same rules as DataDecoder, one byte at a time and without any speed.
Decoded reference(std::string_view wire, BareNewline mode) {
  Decoded want;
  bool line_start = true;   // after CR LF or at the very beginning
  bool bare_start = false;  // after a bare LF
  std::size_t length = 0;
  const auto fail = [&](Fault fault) {
    if (want.fault == Fault::none) want.fault = fault;
  };
  const auto put = [&](char c) {
    if (want.fault != Fault::none) return;
    want.text += c;
    if (static_cast<unsigned char>(c) >= 0x80) want.eight_bit = true;
  };
  for (std::size_t i = 0; i < wire.size();) {
    const std::string_view here = wire.substr(i);
    if (line_start && here.starts_with(".\r\n")) {
      want.rest = std::string(here.substr(3));
      break;
    }
    const bool stuffed = (line_start || bare_start) && here.front() == '.';
    line_start = false;
    bare_start = false;
    if (stuffed) {
      ++i;
      continue;
    }
    const bool crlf = here.starts_with("\r\n");
    if (crlf || here.front() == '\n') {
      if (!crlf && mode == BareNewline::reject) fail(Fault::bare_lf);
      put('\n');
      want.wire_size += 2;
      length = 0;
      line_start = crlf;
      bare_start = !crlf;
      i += crlf ? 2 : 1;
      continue;
    }
    if (here.front() == '\r') {
      fail(Fault::bare_cr);
    } else if (length == limits::kTextLine) {
      fail(Fault::line_too_long);
    } else if (here.front() == '\0') {
      fail(Fault::nul);
    }
    put(here.front());
    ++length;
    ++want.wire_size;
    ++i;
  }
  return want;
}

constexpr BareNewline kModes[] = {BareNewline::line_end, BareNewline::reject};

TEST(DataDecoder, TakesAnEmptyMessage) {
  const Decoded decoded = decode(".\r\nQUIT\r\n");
  EXPECT_EQ(decoded.text, "");
  EXPECT_EQ(decoded.rest, "QUIT\r\n");
  EXPECT_EQ(decoded.wire_size, 0U);
}

TEST(DataDecoder, S28_UnstuffsDotsAndCountsTheWireSizeWithoutThem) {
  const Decoded decoded = decode("a\r\n..\r\n...\r\n.b\r\n\r\n.\r\n");
  EXPECT_EQ(decoded.text, "a\n.\n..\nb\n\n");
  EXPECT_EQ(decoded.rest, "");
  EXPECT_EQ(decoded.wire_size, std::string_view("a\r\n.\r\n..\r\nb\r\n\r\n").size());
}

TEST(DataDecoder, UnstuffsDotsAfterABareLineFeedToo) {
  // What Python's smtplib sends for a message of bytes with LF line ends.
  const Decoded decoded = decode("a\n..\n...b\n.c\n\r\n.\r\n");
  EXPECT_EQ(decoded.text, "a\n.\n..b\nc\n\n");
  EXPECT_EQ(decoded.rest, "");
}

TEST(DataDecoder, S30_S31_S32_S33_S34_NeverEndsAtAnythingButTheWholeMark) {
  struct Case {
    std::string_view wire;
    Fault tolerant;
    Fault strict;
  };
  using namespace std::string_view_literals;
  // reliability: SMTP smuggling. What stands behind the false mark must stay inside the one message.
  const Case cases[] = {
      {"a\n.\nMAIL"sv, Fault::none, Fault::bare_lf},        {"a\n.\r\nMAIL"sv, Fault::none, Fault::bare_lf},
      {"a\r\n.\nMAIL"sv, Fault::none, Fault::bare_lf},      {"a\r.\rMAIL"sv, Fault::bare_cr, Fault::bare_cr},
      {"a\r.\r\nMAIL"sv, Fault::bare_cr, Fault::bare_cr},   {"a\r\n.\rMAIL"sv, Fault::bare_cr, Fault::bare_cr},
      {"a\r\n.\r\rMAIL"sv, Fault::bare_cr, Fault::bare_cr}, {"a\r\n\0.\r\nMAIL"sv, Fault::nul, Fault::nul},
      {"a\r\n.\0\r\nMAIL"sv, Fault::nul, Fault::nul},       {"a\r\n.\r\0\nMAIL"sv, Fault::bare_cr, Fault::bare_cr},
      {"a\n\n.\n\nMAIL"sv, Fault::none, Fault::bare_lf},    {"a\n\r.\n\rMAIL"sv, Fault::bare_cr, Fault::bare_lf},
  };
  for (const Case& item : cases) {
    for (const BareNewline mode : kModes) {
      const std::string wire = std::string(item.wire) + " FROM:<x@y>\r\nRCPT TO:<z>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n";
      const Decoded decoded = decode(wire, mode);
      EXPECT_EQ(decoded.rest, "QUIT\r\n") << item.wire;
      EXPECT_EQ(decoded.fault, mode == BareNewline::line_end ? item.tolerant : item.strict) << item.wire;
      if (decoded.fault != Fault::none) continue;
      const std::string onward = encode(decoded.text);
      EXPECT_TRUE(only_whole_line_ends(onward));
      EXPECT_EQ(onward.find("\r\n.\r\n"), onward.size() - 5) << "one message goes in, one goes out";
    }
  }
}

TEST(DataDecoder, SeesTheEndAfterWhateverCameBefore) {
  using namespace std::string_view_literals;
  for (const std::string_view before :
       {"\r\n"sv, "\n\r\n"sv, "\r\r\n"sv, "\r\n.\r\r\n"sv, "\n.\r\n"sv, "\0\r\n"sv, ".\n\r\n"sv}) {
    for (const BareNewline mode : kModes) EXPECT_EQ(decode(std::string(before) + ".\r\nX", mode).rest, "X") << before;
  }
}

TEST(DataDecoder, S25_AppendsNothingAfterAFault) {
  EXPECT_EQ(decode("a\rb\r\nc\r\n.\r\n").text, "a");
  EXPECT_EQ(decode(std::string_view("ab\0c\r\nd\r\n.\r\n", 13)).text, "ab");
  EXPECT_EQ(decode("a\nb\r\n.\r\n", BareNewline::reject).text, "a");
}

TEST(DataDecoder, S29_TakesLinesUpToTheLimit) {
  for (std::size_t length :
       {std::size_t{998}, std::size_t{999}, std::size_t{1000}, std::size_t{4096}, limits::kTextLine}) {
    const std::string line(length, 'x');
    const Decoded decoded = decode(".." + line.substr(1) + "\r\n" + line + "\r\n.\r\n");
    EXPECT_EQ(decoded.fault, Fault::none) << length;
    EXPECT_EQ(decoded.text, "." + line.substr(1) + "\n" + line + "\n");
  }
  const Decoded longer = decode(std::string(limits::kTextLine + 1, 'x') + "\r\n.\r\nX");
  EXPECT_EQ(longer.fault, Fault::line_too_long);
  EXPECT_EQ(longer.rest, "X");
}

TEST(DataDecoder, DecidesALineAtTheLimitTheSameInAnyPieces) {
  for (const std::string_view tail :
       {"\r\n.\r\n", "x\r\n.\r\n", "\rx\r\n.\r\n", "\r\r\n.\r\n", "x\rx\r\n.\r\n", "\n\r\n.\r\n"}) {
    const std::string wire = std::string(limits::kTextLine, 'x') + std::string(tail);
    for (const BareNewline mode : kModes) {
      const Decoded want = reference(wire, mode);
      for (std::size_t cut = limits::kTextLine - 2; cut <= wire.size(); ++cut) {
        ASSERT_EQ(decode_cut(wire, {cut}, mode), want) << tail << " cut at " << cut;
      }
    }
  }
}

TEST(DataDecoder, NoticesEightBitTextAnywhere) {
  EXPECT_FALSE(decode(std::string(100, 'x') + "\r\n.\r\n").eight_bit);
  for (std::size_t at = 0; at < 40; ++at) {
    std::string line(40, 'x');
    line[at] = static_cast<char>(0x80);
    EXPECT_TRUE(decode(line + "\r\n.\r\n").eight_bit) << at;
  }
  EXPECT_FALSE(decode("x\r\n.\r\n\xC3\xA4").eight_bit) << "what follows is not the message";
}

// Every text of up to seven of the bytes that matter, whole and in two pieces at every place.
TEST(DataDecoder, AgreesWithTheReferenceOnEveryShortInputAndSplit) {
  constexpr std::string_view kBytes("\r\n.x\0", 5);
  for (std::size_t length = 0; length <= 6; ++length) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < length; ++i) count *= kBytes.size();
    for (std::size_t number = 0; number < count; ++number) {
      std::string wire;
      for (std::size_t i = 0, digits = number; i < length; ++i, digits /= kBytes.size())
        wire += kBytes[digits % kBytes.size()];
      wire += "\r\n.\r\nX";
      const BareNewline mode = kModes[number % 2];
      const Decoded want = reference(wire, mode);
      ASSERT_TRUE(want.rest);
      ASSERT_EQ(decode(wire, mode), want) << testing::PrintToString(wire);
      const std::size_t cut = number % (wire.size() + 1);
      ASSERT_EQ(decode_cut(wire, {cut}, mode), want) << testing::PrintToString(wire) << cut;
    }
  }
}

TEST(DataDecoder, AgreesWithTheReferenceInPiecesOfEverySize) {
  std::mt19937 random(7);
  constexpr std::string_view kBytes("\r\n\r\n..xyz\x80\0", 11);
  for (int round = 0; round < 300; ++round) {
    std::string wire;
    const std::size_t faults = round % 3 == 0 ? 11 : 10;  // without NUL two times of three
    for (int i = 0; i < 60; ++i) {
      const char c = kBytes[random() % faults];
      wire += c == '\r' && round % 2 == 0 ? std::string("\r\n") : std::string(1, c);
    }
    wire += "\r\n.\r\nMAIL";
    for (const BareNewline mode : kModes) {
      const Decoded want = reference(wire, mode);
      for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        std::vector<std::size_t> cuts;
        for (std::size_t at = piece; at < wire.size(); at += piece) cuts.push_back(at);
        ASSERT_EQ(decode_cut(wire, cuts, mode), want) << piece;
      }
    }
  }
}

TEST(DataEncoder, StuffsDotsAndEndsTheData) {
  EXPECT_EQ(encode(""), ".\r\n");
  EXPECT_EQ(encode("\n"), "\r\n.\r\n");
  EXPECT_EQ(encode("a\n.\n..b\n.c\n"), "a\r\n..\r\n...b\r\n..c\r\n.\r\n");
  EXPECT_EQ(encode("a.b\nno end"), "a.b\r\nno end\r\n.\r\n");
  EXPECT_EQ(encode("."), "..\r\n.\r\n");
}

TEST(DataEncoder, MakesABlankOfACarriageReturn) { EXPECT_EQ(encode("a\rb\r\n\r.\n"), "a b \r\n .\r\n.\r\n"); }

TEST(DataEncoder, WritesTheSameInPiecesOfEverySizeAndNoLooseLineEnd) {
  std::mt19937 random(3);
  constexpr std::string_view kBytes = "\n\n..ab\r";
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 50; ++i) text += kBytes[random() % kBytes.size()];
    const std::string wire = encode(text);
    ASSERT_TRUE(only_whole_line_ends(wire));
    ASSERT_EQ(wire.find("\r\n.\r\n"), wire.size() - 5);
    for (std::size_t piece = 1; piece <= text.size(); ++piece) ASSERT_EQ(encode(text, piece), wire) << piece;
  }
}

TEST(DataCodec, GivesBackEveryTextThatEndsItsLines) {
  constexpr std::string_view kBytes = "\n.x";
  for (std::size_t length = 0; length <= 8; ++length) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < length; ++i) count *= kBytes.size();
    for (std::size_t number = 0; number < count; ++number) {
      std::string text;
      for (std::size_t i = 0, digits = number; i < length; ++i, digits /= kBytes.size())
        text += kBytes[digits % kBytes.size()];
      if (!text.empty()) text += '\n';
      const Decoded decoded = decode(encode(text) + "NEXT", BareNewline::reject);
      ASSERT_EQ(decoded.text, text);
      ASSERT_EQ(decoded.rest, "NEXT");
      ASSERT_EQ(decoded.fault, Fault::none);
    }
  }
}

}  // namespace
}  // namespace postern::smtp
