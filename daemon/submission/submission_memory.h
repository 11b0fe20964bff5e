// Which submission ids were stored lately, so that a shim that lost the answer may ask again without making a
// second message. An id counts together with the uid that the kernel named: nobody learns of another's.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace postern::submission {

class SubmissionMemory {
 public:
  static constexpr Seconds kKept{3600};
  static constexpr std::size_t kEntries = 20'000;  ///< the oldest go first

  enum class Claim { mine, stored, pending };
  struct Answer {
    Claim claim = Claim::mine;
    QueueId id;  ///< of Claim::stored
  };

  [[nodiscard]] static std::string key(std::uint32_t uid, const std::string& submission_id);

  /// `mine`: store the message, then tell the outcome. `pending`: another session is storing it now.
  Answer claim(const std::string& key, SteadyTime now);
  void stored(const std::string& key, const QueueId& id);
  void failed(const std::string& key);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  void forget(SteadyTime now);

  struct Entry {
    std::uint64_t serial = 0;  ///< tells an entry from a later one of the same key
    std::optional<QueueId> id;
  };
  struct Age {
    SteadyTime since;
    std::uint64_t serial = 0;
    std::string key;
  };
  std::unordered_map<std::string, Entry> entries_;
  std::deque<Age> ages_;
  std::uint64_t serial_ = 0;
};

}  // namespace postern::submission
