// The senders whose mail a site does not take now, while it takes that of others. Each is like a small site: trouble
// closes it for a time that doubles from step to step (the steps of site.h), at the end of each step one of its
// messages is let through as a probe, and one that is taken ends the trouble. Pure: time and chance are given.
//
// Words about the sender that may be the message's doing (SiteTrouble::in_transaction) are trouble of the sender when
// two messages of it in a row meet them; until then the message is to wait by its own schedule.
//
// A sender is one party's (sender.h): what its messages meet holds no mail that another party sends in the same name.
// That one meets what is not the messages' doing, too, by its own first attempt; and once the site takes the mail of
// one of them, such trouble of the others is probed at once: it is over for all, or it was about what theirs has in
// common beside the name. One such probe comes beside each of its steps, however much the site takes.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/report.h"
#include "queue/queue_options.h"
#include "queue/sender.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::queue {

class Senders {
 public:
  /// Of all sites together. Of more nothing is kept, and their messages wait by their own schedules. Of the party that
  /// has the most one gives way to one of a party that has fewer: no user hides the trouble of another's senders.
  static constexpr std::size_t kMost = 300;
  /// Trouble is forgotten when a probe has been due for so long while the site took mail: none of that sender waits any
  /// more.
  static constexpr Seconds kIdle{30 * 60};

  struct Trouble {
    Sender sender;
    std::uint32_t party = 0;  ///< whose message met it first
    mail::SiteTrouble what;
    WallTime since;
    SteadyTime probe_at;
    SteadyTime last_start;
    Milliseconds step{0};
    bool probing = false;
    bool early = false;       ///< the next probe was forced
    bool hinted = false;      ///< one was, since the last step, because the site took mail of the same name
    std::uint64_t epoch = 0;  ///< differs from that of every other trouble
  };

  /// Null: none is known of the sender with this key at this site.
  [[nodiscard]] const Trouble* find(const std::string& site, const std::string& sender) const;
  /// At any site.
  [[nodiscard]] bool troubled(const std::string& sender) const;
  /// One more message of it may be given to the site now, as far as the sender goes.
  [[nodiscard]] bool accepts(const std::string& site, const std::string& sender, SteadyTime now) const;

  /// An attempt begins. What it finds out counts only while the sender's trouble is the one it was then.
  [[nodiscard]] std::uint64_t started(const std::string& site, const std::string& sender, SteadyTime now);
  /// What the attempt showed: nothing of the sender; an answer that is neither; that the sender is taken; trouble.
  enum class Shown { nothing, answer, taken, trouble };
  struct Ended {
    Shown shown = Shown::nothing;
    mail::SiteTrouble what{};  ///< with Shown::trouble alone
    QueueId message{};
    std::uint32_t party = 0;
  };
  /// `unknown`: there is trouble, but no room to keep it; or it may be the message's.
  enum class Change { none, began, other_words, ended, unknown };
  /// Ends what `started` began.
  Change finished(const std::string& site, const Sender& sender, std::uint64_t epoch, const Ended& ended,
                  SteadyTime now, WallTime wall, const Retry& retry, double jitter);

  /// The next probes at this site (empty: at all) at once, but for kForcedProbeGap.
  void force_probe(const std::string& site, SteadyTime now);
  /// The sites are these from now on.
  void keep_only(const std::vector<std::string>& sites);

  /// When accepts() may become true by time alone: the first of those times after now.
  [[nodiscard]] std::optional<SteadyTime> wake(SteadyTime now) const;
  /// Those at this site whose mail waits, as far as that is known: of others no probe was made when it was due, though
  /// the site takes mail (`open`).
  [[nodiscard]] std::vector<const Trouble*> at(const std::string& site, SteadyTime now, bool open = true) const;

 private:
  using Key = std::pair<std::string, std::string>;  ///< site and Sender::key
  using Seen = std::pair<std::string_view, std::string_view>;
  /// Asked for every lane at every change: a look copies no string.
  struct Before {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      return Seen(left.first, left.second) < Seen(right.first, right.second);
    }
  };
  [[nodiscard]] static bool idle(const Trouble& trouble, SteadyTime now);
  [[nodiscard]] Trouble* known(const std::string& site, const std::string& sender);
  /// The site took mail that another party sent in this name.
  void taken_of_others(const std::string& site, const Sender& sender, SteadyTime now);
  /// The last message that met what may be its own doing.
  struct Suspect {
    QueueId message;
    std::uint32_t party = 0;
  };
  /// Counts one more such message. True: it is not at fault, since the one before it met the same.
  [[nodiscard]] bool met_again(const Key& key, const QueueId& message, std::uint32_t party);
  /// False: there is none for this party.
  [[nodiscard]] bool make_room(std::uint32_t party, SteadyTime now);

  std::map<Key, Trouble, Before> known_;
  std::map<Key, Suspect> suspected_;  ///< at most kMost, shared as known_ is
  std::uint64_t epochs_ = 0;
};

}  // namespace postern::queue
