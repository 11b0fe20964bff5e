#include "history/lines_backwards.h"

#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

namespace postern::history {
namespace {

UniqueFd file_of(const std::string& text) {
  UniqueFd file(::memfd_create("lines", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(file.get(), text));
  return file;
}

std::vector<std::string> backwards(const std::string& text, std::size_t longest = 100'000) {
  const UniqueFd file = file_of(text);
  LinesBackwards lines(file.get(), text.size(), longest);
  std::vector<std::string> all;
  while (const auto line = lines.next()) all.emplace_back(*line);
  return all;
}

TEST(LinesBackwards, AreThoseOfTheFileFromTheLastOn) {
  EXPECT_EQ(backwards(""), std::vector<std::string>());
  EXPECT_EQ(backwards("\n"), std::vector<std::string>{""});
  EXPECT_EQ(backwards("a\n"), std::vector<std::string>{"a"});
  EXPECT_EQ(backwards("a\nbc"), (std::vector<std::string>{"bc", "a"}));
  EXPECT_EQ(backwards("a\n\nb\n"), (std::vector<std::string>{"b", "", "a"}));
}

TEST(LinesBackwards, AFileThatCannotBeReadFurtherIsNoneThatHasNoMore) {
  const UniqueFd file = file_of("a\nb\n");
  LinesBackwards whole(file.get(), 4, 100);
  while (whole.next()) {
  }
  EXPECT_EQ(whole.error(), 0);
  const UniqueFd directory(::open("/", O_RDONLY | O_CLOEXEC));
  LinesBackwards none(directory.get(), 4, 100);
  EXPECT_FALSE(none.next());
  EXPECT_EQ(none.error(), EISDIR);
}

TEST(LinesBackwards, AreWholeWhereverABlockEnds) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 20; ++round) {
    std::string text;
    std::vector<std::string> lines;
    while (text.size() < 3 * LinesBackwards::kBlock) {
      std::string line(random() % 5000, static_cast<char>('a' + lines.size() % 26));
      text += line + '\n';
      lines.push_back(std::move(line));
    }
    std::ranges::reverse(lines);
    EXPECT_EQ(backwards(text), lines);
  }
}

TEST(LinesBackwards, HoldNoMoreOfALineThanIsAllowed) {
  const std::string text = "a\n" + std::string(3 * LinesBackwards::kBlock, 'x') + "\nb\n";
  const std::vector<std::string> lines = backwards(text, 1000);
  EXPECT_EQ(lines.front(), "b");
  EXPECT_EQ(lines.back(), "a");
  for (const std::string& line : lines) EXPECT_LE(line.size(), LinesBackwards::kBlock + 1000);
}

TEST(LinesBackwards, EndWhereTheFileIsShorterThanItWas) {
  const UniqueFd file = file_of("a\nb\n");
  LinesBackwards lines(file.get(), 1000, 100);
  EXPECT_FALSE(lines.next());
}

}  // namespace
}  // namespace postern::history
