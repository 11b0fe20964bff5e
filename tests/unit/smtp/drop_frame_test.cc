#include "smtp/drop_frame.h"

#include "smtp/limits.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace postern::smtp {
namespace {

const std::string kCommands =
    "MAIL FROM:<a@b.example> XSUBMISSION=0123456789abcdef0123456789abcdef\nRCPT TO:<c@d.example>\nDATA\n";

std::string framed(const std::string& commands, const std::string& message) {
  const DropFrame frame = drop_frame(commands, message);
  return frame.head + message + frame.tail;
}

/// The whole of a frame read in pieces of one size; the text, or nothing if it was refused anywhere.
std::optional<std::string> unframed(std::string_view file, std::size_t piece = 4096) {
  DropFrameReader reader;
  std::string text;
  while (!file.empty()) {
    const std::string_view bytes = file.substr(0, piece);
    file.remove_prefix(bytes.size());
    if (!reader.feed(bytes, text)) return std::nullopt;
  }
  if (!reader.finish()) return std::nullopt;
  return text;
}

TEST(DropFrame, HasTheDocumentedForm) {
  EXPECT_EQ(framed("MAIL FROM:<>\nRCPT TO:<x>\nDATA\n", "hi\n"),
            "postern-drop 1 0000000030 0000000003\nMAIL FROM:<>\nRCPT TO:<x>\nDATA\nhi\nend 736663f5\n");
}

TEST(DropFrame, ReadsBackInPiecesOfEverySize) {
  const std::string message = "Subject: hi\n\n.dot\n\xFF\n";
  const std::string file = framed(kCommands, message);
  for (std::size_t piece = 1; piece <= file.size(); ++piece) {
    DropFrameReader reader;
    std::string text;
    for (std::size_t at = 0; at < file.size(); at += piece) {
      ASSERT_TRUE(reader.feed(std::string_view(file).substr(at, piece), text)) << piece;
    }
    ASSERT_TRUE(reader.finish()) << piece;
    ASSERT_EQ(text, message);
    ASSERT_EQ(reader.commands().size(), 3U);
    ASSERT_EQ(reader.commands()[1], "RCPT TO:<c@d.example>");
    ASSERT_EQ(reader.message_size(), message.size());
  }
}

TEST(DropFrame, AMessageMayBeEmpty) { EXPECT_EQ(unframed(framed(kCommands, "")), ""); }

TEST(DropFrame, NoCutIsWhole) {
  const std::string file = framed(kCommands, "Subject: hi\n\nbody\n");
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(unframed(std::string_view(file).substr(0, size))) << size;
  }
}

TEST(DropFrame, EveryChangedByteIsSeen) {
  const std::string file = framed(kCommands, "Subject: hi\n\nbody\n");
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = file;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      EXPECT_FALSE(unframed(changed)) << at << " bit " << bit;
    }
  }
}

TEST(DropFrame, NothingMayFollow) {
  for (const std::string more : {"\n", "x", "postern-drop 1 "}) EXPECT_FALSE(unframed(framed(kCommands, "x\n") + more));
}

TEST(DropFrame, MendsTheTextInPiecesOfEverySize) {
  const std::string raw("a\0b\r\nc\rd\r\r\n\nno end\r", 19);
  const std::string file = framed(kCommands, raw);
  for (std::size_t piece = 1; piece <= file.size(); ++piece) {
    DropFrameReader reader;
    std::string text;
    for (std::size_t at = 0; at < file.size(); at += piece) {
      ASSERT_TRUE(reader.feed(std::string_view(file).substr(at, piece), text)) << piece;
    }
    ASSERT_TRUE(reader.finish()) << piece;
    ASSERT_EQ(text, "ab\nc d\n\nno end\n") << piece;
    ASSERT_EQ(reader.mended(), (mail::Mended{.blanks = 1, .line_ends = 1, .nuls = 1}));
    ASSERT_EQ(reader.message_size(), raw.size());
  }
}

TEST(DropFrame, TakesALineOfAnyLength) {
  const std::string line = std::string(3'000'000, 'x') + "\n";
  EXPECT_EQ(unframed(framed(kCommands, line), 1U << 20U), line);
}

TEST(DropFrame, RefusesSizesBeforeItReadsThem) {
  const auto refused = [](const std::string& first_line) {
    DropFrameReader reader;
    std::string text;
    return !reader.feed(first_line, text);
  };
  EXPECT_FALSE(refused("postern-drop 1 0008388608 0052428800\n"));
  EXPECT_TRUE(refused("postern-drop 1 0008388609 0000000001\n"));
  EXPECT_TRUE(refused("postern-drop 1 0000000001 0052428801\n"));
  EXPECT_TRUE(refused("postern-drop 1 0000000000 0000000001\n"));
  EXPECT_TRUE(refused("postern-drop 2 0000000001 0000000001\n"));
  EXPECT_TRUE(refused("postern-drop 1 -000000001 0000000001\n"));
}

TEST(DropFrame, RefusesAnEnvelopeWithoutItsEndOrWithLinesWithoutEnd) {
  EXPECT_FALSE(unframed(framed("MAIL FROM:<>\nRCPT TO:<x>\n", "x\n")));
  EXPECT_FALSE(unframed(framed("MAIL FROM:<>\nRCPT TO:<x>\nDATA", "x\n")));
  EXPECT_FALSE(unframed(framed("MAIL FROM:<" + std::string(limits::kCommandLine, 'x') + ">\nDATA\n", "x\n")));
  std::string many = "MAIL FROM:<>\n";
  for (std::size_t i = 0; i <= kDropRecipients; ++i) many += "RCPT TO:<x>\n";
  EXPECT_FALSE(unframed(framed(many + "DATA\n", "x\n")));
}

}  // namespace
}  // namespace postern::smtp
