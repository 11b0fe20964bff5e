#include "setup/line_diff.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::setup {
namespace {

TEST(LineDiff, ShowsWhatGoesAndWhatComes) {
  EXPECT_EQ(line_diff("a\nb\nc\n", "a\nb\nc\n"), "");
  EXPECT_EQ(line_diff("", "a\n"), "@ line 1\n+ a\n");
  EXPECT_EQ(line_diff("a\nb\nc\nd\ne\n", "a\nx\nc\nd\ny\ne\n"), "@ line 2\n- b\n+ x\n@ line 5\n+ y\n");
  EXPECT_EQ(line_diff("a\nb", "b"), "@ line 1\n- a\n");
}

TEST(LineDiff, ShowsNoPasswordAndNoControls) {
  const std::string shown =
      line_diff("    password: tops3cret\n- { password: \"tops3cret\" }\n#  password: tops3cret\n", "x\x1b[2J\n");
  EXPECT_EQ(shown.find("tops3cret"), std::string::npos) << shown;
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
}

TEST(LineDiff, OfTextsOfAnySizeEveryLineIsToldOnce) {
  for (const std::size_t lines : {1U, 50U, 5000U}) {
    std::string a;
    std::string b;
    for (std::size_t i = 0; i < lines; ++i) {
      a += "a" + std::to_string(i) + "\n";
      b += "b" + std::to_string(i) + "\n";
    }
    const std::string shown = line_diff(a, b);
    EXPECT_EQ(static_cast<std::size_t>(std::count(shown.begin(), shown.end(), '\n')), 2 * lines + 1);
  }
}

}  // namespace
}  // namespace postern::setup
