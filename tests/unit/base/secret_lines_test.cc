#include "base/secret_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace postern {
namespace {

/// Each line in brackets; one that is not whole as "[!]".
std::string lines_of(std::string_view bytes, std::size_t chunk, bool ends) {
  std::string all;
  const SecretLines::Heard heard = [&all](const Secret& line, bool whole) {
    all.append("[").append(whole ? line.reveal() : "!" + std::string(line.reveal())).append("]");
  };
  SecretLines lines(4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size()))) lines.feed(bytes.substr(0, chunk), heard);
  if (ends) lines.end(heard);
  return all;
}

TEST(SecretLines, AreTheSameHoweverTheBytesCome) {
  for (std::size_t chunk = 1; chunk < 20; ++chunk) {
    EXPECT_EQ(lines_of("ab\n\nabcd\nabcde\nx\ny", chunk, false), "[ab][][abcd][!][x]") << chunk;
    EXPECT_EQ(lines_of("ab\n\nabcd\nabcde\nx\ny", chunk, true), "[ab][][abcd][!][x][y]") << chunk;
    EXPECT_EQ(lines_of("abcde", chunk, true), "[!]") << chunk;
    EXPECT_EQ(lines_of("a\n", chunk, true), "[a]") << chunk;
    EXPECT_EQ(lines_of("", chunk, true), "");
  }
}

TEST(SecretLines, GoToNobodyWhereNobodyHears) {
  SecretLines lines(4);
  lines.feed("ab\ncd", nullptr);
  std::string all;
  lines.end([&all](const Secret& line, bool) { all += line.reveal(); });
  EXPECT_EQ(all, "cd");
}

}  // namespace
}  // namespace postern
