#include "base/line_file.h"

#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace postern {
namespace {

using Against = LineFile::Against;
using testing::HasSubstr;

class LineFileTest : public testing::Test {
 protected:
  test::ScratchDir directory;
  std::string path = directory / "lines";
};

TEST_F(LineFileTest, GoesOnBehindATornLine) {
  {
    LineFile file(path, 1000);
    EXPECT_EQ(file.read().value(), "\n");
    EXPECT_TRUE(file.append("one\n", Against::crash));
    EXPECT_TRUE(file.append("two\n", Against::power_failure));
  }
  std::ofstream(path, std::ios::app) << "thr";
  LineFile file(path, 1000);
  EXPECT_TRUE(file.append("four\n", Against::crash));
  EXPECT_EQ(file.read().value(), "\none\ntwo\nthr\nfour\n");
}

TEST_F(LineFileTest, KeepsTheLastLinesWithinItsBounds) {
  LineFile file(path, 100);
  for (int i = 100; i < 200; ++i) {
    ASSERT_TRUE(file.append(std::to_string(i) + "\n", Against::crash));
    const auto text = file.read();
    ASSERT_TRUE(text);
    EXPECT_LE(text->size(), 220U);
    EXPECT_TRUE(text->ends_with(std::to_string(i) + "\n"));
    if (i >= 120) {
      EXPECT_THAT(*text, HasSubstr(std::to_string(i - 20) + "\n"));
    }
  }
}

TEST_F(LineFileTest, SaysWhyItCannotBeWrittenAndGoesOnWhenItCan) {
  LineFile file(directory / "gone/lines", 100);
  EXPECT_EQ(file.append("x\n", Against::crash).error().failure, Failure::not_found);
  std::filesystem::create_directory(directory / "gone");
  EXPECT_TRUE(file.append("x\n", Against::crash));
  EXPECT_EQ(file.read().value(), "\nx\n");
}

}  // namespace
}  // namespace postern
