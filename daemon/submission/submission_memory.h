// Which submission ids were stored lately, so that a shim that lost the answer may ask again, or drop the message,
// without making a second one. An id counts together with the uid that the kernel named: nobody learns of another's.
//
// It outlives the daemon in a record: "claim" before a message is committed, "stored" when it is. A claim without an
// end is settled at the next start by reading whether the spool has the whole message. So a second copy is made only if
// the daemon is killed after a message was delivered and before the few microseconds until its "stored" are over, or
// the power fails between the delivery of a dropped message and the removal of the dropped file.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/line_file.h"
#include "base/task.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace postern::submission {

/// Lines that are there again after a restart. What cannot be written is told in the log and stops no mail.
class SubmissionRecord {
 public:
  /// Whoever waits at a socket dies with the machine; a dropped file does not.
  using Against = LineFile::Against;

  virtual ~SubmissionRecord() = default;
  virtual Task<void> write(std::string line, Against against) = 0;
  /// Written soon.
  virtual void post(std::string line) = 0;
};

class SubmissionMemory {
 public:
  static constexpr Seconds kKept{3600};            ///< of the daemon's running time
  static constexpr std::size_t kEntries = 20'000;  ///< the oldest go first

  enum class Claim { mine, stored, pending };
  struct Answer {
    Claim claim = Claim::mine;
    QueueId id;  ///< of Claim::stored
  };
  using Entry = std::pair<std::string, QueueId>;

  [[nodiscard]] static std::string key(std::uint32_t uid, const std::string& submission_id);

  /// `mine`: store the message, then tell the outcome. `pending`: another session is storing it now.
  Answer claim(const std::string& key, SteadyTime now);
  /// It is about to be committed as `id`.
  Task<void> committing(std::string key, QueueId id, SubmissionRecord::Against against);
  void stored(const std::string& key, const QueueId& id);
  void failed(const std::string& key);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  /// The record outlives the memory.
  void set_record(SubmissionRecord& record) { record_ = &record; }
  /// What an earlier life wrote; lines that are none are skipped. Gives back the claims without an end: settle() those
  /// whose message is whole on the disk.
  std::vector<Entry> restore(std::string_view record, SteadyTime now);
  void settle(const Entry& entry, SteadyTime now);

 private:
  void remember(const Entry& entry, SteadyTime now);
  void forget(SteadyTime now);

  struct Known {
    std::uint64_t serial = 0;  ///< tells an entry from a later one of the same key
    std::optional<QueueId> id;
  };
  struct Age {
    SteadyTime since;
    std::uint64_t serial = 0;
    std::string key;
  };
  std::unordered_map<std::string, Known> entries_;
  std::deque<Age> ages_;
  std::uint64_t serial_ = 0;
  SubmissionRecord* record_ = nullptr;
};

}  // namespace postern::submission
