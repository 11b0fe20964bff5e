// A disk that remembers every sync it was asked for, and one that gets a chosen sync wrong: the harness makes one
// mutant of each and must catch it. A sync is named PATH:CALL:TARGET, for example accept:fsync:queue; PATH is what the
// program was doing, TARGET the directory's name or "file". The name "all" means every one.
#pragma once

#include "spool/disk.h"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace postern::durability {

enum class Fault {
  none,
  skip,          ///< the sync says yes and does nothing
  reply_before,  ///< the acknowledgement goes out before the sync
  too_early,     ///< the sync is made before the change that it is to cover, not after
};

class MutantDisk final : public spool::Disk {
 public:
  MutantDisk(spool::Disk& real, Fault fault, std::string sync) : real_(real), fault_(fault), sync_(std::move(sync)) {}

  /// What the calls that follow belong to.
  void begin(std::string path) { path_ = std::move(path); }
  /// Called where Fault::reply_before wants the answer.
  std::function<void()> reply;
  [[nodiscard]] const std::set<std::string>& syncs() const { return syncs_; }

  Result<int> open(int directory, const std::string& name, int flags, mode_t mode) override;
  Result<void> close(int fd) override { return real_.close(fd); }
  Result<std::size_t> write(int fd, std::string_view bytes) override;
  Result<std::size_t> pwrite(int fd, std::string_view bytes, std::uint64_t offset) override;
  Result<std::size_t> pread(int fd, std::span<char> into, std::uint64_t offset) override;
  Result<void> truncate(int fd, std::uint64_t size) override { return real_.truncate(fd, size); }
  Result<void> fdatasync(int fd) override;
  Result<void> fsync(int fd) override;
  Result<void> rename(int from, const std::string& name, int to, const std::string& new_name) override;
  Result<void> unlink(int directory, const std::string& name) override;
  Result<void> mkdir(int directory, const std::string& name, mode_t mode) override;
  Result<spool::FileInfo> info(int fd) override { return real_.info(fd); }
  Result<spool::FileInfo> info(int directory, const std::string& name) override { return real_.info(directory, name); }
  Result<void> set_modified(int directory, const std::string& name, WallTime time) override;
  Result<std::vector<std::string>> list(int directory) override { return real_.list(directory); }
  Result<spool::Space> space(int directory) override { return real_.space(directory); }
  Result<void> lock(int fd) override { return real_.lock(fd); }

 private:
  [[nodiscard]] std::string sync_name(std::string_view call, int fd) const;
  /// True if the sync is to be left out.
  bool faulty(const std::string& name);
  void early(std::string_view call, int fd);

  spool::Disk& real_;
  Fault fault_;
  std::string sync_;
  std::string path_;
  std::map<int, std::string> targets_;
  std::set<std::string> syncs_;
};

}  // namespace postern::durability
