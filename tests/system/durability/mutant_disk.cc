#include "mutant_disk.h"

#include <fcntl.h>

namespace postern::durability {

std::string MutantDisk::sync_name(std::string_view call, int fd) const {
  const auto target = targets_.find(fd);
  return path_ + ":" + std::string(call) + ":" + (target == targets_.end() ? "unknown" : target->second);
}

bool MutantDisk::faulty(const std::string& name) {
  syncs_.insert(name);
  if (name != sync_ && sync_ != "all") return false;
  if (fault_ == Fault::reply_before && reply) reply();
  return fault_ == Fault::skip || fault_ == Fault::too_early;
}

void MutantDisk::early(std::string_view call, int fd) {
  if (fault_ != Fault::too_early || sync_name(call, fd) != sync_) return;
  (void)(call == "fsync" ? real_.fsync(fd) : real_.fdatasync(fd));
}

Result<int> MutantDisk::open(int directory, const std::string& name, int flags, mode_t mode) {
  auto fd = real_.open(directory, name, flags, mode);
  if (!fd) return fd;
  const bool is_directory = (flags & O_DIRECTORY) == O_DIRECTORY;
  targets_[*fd] = !is_directory ? "file" : directory == spool::kNoDirectory ? "root" : name;
  return fd;
}

Result<std::size_t> MutantDisk::write(int fd, std::string_view bytes) {
  early("fdatasync", fd);
  return real_.write(fd, bytes);
}

Result<std::size_t> MutantDisk::pwrite(int fd, std::string_view bytes, std::uint64_t offset) {
  early("fdatasync", fd);
  return real_.pwrite(fd, bytes, offset);
}

Result<std::size_t> MutantDisk::pread(int fd, std::span<char> into, std::uint64_t offset) {
  return real_.pread(fd, into, offset);
}

Result<void> MutantDisk::fdatasync(int fd) {
  if (faulty(sync_name("fdatasync", fd))) return {};
  return real_.fdatasync(fd);
}

Result<void> MutantDisk::fsync(int fd) {
  if (faulty(sync_name("fsync", fd))) return {};
  return real_.fsync(fd);
}

Result<void> MutantDisk::rename(int from, const std::string& name, int to, const std::string& new_name) {
  early("fsync", to);
  early("fsync", from);
  return real_.rename(from, name, to, new_name);
}

Result<void> MutantDisk::unlink(int directory, const std::string& name) {
  early("fsync", directory);
  return real_.unlink(directory, name);
}

Result<void> MutantDisk::mkdir(int directory, const std::string& name, mode_t mode) {
  if (directory != spool::kNoDirectory) early("fsync", directory);
  return real_.mkdir(directory, name, mode);
}

Result<void> MutantDisk::set_modified(int directory, const std::string& name, WallTime time) {
  return real_.set_modified(directory, name, time);
}

}  // namespace postern::durability
