// One text through each of the doors: what is stored of it must not depend on the door.
#include "sendmail-shim/compose.h"
#include "smtp/data_codec.h"
#include "smtp/drop_frame.h"
#include "support/mended_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace postern::shim {
namespace {

using smtp::LineEnd;

/// As a client writes it that has these line ends and knows no others: each LF becomes one.
std::string on_the_wire(std::string_view text, std::string_view line_end) {
  std::string wire;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && c == '.') wire += '.';
    line_start = c == '\n';
    if (line_start) {
      wire += line_end;
    } else {
      wire += c;
    }
  }
  if (!line_start) wire += line_end;
  return wire.append(".").append(line_end);
}

std::string by_smtp(std::string_view wire, LineEnd command, std::size_t piece) {
  smtp::DataDecoder decoder(command);
  std::string text;
  bool ended = false;
  while (!wire.empty() && !ended) {
    std::string_view front = wire.substr(0, piece);
    wire.remove_prefix(front.size());
    ended = decoder.feed(front, text);
  }
  EXPECT_TRUE(ended && wire.empty());
  return text;
}

/// Standard input, and then the submit socket.
std::string by_sendmail(std::string_view raw, DotLine dot, std::size_t piece) {
  InputReader reader(dot);
  for (std::size_t at = 0; at < raw.size(); at += piece) EXPECT_FALSE(reader.feed(raw.substr(at, piece)));
  EXPECT_FALSE(reader.finish());
  smtp::DataEncoder encoder;
  std::string wire;
  encoder.feed(reader.take(), wire);
  encoder.finish(wire);
  return by_smtp(wire, LineEnd::crlf, piece);
}

std::string by_drop(const std::string& raw, std::size_t piece) {
  const std::string commands = "MAIL FROM:<>\nRCPT TO:<x>\nDATA\n";
  const smtp::DropFrame frame = smtp::drop_frame(commands, raw);
  const std::string file = frame.head + raw + frame.tail;
  smtp::DropFrameReader reader;
  std::string text;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    EXPECT_TRUE(reader.feed(std::string_view(file).substr(at, piece), text));
  }
  EXPECT_TRUE(reader.finish());
  return text;
}

/// Nothing, or the door that gave another text.
std::string odd_door(std::string raw, std::size_t piece) {
  // By SMTP a line of nothing but NULs is a line; at the end of a file it is none.
  raw.erase(raw.find_last_not_of('\0') + 1);
  const std::string want = test::mended_whole(raw).text;
  if (by_sendmail(raw, DotLine::is_text, piece) != want) return "sendmail -i";
  const bool lone_dot = ("\n" + raw + "\n").find("\n.\n") != std::string::npos ||
                        ("\n" + raw + "\n").find("\n.\r\n") != std::string::npos || raw.ends_with("\n.\r");
  if (!lone_dot && raw != ".\r" && by_sendmail(raw, DotLine::ends, piece) != want) return "sendmail";
  if (by_drop(raw, piece) != want) return "drop";
  if (by_smtp(on_the_wire(raw, "\r\n"), LineEnd::crlf, piece) != want) return "SMTP";
  if (by_smtp(on_the_wire(raw, "\n"), LineEnd::lf, piece) != want) return "SMTP with LF";
  if (by_smtp(on_the_wire(raw, "\r\r\n"), LineEnd::cr_cr_lf, piece) != want) return "SMTP with CR CR LF";
  return "";
}

TEST(Doors, AllGiveTheSameOfEveryShortText) {
  for (std::size_t length = 0; length <= 5; ++length) {
    const test::Texts texts{std::string_view("\r\n.x\0", 5), length};
    for (std::size_t number = 0; number < texts.count(); ++number) {
      ASSERT_EQ(odd_door(texts[number], 1 + number % 7), "") << testing::PrintToString(texts[number]);
    }
  }
}

TEST(Doors, AllGiveTheSameOfManyTextsInPiecesOfManySizes) {
  std::mt19937 random(5);
  constexpr std::string_view kBytes("\n\n\r..Sx:\xC3\t\0", 11);
  for (int round = 0; round < 400; ++round) {
    std::string raw;
    for (int i = 0; i < 100; ++i) raw += kBytes[random() % kBytes.size()];
    for (const std::size_t piece : {1U, 2U, 3U, 50U, 1000U}) {
      ASSERT_EQ(odd_door(raw, piece), "") << testing::PrintToString(raw) << piece;
    }
  }
}

TEST(Doors, AllTakeALineOfAnyLength) {
  for (const std::size_t length : {std::size_t{5000}, std::size_t{70'000}, std::size_t{5'000'000}}) {
    EXPECT_EQ(odd_door("Subject: x\n\n" + std::string(length, 'x') + "\nend", 65536), "");
    EXPECT_EQ(odd_door("Subject: " + std::string(length, 'x') + "\n\nend\n", 65536), "");
  }
}

}  // namespace
}  // namespace postern::shim
