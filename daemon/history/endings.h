// Which records tell how messages stand, where those that only tell how it came to that are to be left out: whoever
// asks "did it arrive?" wants one line for each answer. Pure.
#pragma once

#include "history/record.h"

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace postern::history {

class Endings {
 public:
  /// `to`: of each message no more is shown than what is about recipients that have this part (Query::to); empty: all.
  explicit Endings(std::string to = {});

  /// Messages that are remembered at a time; of more the whole way is shown.
  static constexpr std::size_t kMost = 10'000;

  /// Of records that come newest first: false for a deferral behind which its recipients were shown again, and for the
  /// acceptance of a message of which the end, or wait, of each recipient that is looked for was shown.
  bool shows(const Record& record);

 private:
  struct Shown {
    std::size_t ended = 0;                    ///< recipients
    std::unordered_set<std::string> names{};  ///< of recipients
    bool all = false;
  };
  [[nodiscard]] bool is_told(const Shown& shown, const Record& acceptance) const;

  std::string to_;  ///< in lower case
  std::unordered_map<std::string, Shown> messages_;
  std::string accepted_;  ///< the id of the message whose acceptance came last ...
  Shown of_accepted_;     ///< ... for it may go on: with very many recipients it is several records, in a row
};

/// Whether the records of one message tell how it ended, for each of its recipients.
class Ended {
 public:
  /// The newest first.
  void add(const Record& record);
  /// Of a message whose acceptance is no longer known one end is enough, and of one without a record no end is missing.
  [[nodiscard]] bool has_ended() const { return ended_; }

 private:
  Endings endings_;
  bool any_ = false;  ///< an end
  bool told_ = true;  ///< of whom the acceptance names
  bool ended_ = true;
};

}  // namespace postern::history
