// What the reports of attempts say of their site, where one of them alone does not: a message that is refused in doubt,
// or in whose transaction the connection is lost, may be at fault itself, and no message is to close a site. Several in
// a row are the site's trouble. Pure. One object for each site.
#pragma once

#include "base/ids.h"
#include "mail/report.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

namespace postern::queue {

/// Whose attempt it was.
struct Attempted {
  QueueId id;
  std::uint32_t party = 0;       ///< the owner
  bool several_parties = false;  ///< messages of another party wait or are under way, too
};

/// What an attempt says of the site.
struct Conclusion {
  enum class Kind {
    well,      ///< the server answers
    trouble,   ///< see `trouble`
    unchanged  ///< trouble that was there may go on: not one step more, nor is it over
  };
  Kind kind = Kind::well;
  std::optional<mail::SiteTrouble> trouble{};
};

class Blame {
 public:
  /// Doubtful refusals of so many different messages, with nothing taken between, are about the site.
  static constexpr std::size_t kRefusedMessages = 3;

  /// `present`: the trouble that the site was in when the attempt began.
  Conclusion conclude(const mail::DeliveryReport& report, const Attempted& attempted,
                      const std::optional<mail::SiteTrouble>& present);
  /// The trouble that was concluded last is that the site refuses every message.
  [[nodiscard]] bool refuses_every() const { return refuses_every_; }

 private:
  /// Trouble in transactions in a row.
  struct CutOff {
    QueueId first;
    std::uint32_t party = 0;
    bool another_message = false;
    bool another_party = false;
  };
  bool closes(const Attempted& attempted);

  std::set<QueueId> refused_;  ///< since the last message that was taken; at most kRefusedMessages
  bool refuses_every_ = false;
  std::optional<CutOff> cut_off_;
};

}  // namespace postern::queue
