// Which senders' mail a site took lately: the proof that what it refuses meanwhile is refused for itself. In memory
// alone: after a restart it is gathered anew. Pure: time is given.
#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace postern::queue {

class Acceptances {
 public:
  /// Of more senders than this the one whose mail was taken longest ago is forgotten: its proof comes later.
  static constexpr std::size_t kMost = 2000;

  /// This site took mail from the sender of this name (sender.h), or DeliveryReport::sent_as.
  void taken(const std::string& site, const std::string& sender, const QueueId& id, WallTime when);
  /// When it last took a message of that sender that is not this one; nothing: none is known.
  [[nodiscard]] std::optional<WallTime> other(const std::string& site, const std::string& sender,
                                              const QueueId& id) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Taken {
    QueueId id;
    WallTime when;
  };
  /// The last message taken, and the last one before it that was another.
  struct Known {
    Taken last;
    std::optional<Taken> before{};
  };
  std::map<std::pair<std::string, std::string>, Known> known_;
};

}  // namespace postern::queue
