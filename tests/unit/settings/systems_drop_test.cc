#include "settings/systems_drop.h"
#include "net/listen_options.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace postern::settings {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(SystemsDrop, IsToldOfWhereTheDaemonThatSendmailTalksToLooksElsewhere) {
  const test::ScratchDir dir;
  const std::string systems = dir.path() + "/systems";
  const std::string own = dir.path() + "/own";
  const std::string socket = net::ListenOptions().submit;
  EXPECT_THAT(untaken_drop(own, socket, systems), IsEmpty()) << "there is none";
  std::filesystem::create_directories(systems + "/drop");
  std::filesystem::create_directories(own);
  const std::string told = untaken_drop(own, socket, systems);
  EXPECT_THAT(told, HasSubstr("sendmail leaves mail in " + systems + "/drop while the daemon is away"));
  EXPECT_THAT(told, HasSubstr("mount " + own + " at " + systems));
  EXPECT_THAT(untaken_drop(own, dir.path() + "/submit.sock", systems), IsEmpty()) << "no daemon of the system";
  EXPECT_THAT(untaken_drop(systems, socket, systems), IsEmpty());
  std::filesystem::create_directories(own + "/drop");
  EXPECT_THAT(untaken_drop(own, socket, systems), HasSubstr("nobody takes it")) << "another one";
  std::filesystem::create_directory_symlink(systems, dir.path() + "/linked");
  EXPECT_THAT(untaken_drop(dir.path() + "/linked", socket, systems), IsEmpty()) << "the same by another name";
}

}  // namespace
}  // namespace postern::settings
