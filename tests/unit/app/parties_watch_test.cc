// A user who is made while the daemon runs is one party, without a reload.
#include "app/parties_watch.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace postern::app {
namespace {

TEST(PartiesWatch, TellsOfEachChangeOfTheFileOnceUntilItIsStopped) {
  const test::ScratchDir dir;
  PartiesFile file(dir.write("subuid", "1000:100000:65536\n"));
  EXPECT_EQ(file.read().of(100001), 1000U);
  boost::asio::io_context loop;
  spool::DiskPool pool{1};
  std::vector<std::uint32_t> owners;
  PartiesWatch watch(
      loop.get_executor(), pool, file, [&](const mail::Parties& parties) { owners.push_back(parties.of(200001)); },
      Milliseconds(1));
  watch.start();
  for (std::size_t change = 1; change <= 3; ++change) {
    const std::string text = std::to_string(1000 + change) + ":200000:" + std::string(change, '9') + "\n";
    std::filesystem::rename(dir.write("subuid+", text), dir / "subuid");
    while (owners.size() < change) loop.run_one();
    for (int i = 0; i < 20; ++i) loop.run_one();
  }
  EXPECT_EQ(owners, (std::vector<std::uint32_t>{1001, 1002, 1003}));
  watch.stop();
  loop.run();  // ends
}

}  // namespace
}  // namespace postern::app
