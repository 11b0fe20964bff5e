#include "spool/file_system.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>

namespace postern::spool {
namespace {

struct Row {
  std::uint64_t type;
  Fleeting what;
};

constexpr std::string_view kInMemory = "it is kept in memory: mail that waits is lost when the machine restarts";
constexpr std::array kRows = {
    Row{TMPFS_MAGIC, {"tmpfs", kInMemory}},
    Row{RAMFS_MAGIC, {"ramfs", kInMemory}},
    Row{OVERLAYFS_SUPER_MAGIC,
        {"overlay", "it is the upper layer of a container or a live system: mail that waits is lost with that layer"}},
};

}  // namespace

std::optional<Fleeting> fleeting(std::uint64_t type) {
  const auto* const row = std::ranges::find(kRows, type, &Row::type);
  return row == kRows.end() ? std::nullopt : std::optional(row->what);
}

std::optional<Fleeting> fleeting(const std::string& path) {
  struct statfs found{};
  if (::statfs(path.c_str(), &found) != 0) return std::nullopt;
  return fleeting(std::uint64_t{static_cast<std::uint32_t>(found.f_type)});
}

}  // namespace postern::spool
