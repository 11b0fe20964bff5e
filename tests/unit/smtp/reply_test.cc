#include "smtp/reply.h"

#include "smtp/limits.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::smtp {
namespace {

/// What one feed of all bytes gives: the replies, and the failure that ended them.
struct Outcome {
  std::vector<Reply> replies;
  std::optional<Failure> failure;
  bool midway = false;
};

Outcome read_in_pieces(std::string_view wire, std::size_t piece) {
  ReplyParser parser;
  Outcome outcome;
  for (std::size_t i = 0; i < wire.size(); i += piece) {
    std::string_view bytes = wire.substr(i, piece);
    while (!bytes.empty()) {
      const auto reply = parser.feed(bytes);
      if (!reply) {
        outcome.failure = reply.error().failure;
        return outcome;
      }
      if (*reply) outcome.replies.push_back(**reply);
    }
  }
  outcome.midway = parser.midway();
  return outcome;
}

Outcome read(std::string_view wire) { return read_in_pieces(wire, wire.size() + 1); }

Reply only_reply(std::string_view wire) {
  const Outcome outcome = read(wire);
  EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(outcome.replies.size(), 1U);
  return outcome.replies.empty() ? Reply() : outcome.replies.front();
}

TEST(ReplyParser, TakesOneLine) {
  const Reply reply = only_reply("250 2.1.0 fine\r\n");
  EXPECT_EQ(reply.code, 250);
  EXPECT_EQ(reply.lines, std::vector<std::string>{"2.1.0 fine"});
}

TEST(ReplyParser, TakesSeveralLines) {
  const Reply reply = only_reply("250-a\r\n250-\r\n250-b c\r\n250 d\r\n");
  EXPECT_EQ(reply.lines, (std::vector<std::string>{"a", "", "b c", "d"}));
}

TEST(ReplyParser, ToleratesBareNewlinesAndMissingText) {
  EXPECT_EQ(only_reply("250\r\n").lines, std::vector<std::string>{""});
  EXPECT_EQ(only_reply("250\n").lines, std::vector<std::string>{""});
  EXPECT_EQ(only_reply("250 \r\n").lines, std::vector<std::string>{""});
  EXPECT_EQ(only_reply("250-a\n250\n").lines, (std::vector<std::string>{"a", ""}));
}

TEST(ReplyParser, TakesExactlyTheCodes200To599) {
  for (int number = 0; number <= 999; ++number) {
    std::string code = std::to_string(number);
    code.insert(0, 3 - code.size(), '0');
    const Outcome outcome = read(code + " text\r\n");
    if (number >= 200 && number <= 599) {
      ASSERT_EQ(outcome.replies.size(), 1U) << code;
      EXPECT_EQ(outcome.replies.front().code, number);
    } else {
      EXPECT_EQ(outcome.failure, Failure::protocol) << code;
    }
  }
}

TEST(ReplyParser, TakesOnlyABlankOrADashAfterTheCode) {
  for (int value = 0; value < 256; ++value) {
    const char separator = static_cast<char>(value);
    if (separator == '\n' || separator == '-' || separator == ' ') continue;
    const Outcome outcome = read(std::string("250") + separator + "x\r\n");
    EXPECT_EQ(outcome.failure, Failure::protocol) << value;
  }
}

TEST(ReplyParser, SkipsAFewEmptyLinesBeforeAReplyAndNoneWithin) {
  for (std::size_t blank = 0; blank <= 6; ++blank) {
    std::string bytes;
    for (std::size_t i = 0; i < blank; ++i) bytes += i % 2 == 0 ? "\r\n" : "\n";
    const bool tolerated = blank <= limits::kBlankLines;
    EXPECT_EQ(read(bytes + "250 ok\r\n").failure.has_value(), !tolerated) << blank;
  }
  EXPECT_EQ(read("250-a\r\n\r\n250 b\r\n").failure, Failure::protocol);
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
  for (const std::string_view line :
       {"2", "25", "2500", "99999999999", " 250", "+250", "-250", "250\tx", "2 50", "25o ok", "HTTP/1.1 400", "\r"}) {
    EXPECT_EQ(read(std::string(line) + "\r\n").failure, Failure::protocol) << line;
  }
}

TEST(ReplyParser, RefusesACodeThatChangesWithinOneReply) {
  EXPECT_EQ(read("250-a\r\n251 b\r\n").failure, Failure::protocol);
  EXPECT_EQ(read("250-a\r\n250-b\r\n550 c\r\n").failure, Failure::protocol);
}

TEST(ReplyParser, LeavesWhatFollowsTheReply) {
  ReplyParser parser;
  std::string_view bytes = "220 hello\r\n250 more\r\n";
  const auto reply = parser.feed(bytes);
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ(bytes, "250 more\r\n");
  EXPECT_FALSE(parser.midway());
}

TEST(ReplyParser, ReadsTheSameInPiecesOfEverySize) {
  const std::string wire =
      std::string("220 hi\r\n250-a\r\n250-b\n250\r\n354 go\r\n550 5.1.1 no ") + '\0' + "\x80\r\n221 x";
  const Outcome whole = read(wire);
  ASSERT_EQ(whole.replies.size(), 4U);
  EXPECT_TRUE(whole.midway);
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    const Outcome outcome = read_in_pieces(wire, piece);
    ASSERT_EQ(outcome.replies.size(), whole.replies.size()) << piece;
    for (std::size_t i = 0; i < whole.replies.size(); ++i) {
      EXPECT_EQ(outcome.replies[i].code, whole.replies[i].code);
      EXPECT_EQ(outcome.replies[i].lines, whole.replies[i].lines);
    }
    EXPECT_TRUE(outcome.midway);
  }
}

TEST(ReplyParser, KnowsAtEveryCutWhetherItIsMidway) {
  const std::string wire = "250-a\r\n250 b\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    EXPECT_EQ(read(std::string_view(wire).substr(0, cut)).midway, cut != 0 && cut != wire.size()) << cut;
  }
}

TEST(ReplyParser, H11_EnforcesTheLengthOfALineWhileReading) {
  for (const std::string_view end : {"\r\n", "\n"}) {
    for (std::size_t piece : {std::size_t{1}, std::size_t{4096}, std::size_t{100000}}) {
      const std::string longest = "250 " + std::string(limits::kReplyLine - 4, 'x');
      EXPECT_EQ(read_in_pieces(longest + std::string(end), piece).replies.size(), 1U);
      EXPECT_EQ(read_in_pieces(longest + "x" + std::string(end), piece).failure, Failure::limit);
    }
  }
  EXPECT_EQ(read("250 " + std::string(limits::kReplyLine, 'x')).failure, Failure::limit) << "no line end needed";
}

TEST(ReplyParser, H11_EnforcesTheNumberOfLines) {
  std::string wire;
  for (std::size_t i = 1; i < limits::kReplyLines; ++i) wire += "250-x\r\n";
  EXPECT_EQ(read(wire + "250 x\r\n").replies.size(), 1U);
  EXPECT_EQ(read(wire + "250-x\r\n250 x\r\n").failure, Failure::limit);
}

TEST(ReplyParser, EnforcesTheBytesOfOneReplyButNotOfASession) {
  const std::string line = "250-" + std::string(2000, 'x') + "\r\n";
  std::string wire;
  while (wire.size() + line.size() <= limits::kReplyBytes) wire += line;
  EXPECT_EQ(read(wire + line).failure, Failure::limit);
  const std::string fitting = wire + "250 x\r\n";
  EXPECT_EQ(read(fitting + fitting + fitting).replies.size(), 3U);
}

TEST(ReplyParser, TakesNoRandomBytesForMoreThanTheyAre) {
  std::mt19937 random(1);
  const std::string_view alphabet = "25034- \r\n.x";
  for (int round = 0; round < 20000; ++round) {
    std::string wire;
    for (int i = 0; i < 24; ++i) wire += alphabet[random() % alphabet.size()];
    const Outcome whole = read(wire);
    const Outcome bytes = read_in_pieces(wire, 1);
    ASSERT_EQ(whole.replies.size(), bytes.replies.size()) << wire;
    ASSERT_EQ(whole.failure, bytes.failure) << wire;
    for (const Reply& reply : whole.replies) ASSERT_TRUE(reply.code >= 200 && reply.code <= 599);
  }
}

TEST(Reply, HasAnEnhancedCodeOnlyOfItsOwnClassAndShape) {
  const auto enhanced = [](int code, std::string text) { return Reply{code, {std::move(text)}}.enhanced(); };
  EXPECT_EQ(enhanced(550, "5.1.1 no such user"), "5.1.1");
  EXPECT_EQ(enhanced(250, "2.0.0"), "2.0.0");
  EXPECT_EQ(enhanced(421, "4.123.999 x"), "4.123.999");
  for (const std::string_view text :
       {"", "5", "5.", "5.1", "5.1.", "5.1.x", "5..1", "5.1.1.1 x", "5.1.1x", "5.1234.1 x", "5.1.1234 x", "2.0.0 fine",
        "4.1.1 later", "9.9.9 x", " 5.1.1 x", "x 5.1.1"}) {
    EXPECT_EQ(enhanced(550, std::string(text)), "") << text;
  }
  EXPECT_EQ(Reply{}.enhanced(), "");
}

TEST(Reply, IsShownAsOnePrintableLine) {
  EXPECT_EQ((Reply{550, {"5.1.1 no such user"}}).text(), "550 5.1.1 no such user");
  EXPECT_EQ((Reply{554, {"first", "", " second "}}).text(), "554 first / second");
  EXPECT_EQ((Reply{250, {""}}).text(), "250");
  const std::string hostile = (Reply{550, {std::string("a\rb\0c\x1b[31m\nRCPT", 14)}}).text();
  for (const char c : hostile) EXPECT_TRUE(c >= ' ' && c <= '~') << hostile;
}

TEST(Reply, IsShownWithinALimitWithoutHalfCharacters) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    for (int i = 0; i < 400; ++i) text += "\xE2\x82\xAC";
    const std::string shown = (Reply{550, {text}}).text();
    EXPECT_LE(shown.size(), 512U);
    EXPECT_GT(shown.size(), 508U);
    EXPECT_TRUE(shown.ends_with("\xE2\x82\xAC")) << shift;
  }
}

TEST(Reply, IsShownWithinALimitWithoutHalfEscapes) {
  for (std::size_t before = 0; before < 4; ++before) {
    Reply reply;
    reply.code = 550;
    reply.lines.push_back(std::string(before, 'a') + std::string(1000, '\x1b'));
    EXPECT_TRUE(reply.words().ends_with("\\x1b")) << before;
    EXPECT_TRUE(reply.text().ends_with("\\x1b")) << before;
    EXPECT_GT(reply.text().size(), 500U);
  }
}

TEST(Reply, TellsItsWordsWithoutTheCodesOfEachLine) {
  Reply reply;
  reply.code = 550;
  reply.lines = {"5.1.1 <b@x>: no such user", "5.1.1 see https://example.com", ""};
  EXPECT_EQ(reply.words(), "<b@x>: no such user / see https://example.com");
  EXPECT_EQ(reply.text(), "550 5.1.1 <b@x>: no such user / see https://example.com");
  reply.lines = {"5.1.1"};
  EXPECT_EQ(reply.words(), "");
  EXPECT_EQ(reply.text(), "550 5.1.1");
}

}  // namespace
}  // namespace postern::smtp
