#include "smtp/data_codec.h"

#include "support/mended_text.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  mail::Mended mended;
  std::uint64_t wire_size = 0;
  bool eight_bit = false;

  bool operator==(const Decoded&) const = default;
};

struct Rules {
  LineEnd command = LineEnd::crlf;
  BareNewline bare_newline = BareNewline::mend;
};

/// After a fault the text is of no use.
Decoded without_text_of_a_fault(Decoded decoded) {
  if (decoded.fault != Fault::none) decoded = Decoded{"", decoded.rest, decoded.fault, {}, 0, false};
  return decoded;
}

/// Cuts at the given offsets, which are in order.
Decoded decode_cut(std::string_view wire, const std::vector<std::size_t>& cuts, Rules rules) {
  DataDecoder decoder(rules.command, rules.bare_newline);
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
  decoded.mended = decoder.mended();
  decoded.wire_size = decoder.wire_size();
  decoded.eight_bit = decoder.eight_bit();
  return without_text_of_a_fault(std::move(decoded));
}

Decoded decode(std::string_view wire, Rules rules = {}) { return decode_cut(wire, {}, rules); }
constexpr Rules kStrict{LineEnd::crlf, BareNewline::reject};

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

/// The first fault of a text whose dots are unstuffed.
Fault fault_of(std::string_view raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool after_cr = i > 0 && raw[i - 1] == '\r';
    if (after_cr && raw[i] != '\n') return Fault::bare_cr;
    if (!after_cr && raw[i] == '\n') return Fault::bare_lf;
    if (raw[i] == '\0') return Fault::nul;
  }
  return Fault::none;
}

/// The same rules as DataDecoder, one byte at a time and without any speed: first the end and the dots, then the text.
Decoded reference(std::string_view wire, Rules rules) {
  Decoded want;
  enum class Start { none, whole, bare } start = Start::whole;
  const bool lf = rules.command == LineEnd::lf;
  std::string raw;
  std::uint64_t bare_lfs = 0;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    const std::string_view here = wire.substr(i);
    const bool dot = here.front() == '.' && start != Start::none;
    const bool own_start = start == Start::whole || lf;
    std::size_t end = 0;
    if (dot && own_start && here.starts_with(".\r\n")) end = 3;
    if (dot && lf && here.starts_with(".\n")) end = 2;
    if (dot && own_start && rules.command == LineEnd::cr_cr_lf && here.starts_with(".\r\r\n")) end = 4;
    if (end > 0) {
      want.rest = std::string(here.substr(end));
      break;
    }
    start = Start::none;
    if (dot && (own_start || here.starts_with(".."))) continue;
    const bool whole = here.front() == '\n' && i > 0 && wire[i - 1] == '\r';
    if (here.front() == '\n') start = whole ? Start::whole : Start::bare;
    if (here.front() == '\n' && !whole) ++bare_lfs;
    raw += here.front();
  }
  if (rules.bare_newline == BareNewline::reject) want.fault = fault_of(raw);
  const test::MendedText text = test::mended_text(raw);
  want.text = text.text;
  want.mended = text.mended;
  want.mended.bare_lfs = lf ? 0 : bare_lfs;
  want.wire_size = text.text.size() + static_cast<std::uint64_t>(std::ranges::count(text.text, '\n'));
  want.eight_bit = std::ranges::any_of(text.text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return without_text_of_a_fault(std::move(want));
}

constexpr Rules kRules[] = {{LineEnd::crlf, BareNewline::mend},     {LineEnd::lf, BareNewline::mend},
                            {LineEnd::cr_cr_lf, BareNewline::mend}, {LineEnd::crlf, BareNewline::reject},
                            {LineEnd::lf, BareNewline::reject},     {LineEnd::cr_cr_lf, BareNewline::reject}};

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

TEST(DataDecoder, AfterABareLineFeedOneOfTwoDotsIsStuffing) {
  // What Python's smtplib sends for a message of bytes with LF line ends.
  const Decoded decoded = decode("a\n..\n...b\n..c\n\r\n.\r\n");
  EXPECT_EQ(decoded.text, "a\n.\n..b\n.c\n\n");
  EXPECT_EQ(decoded.rest, "");
  // And what a script sends that knows dots after CR LF alone.
  EXPECT_EQ(decode("ls -a:\n.bashrc\n.\nend\r\n.\r\n").text, "ls -a:\n.bashrc\n.\nend\n");
}

// reliability: SMTP smuggling. What stands behind the false mark must stay inside the one message.
TEST(DataDecoder, S30_S31_S32_S33_S34_ASessionOfCRLFEndsAtNothingButTheWholeMark) {
  struct Case {
    std::string_view wire;
    Fault strict;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"a\n.\nMAIL"sv, Fault::bare_lf},       {"a\n.\r\nMAIL"sv, Fault::bare_lf},
      {"a\r\n.\nMAIL"sv, Fault::bare_lf},     {"a\r.\rMAIL"sv, Fault::bare_cr},
      {"a\r.\r\nMAIL"sv, Fault::bare_cr},     {"a\r\n.\rMAIL"sv, Fault::bare_cr},
      {"a\r\n.\r\rMAIL"sv, Fault::bare_cr},   {"a\r\n\0.\r\nMAIL"sv, Fault::nul},
      {"a\r\n.\0\r\nMAIL"sv, Fault::nul},     {"a\r\n.\r\0\nMAIL"sv, Fault::bare_cr},
      {"a\n\n.\n\nMAIL"sv, Fault::bare_lf},   {"a\n\r.\n\rMAIL"sv, Fault::bare_lf},
      {"a\r\n.\r\r\nMAIL"sv, Fault::bare_cr}, {"a\r.\nMAIL"sv, Fault::bare_cr},
      {"a\n.\rMAIL"sv, Fault::bare_lf},
  };
  for (const Case& item : cases) {
    const std::string wire = std::string(item.wire) + " FROM:<x@y>\r\nRCPT TO:<z>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n";
    const Decoded strict = decode(wire, kStrict);
    EXPECT_EQ(strict.rest, "QUIT\r\n") << item.wire;
    EXPECT_EQ(strict.fault, item.strict) << item.wire;
    const Decoded decoded = decode(wire);
    EXPECT_EQ(decoded.rest, "QUIT\r\n") << item.wire;
    EXPECT_EQ(decoded.fault, Fault::none) << item.wire;
    EXPECT_TRUE(decoded.mended.any()) << item.wire;
    const std::string onward = encode(decoded.text);
    EXPECT_TRUE(only_whole_line_ends(onward));
    EXPECT_EQ(onward.find("\r\n.\r\n"), onward.size() - 5) << "one message goes in, one goes out";
  }
}

TEST(DataDecoder, ASessionOfLFEndsAtALoneDotWithEitherLineEnd) {
  for (const std::string_view end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r\n"}) {
    const Decoded decoded = decode("a" + std::string(end) + "QUIT\n", {LineEnd::lf});
    EXPECT_EQ(decoded.rest, "QUIT\n") << testing::PrintToString(end);
    EXPECT_EQ(decoded.text, "a\n");
    EXPECT_FALSE(decoded.mended.any()) << "its own line ends are nothing to mend";
  }
  for (const std::string_view text : {"a\r.\r", "a\r.\n", "a\n.\r", "a\n.\r\r\n", "a\n..\n", "a\n.x\n", "a.\n"}) {
    EXPECT_FALSE(decode(text, {LineEnd::lf}).rest) << testing::PrintToString(text);
  }
  EXPECT_EQ(decode(".\nQUIT\n", {LineEnd::lf}).rest, "QUIT\n") << "an empty message";
}

TEST(DataDecoder, ASessionOfCRCRLFEndsAtADotWithItsOwnLineEndToo) {
  for (const std::string_view end : {"\r\r\n.\r\r\n", "\r\n.\r\r\n", "\r\r\n.\r\n"}) {
    const Decoded decoded = decode("a" + std::string(end) + "X", {LineEnd::cr_cr_lf});
    EXPECT_EQ(decoded.rest, "X") << testing::PrintToString(end);
    EXPECT_EQ(decoded.text, "a\n");
  }
  EXPECT_FALSE(decode("a\n.\nX", {LineEnd::cr_cr_lf}).rest);
  EXPECT_FALSE(decode("a\n.\r\r\nX", {LineEnd::cr_cr_lf}).rest);
  EXPECT_FALSE(decode("a\r\r\n.\r\r\r\nX", {LineEnd::cr_cr_lf}).rest);
}

TEST(DataDecoder, KnowsALoneDotThatItsClientMayMeanAsTheEnd) {
  for (const std::string_view text : {"a\n.\n", "a\r\n.\n", "a\n.\r\n", "a\r.\r", "a\r\n.\r\r\n", ".\n", "a\n.\nQUIT\n",
                                      "a\n.\r\nquit\r\n", "a\n.\n\n"}) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      DataDecoder decoder;
      std::string out;
      for (std::string_view piece : {text.substr(0, cut), text.substr(cut)}) ASSERT_FALSE(decoder.feed(piece, out));
      EXPECT_TRUE(decoder.ends_with_lone_dot()) << testing::PrintToString(text) << cut;
    }
  }
  for (const std::string_view text :
       {"", "a", "\n", "a.\n", "a\n..\n", "a\n.", "a\n.\nb", "a\n.\nQUI\n", "QUIT\n", "a\n.b\n"}) {
    DataDecoder decoder;
    std::string out;
    std::string_view piece = text;
    ASSERT_FALSE(decoder.feed(piece, out));
    EXPECT_FALSE(decoder.ends_with_lone_dot()) << testing::PrintToString(text);
  }
}

TEST(DataDecoder, SeesTheEndAfterWhateverCameBefore) {
  using namespace std::string_view_literals;
  for (const std::string_view before :
       {"\r\n"sv, "\n\r\n"sv, "\r\r\n"sv, "x\r\n.\r\r\r\n"sv, "\0\r\n"sv, ".\0\n\r\n"sv}) {
    for (const Rules rules : kRules) EXPECT_EQ(decode(std::string(before) + ".\r\nX", rules).rest, "X") << before;
  }
}

TEST(DataDecoder, S25_MendsWhatIsNoLineEnd) {
  EXPECT_EQ(decode("10%\r20%\r\nc\r\r\n.\r\n").text, "10% 20%\nc\n");
  EXPECT_EQ(decode(std::string_view("ab\0c\r\nd\r\n.\r\n", 13)).text, "abc\nd\n");
  EXPECT_EQ(decode("a\nb\r\n.\r\n").mended, (mail::Mended{.bare_lfs = 1}));
}

TEST(DataDecoder, S29_TakesLinesOfAnyLength) {
  for (const std::size_t length : {std::size_t{998}, std::size_t{999}, std::size_t{1000}, std::size_t{4096},
                                   std::size_t{65536}, std::size_t{70000}, std::size_t{3'000'000}}) {
    const std::string line(length, 'x');
    for (const Rules rules : {Rules{}, kStrict}) {
      const Decoded decoded = decode(".." + line.substr(1) + "\r\n" + line + "\r\n.\r\n", rules);
      EXPECT_EQ(decoded.fault, Fault::none) << length;
      EXPECT_EQ(decoded.text, "." + line.substr(1) + "\n" + line + "\n");
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

// Every text of up to six of the bytes that matter, whole and in two pieces: the shorter ones by all rules at every
// place.
TEST(DataDecoder, AgreesWithTheReferenceOnEveryShortInputAndSplit) {
  for (std::size_t length = 0; length <= 6; ++length) {
    const test::Texts texts{std::string_view("\r\n.x\0", 5), length};
    for (std::size_t number = 0; number < texts.count(); ++number) {
      const std::string wire = texts[number] + "\r\n.\r\nX";
      for (std::size_t rule = 0; rule < std::size(kRules); ++rule) {
        if (length == 6 && rule != number % std::size(kRules)) continue;
        const Decoded want = reference(wire, kRules[rule]);
        ASSERT_TRUE(want.rest);
        ASSERT_EQ(decode(wire, kRules[rule]), want) << testing::PrintToString(wire) << rule;
        for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
          if (length > 4 && cut != number % (wire.size() + 1)) continue;
          ASSERT_EQ(decode_cut(wire, {cut}, kRules[rule]), want) << testing::PrintToString(wire) << rule << cut;
        }
      }
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
    for (const Rules rules : kRules) {
      const Decoded want = reference(wire, rules);
      for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        std::vector<std::size_t> cuts;
        for (std::size_t at = piece; at < wire.size(); at += piece) cuts.push_back(at);
        ASSERT_EQ(decode_cut(wire, cuts, rules), want) << piece;
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
      const Decoded decoded = decode(encode(text) + "NEXT", kStrict);
      ASSERT_EQ(decoded.text, text);
      ASSERT_EQ(decoded.rest, "NEXT");
      ASSERT_EQ(decoded.fault, Fault::none);
    }
  }
}

}  // namespace
}  // namespace postern::smtp
