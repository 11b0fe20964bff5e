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
  /// The owner; nothing: alarms and reports are no party's, and say nothing in a row.
  std::optional<std::uint32_t> party = 0U;
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

class SiteJudge {
 public:
  /// Doubtful refusals of so many different messages, with nothing taken between, are about the site, if they are of
  /// two parties or no other has mail ...
  static constexpr std::size_t kRefusedMessages = 3;
  /// ... and of so many whoever they are of: what is another party's need not be due yet. Likewise of trouble in
  /// transactions.
  static constexpr std::size_t kMostMessages = 8;

  /// `present`: the trouble that the site was in when the attempt began.
  Conclusion conclude(const mail::DeliveryReport& report, const Attempted& attempted,
                      const std::optional<mail::SiteTrouble>& present);
  /// The trouble that was concluded last is that the site refuses every message.
  [[nodiscard]] bool refuses_every() const { return refuses_every_; }
  /// The trouble that was concluded last rests on several messages, none of which is of this party: it may be that
  /// they are at fault after all. Of alarms and reports (no party) once, as they are in no row.
  [[nodiscard]] bool says_nothing_of(std::optional<std::uint32_t> party) const {
    if (!party) return inferred_ && !opened_for_ours_;
    const bool known = refused_.parties.contains(*party) || cut_off_.parties.contains(*party);
    return inferred_ && !known && refused_.parties.size() < kMostParties && cut_off_.parties.size() < kMostParties;
  }
  /// The trouble that was concluded last rests on several messages.
  [[nodiscard]] bool inferred() const { return inferred_; }
  /// The site is opened for such a party. The messages are counted anew; the parties stand, so that each opens it once.
  void open_again(std::optional<std::uint32_t> party) {
    if (!party) opened_for_ours_ = true;
    refused_.messages.clear();
    cut_off_.messages.clear();
    refuses_every_ = inferred_ = false;
  }
  /// What was counted in a row counts no more.
  void forgive() {
    refused_ = {};
    cut_off_ = {};
    opened_for_ours_ = false;
    refuses_every_ = inferred_ = false;
  }

 private:
  static constexpr std::size_t kMostParties = 1000;
  /// The same in a row; at most kMostMessages and kMostParties.
  struct Row {
    std::set<QueueId> messages;
    std::set<std::uint32_t> parties;
  };
  /// Counts one more. True: so many messages of enough parties are not at fault themselves.
  static bool closes(Row& row, const Attempted& attempted, std::size_t messages);

  Row refused_;                   ///< in doubt, since the last message that was taken
  Row cut_off_;                   ///< trouble in transactions, since the last message that was answered or taken
  bool opened_for_ours_ = false;  ///< since the last message that was taken
  bool refuses_every_ = false;
  bool inferred_ = false;  ///< the trouble that was concluded last rests on a row
};

}  // namespace postern::queue
