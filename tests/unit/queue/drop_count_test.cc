#include "queue/drop_count.h"

#include "support/run.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace postern::queue {
namespace {

TEST(DropCount, CountsWhatLiesInTheDropDirectory) {
  const test::ScratchDir dir;
  boost::asio::io_context loop;
  spool::DiskPool pool(2);
  const auto count = [&] { return test::run(loop, count_dropped(pool, dir.path())).value(); };
  EXPECT_EQ(count(), 0U) << "there is no drop directory";
  std::filesystem::create_directory(dir.path() + "/drop");
  EXPECT_EQ(count(), 0U);
  for (std::size_t number = 1; number <= 300; ++number) {
    std::ofstream(dir.path() + "/drop/" + std::to_string(number)) << "x";
    if (number % 100 == 0 || number < 3) {
      EXPECT_EQ(count(), number);
    }
  }
  std::ofstream(dir.path() + "/drop/tmp.1") << "unfinished";
  EXPECT_EQ(count(), 300U);
}

TEST(DropCount, TellsWhereItCannotLook) {
  const test::ScratchDir dir;
  boost::asio::io_context loop;
  spool::DiskPool pool(2);
  std::ofstream(dir.path() + "/drop") << "no directory";
  EXPECT_FALSE(test::run(loop, count_dropped(pool, dir.path())));
}

}  // namespace
}  // namespace postern::queue
