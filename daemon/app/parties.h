// Who counts as one party on this machine: what /etc/subuid and the kernel say.
#pragma once

#include "base/user_range.h"
#include "mail/parties.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace postern::app {

inline constexpr const char* kSubordinateIds = "/etc/subuid";

/// Blocks, since files are read. What cannot be read is told in the log, and left out: then each uid is a party of its
/// own.
[[nodiscard]] mail::Parties read_parties(const std::string& subordinate_ids = kSubordinateIds,
                                         std::uint32_t overflow = overflow_uid());

/// The parties in force, for other threads.
class SharedParties {
 public:
  void set(mail::Parties parties) {
    const std::lock_guard lock(mutex_);
    parties_ = std::move(parties);
  }
  [[nodiscard]] std::uint32_t of(std::uint32_t uid) const {
    const std::lock_guard lock(mutex_);
    return parties_.of(uid);
  }

 private:
  mutable std::mutex mutex_;
  mail::Parties parties_;
};

/// Finds out that the file has changed: whoever makes a user asks nobody for a reload.
class PartiesFile {
 public:
  explicit PartiesFile(std::string path = kSubordinateIds) : path_(std::move(path)) {}
  /// What it says now. Blocks, as the next one.
  [[nodiscard]] mail::Parties read();
  /// Nothing: it is as it was when it was read.
  [[nodiscard]] std::optional<mail::Parties> read_if_changed();

 private:
  /// Of a file that is replaced or written.
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  [[nodiscard]] std::optional<Stamp> stamp() const;

  std::mutex mutex_;  ///< a reload may come while it is looked at
  std::string path_;
  std::optional<Stamp> read_;  ///< nothing: there was no file
};

}  // namespace postern::app
