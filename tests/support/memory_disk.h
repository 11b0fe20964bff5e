// A file system in memory that fails or crashes where it is told. Durability is weaker than ext4's: fdatasync keeps a
// file's data but not its name, fsync of a directory keeps names but not data, and every unsynced effect survives a
// crash or not independently of all others.
#pragma once

#include "spool/disk.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace postern::test {

class MemoryDisk : public spool::Disk {
 public:
  MemoryDisk();

  /// The Nth call from now (1 is the next) fails with this errno, without effect.
  void fail_at(std::size_t nth, int error_number);
  /// The Nth call from now, if it is a write, takes only `bytes` of what it is given.
  void short_write_at(std::size_t nth, std::size_t bytes);
  /// After the Nth call from now the power is gone: no later call has an effect, all fail.
  void crash_after(std::size_t nth);
  void heal();
  /// From now on no name can be taken away, as in a directory that may only grow.
  void refuse_unlinks();
  /// Syncs that say yes and do nothing: what a forgotten sync would be.
  void ignore_fsync() { ignore_fsync_ = true; }
  void ignore_fdatasync() { ignore_fdatasync_ = true; }
  /// rename() is a link and an unlink, two calls that fail each for itself, as where the flag is unknown.
  void rename_by_links() { by_links_ = true; }
  void set_space(spool::Space space) { space_ = space; }
  /// How often it was asked for.
  [[nodiscard]] std::size_t space_asked() const { return space_asked_; }

  /// Calls since the last of fail_at, short_write_at, crash_after, heal.
  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] std::size_t calls_of(const std::string& call) const;
  [[nodiscard]] std::size_t open_files() const { return handles_.size(); }
  /// A descriptor whose sync had failed was synced again.
  [[nodiscard]] bool retried_a_failed_sync() const { return retried_sync_; }

  /// Every disk that a power cut now may leave behind.
  [[nodiscard]] std::vector<std::unique_ptr<MemoryDisk>> after_crash() const;
  /// One of them, where there are too many: `choose` says which of so many effects each time, from 0.
  [[nodiscard]] std::unique_ptr<MemoryDisk> one_after_crash(
      const std::function<std::size_t(std::size_t)>& choose) const;

  /// "spool/queue" and the like; nothing if it is not there.
  [[nodiscard]] std::vector<std::string> names(const std::string& directory) const;
  [[nodiscard]] std::string content(const std::string& path) const;
  void put(const std::string& path, std::string content);

  Result<int> open(int directory, const std::string& name, int flags, mode_t mode) override;
  Result<void> close(int fd) override;
  Result<std::size_t> write(int fd, std::string_view bytes) override;
  Result<std::size_t> pwrite(int fd, std::string_view bytes, std::uint64_t offset) override;
  Result<std::size_t> pread(int fd, std::span<char> into, std::uint64_t offset) override;
  Result<void> truncate(int fd, std::uint64_t size) override;
  Result<void> fdatasync(int fd) override;
  Result<void> fsync(int fd) override;
  Result<void> rename(int from, const std::string& name, int to, const std::string& new_name) override;
  Result<void> unlink(int directory, const std::string& name) override;
  Result<void> mkdir(int directory, const std::string& name, mode_t mode) override;
  Result<spool::FileInfo> info(int fd) override;
  Result<spool::FileInfo> info(int directory, const std::string& name) override;
  Result<void> set_modified(int directory, const std::string& name, WallTime time) override;
  Result<std::vector<std::string>> list(int directory) override;
  Result<spool::Space> space(int directory) override;
  Result<void> lock(int fd) override;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  class Names;
  struct Node {
    static std::uint64_t next_inode();
    std::uint64_t inode = next_inode();
    bool directory = false;
    std::string data;
    std::string durable;  ///< of a file: its data as synced
    WallTime modified;
    std::map<std::string, NodePtr> names;
    std::map<std::string, std::vector<NodePtr>> unsynced;  ///< what each changed name was, the durable state first
    bool locked = false;
  };
  struct Handle {
    NodePtr node;
    int flags = 0;
    std::uint64_t position = 0;
    bool sync_failed = false;
    bool holds_lock = false;
  };
  using Copies = std::map<const Node*, NodePtr>;

  /// Counts the call; the error it must fail with, if any.
  [[nodiscard]] std::optional<Error> enter(const std::string& call);
  [[nodiscard]] std::size_t taken(std::size_t bytes) const;
  void begin_anew();
  Node* directory_of(int directory);
  [[nodiscard]] NodePtr node_at(const std::string& path) const;
  Result<void> sync(int fd, bool ignored);
  static void set_name(Node& directory, const std::string& name, NodePtr node);
  static std::vector<std::string> survivors(const Node& file);
  struct Choice {
    const Node* node = nullptr;
    std::string name;  ///< empty: the file's data
    std::size_t radix = 1;
  };
  [[nodiscard]] static std::vector<Choice> choices(const std::vector<NodePtr>& nodes);
  [[nodiscard]] std::unique_ptr<MemoryDisk> left(const std::vector<NodePtr>& nodes, const std::vector<Choice>& choices,
                                                 const std::function<std::size_t(std::size_t)>& choose) const;
  static void collect(const NodePtr& node, std::vector<NodePtr>& all);

  mutable std::mutex mutex_;
  NodePtr root_;
  std::map<int, Handle> handles_;
  int next_fd_ = 100;
  std::size_t calls_ = 0;
  std::size_t fail_at_ = 0;
  int error_number_ = 0;
  std::size_t short_at_ = 0;
  std::size_t short_bytes_ = 0;
  std::size_t crash_after_ = 0;
  bool ignore_fsync_ = false;
  bool ignore_fdatasync_ = false;
  bool by_links_ = false;
  bool no_unlinks_ = false;
  bool retried_sync_ = false;
  spool::Space space_{1ULL << 40U, 1ULL << 30U};
  std::atomic<std::size_t> space_asked_ = 0;
  std::map<std::string, std::size_t> counts_;
};

}  // namespace postern::test
