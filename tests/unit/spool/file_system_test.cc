#include "spool/file_system.h"

#include <gtest/gtest.h>

#include <linux/magic.h>

#include <array>

namespace postern::spool {
namespace {

TEST(FileSystem, WhatIsInMemoryOrInALayerDoesNotLast) {
  for (const std::uint64_t type : std::array<std::uint64_t, 2>{TMPFS_MAGIC, RAMFS_MAGIC})
    EXPECT_TRUE(fleeting(type)) << type;
  EXPECT_EQ(fleeting(std::uint64_t{OVERLAYFS_SUPER_MAGIC})->file_system, "overlay");
}

TEST(FileSystem, WhatIsOnADiskOrAServerLasts) {
  constexpr std::uint64_t kZfs = 0x2fc12fc1;
  for (const std::uint64_t type :
       std::array<std::uint64_t, 7>{EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
                                    NFS_SUPER_MAGIC, FUSE_SUPER_MAGIC, kZfs}) {
    EXPECT_FALSE(fleeting(type)) << type;
  }
}

TEST(FileSystem, APlaceThatCannotBeAskedIsNotComplainedOf) { EXPECT_FALSE(fleeting("/not/there")); }

}  // namespace
}  // namespace postern::spool
