// The text of a storm digest: one message in place of many that are alike. It has the author, the recipients and the
// subject of the first, then for people how many there were and when, their subjects where they differ, and in which
// lines of their texts, as they are read, the others differ from the first; and the first and the last whole, as
// message/rfc822 in the form that every server takes (mail/seven_bit.h). All of it is ASCII but for fields of the first
// that are not. In what is for people words of others appear only within a line that is indented: none can break out
// into a part. Pure.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::queue {

struct StormDigest {
  QueueId id;            ///< of the digest: makes Message-ID and MIME boundary
  std::string hostname;  ///< of this machine
  WallTime now;
  std::chrono::minutes utc_offset{0};  ///< of this machine, for the times that people read
  /// Of a larger one a report would return the header alone, and its originals are nowhere else. It has less of what
  /// the others say then, and if need be the last is but one of them, and not each is named.
  std::uint64_t most = UINT64_MAX;
};

class StormText {
 public:
  explicit StormText(StormDigest digest) : digest_(std::move(digest)) {}

  /// One message after the other, in order of acceptance; the texts of the first and of the last are kept.
  void add(const QueueId& id, std::string text);
  [[nodiscard]] std::size_t count() const { return count_; }
  /// At least two were added. Nothing: it would be larger than it may be, even with the first alone.
  [[nodiscard]] std::optional<std::string> write() const;

  /// Of the lines in which one of the others differs at most so many bytes are shown ...
  static constexpr std::size_t kLinesOfOne = 2000;
  /// ... and of those of all of them; then there are their times and ids alone.
  static constexpr std::size_t kLinesOfAll = std::size_t{128} << 10U;
  /// So many different subjects are shown.
  static constexpr std::size_t kMostSubjects = 20;

 private:
  /// One that is not in it whole, and in which lines it differs from the first.
  struct Other {
    QueueId id;
    std::string lines;
  };
  [[nodiscard]] Other told_of(const QueueId& id, std::string_view text) const;
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::string head() const;
  /// Those of whom there is something to tell, and how much.
  struct Told {
    const std::vector<Other>& others;
    std::size_t lines = 0;  ///< so many bytes of their lines
    std::size_t named = 0;  ///< of them; of the rest there is but their number
  };
  [[nodiscard]] std::string words(const Told& told) const;
  [[nodiscard]] std::string put_together(const Told& told, const std::vector<std::string>& whole) const;
  /// The same with less and less of what is told, until it is no larger than it may be.
  [[nodiscard]] std::optional<std::string> fit(Told told, const std::vector<std::string>& whole) const;

  StormDigest digest_;
  std::size_t count_ = 0;
  QueueId first_id_;
  std::string first_;
  std::vector<std::string> texts_of_first_;
  QueueId last_id_;
  std::string last_;
  std::vector<Other> others_;                                  ///< between them
  std::size_t lines_ = 0;                                      ///< bytes of their lines
  std::vector<std::pair<std::string, std::size_t>> subjects_;  ///< as they are shown, and how many have each
  std::size_t more_subjects_ = 0;                              ///< messages with others than these
};

}  // namespace postern::queue
