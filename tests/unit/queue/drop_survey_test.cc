#include "queue/drop_survey.h"

#include "support/run.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace postern::queue {
namespace {

class DropSurveyTest : public testing::Test {
 protected:
  /// Anew each time, so that nothing is remembered.
  Result<DropState> look() { return test::run(loop, DropSurvey(pool, dir.path()).look()); }
  void put(const std::string& name) const { std::ofstream(dir.path() + "/" + name) << "x"; }

  test::ScratchDir dir;
  boost::asio::io_context loop;
  spool::DiskPool pool{2};
};

TEST_F(DropSurveyTest, CountsWhatLiesInTheDropDirectory) {
  EXPECT_EQ(look().value().waiting, 0U) << "there is no drop directory";
  std::filesystem::create_directory(dir.path() + "/drop");
  EXPECT_EQ(look().value().waiting, 0U);
  EXPECT_FALSE(look().value().oldest);
  for (std::size_t number = 1; number <= 300; ++number) {
    put("drop/" + std::to_string(number));
    if (number % 100 == 0 || number < 3) {
      EXPECT_EQ(look().value().waiting, number);
    }
  }
  put("drop/tmp.1");
  EXPECT_EQ(look().value().waiting, 300U);
  ASSERT_TRUE(look().value().oldest);
  EXPECT_LT(system_clock().wall() - *look().value().oldest, std::chrono::minutes(2));
}

TEST_F(DropSurveyTest, CountsWhatWasRefusedByOwner) {
  std::filesystem::create_directory(dir.path() + "/refused");
  EXPECT_TRUE(look().value().refused.empty());
  put("refused/a");
  put("refused/b");
  const auto state = look().value();
  ASSERT_EQ(state.refused.size(), 1U);
  EXPECT_EQ(state.refused[0].uid, ::getuid());
  EXPECT_EQ(state.refused[0].files, 2U);
  EXPECT_EQ(state.waiting, 0U);
}

TEST_F(DropSurveyTest, TellsWhereItCannotLook) {
  put("drop");
  EXPECT_FALSE(look());
}

}  // namespace
}  // namespace postern::queue
