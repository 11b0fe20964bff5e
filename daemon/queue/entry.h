// What is shown of a message, of a site and of the queue as a whole.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "mail/report.h"
#include "mail/status.h"
#include "queue/queue_options.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

/// storm: waits for others like it, to go with them as one digest.
enum class State { active, waiting, held, failed, corrupt, storm };
[[nodiscard]] std::string_view name(State state);

/// One message as listings show it.
struct Entry {
  QueueId id;
  State state = State::waiting;
  std::uint64_t size = 0;  ///< of the message, LF line ends
  WallTime accepted;
  std::optional<WallTime> next;  ///< next attempt, or the digest; nothing while active or held
  std::string sender;
  mail::Source source;
  struct Rcpt {
    std::string address;
    std::optional<mail::Status> last;  ///< the last known verdict
    std::string original{};            ///< as the caller named it, if an alias led to this address
  };
  std::vector<Rcpt> recipients;     ///< settled ones included
  std::vector<std::string> unread;  ///< as Envelope::unread
  /// What was learnt of a recipient in an attempt, and was not yet known.
  struct Attempt {
    WallTime time;
    std::string recipient;  ///< empty: what could not be read
    mail::Status status;
  };
  std::vector<Attempt> attempts;  ///< by find() alone
  std::string site;               ///< it waits for, or was last tried at
  std::string rerouted_to;        ///< the site it was rerouted to; empty: none
  /// By which it goes, as texts: first that of the lane where it stands. None: there are no rows of routes, or its
  /// envelope was not read yet.
  std::vector<std::string> routes{};
  std::string reason;                          ///< why it waits, one line: the recipients' or the site's trouble
  std::optional<mail::SiteTrouble> trouble{};  ///< of the site or the sender there, if that is the reason
  std::optional<RateLimit> limit{};            ///< likewise
  std::string doubt{};                         ///< by find() alone: why a refusal is doubtful and what settles it

  /// Its envelope could be read: otherwise nobody knows the size, the source and the sender, and an unknown sender is
  /// not the null one.
  [[nodiscard]] bool is_read() const { return !(sender.empty() && recipients.empty() && unread.empty()); }
};

/// The limit of a site that its mail waits for.
struct Limited {
  RateLimit limit;
  WallTime until;
};

/// A sender whose mail a site does not take now.
struct SenderStatus {
  std::string sender;  ///< Sender::shown
  mail::SiteTrouble trouble;
  WallTime since;
  std::optional<WallTime> next_probe;  ///< nothing while the probe is under way
};

/// Messages that wait because no site of their way is known to take them.
struct Kept {
  std::size_t way = 0;  ///< those of the same number go the same way: by one route, of one sender or of all
  std::size_t messages = 0;
};

struct SiteStatus {
  std::string name;
  std::size_t waiting = 0;  ///< each message at one site: where it was last tried, else the first of its way
  std::size_t active = 0;
  std::optional<mail::SiteTrouble> trouble;  ///< nothing: healthy or not yet tried
  std::optional<WallTime> since;             ///< of the trouble
  std::optional<WallTime> next_probe;
  std::optional<WallTime> last_delivery;
  unsigned connections = 0;  ///< at most so many at once, now
  std::vector<SenderStatus> senders{};
  std::optional<Limited> limited{};
  bool tried = false;        ///< it took mail, or was found well, since the start and since its settings changed
  std::vector<Kept> kept{};  ///< of the ways that lead here; what may go by several sites stands at each
};

/// What waits for a route; a message with recipients by several counts in each.
struct RouteStatus {
  std::string text;  ///< as Entry::routes
  std::size_t waiting = 0;
};

struct Totals {
  std::size_t waiting = 0, active = 0, held = 0, failed = 0, corrupt = 0;
  std::size_t doubtful = 0;   ///< of the waiting: refused for good, by a word that may be about the account
  std::size_t uncertain = 0;  ///< of the waiting: the answer to the end of data was lost, they may have arrived
  std::size_t refused = 0;    ///< dropped files that went to refused/, since the start
  std::size_t storm = 0;      ///< wait for a storm digest; not among the waiting
  std::optional<WallTime> storm_until;  ///< when the first of these digests is made
  std::size_t owed = 0;                 ///< settled, but their senders are still to be told; not among the waiting
  std::optional<WallTime> oldest;  ///< since when the oldest of the waiting could be tried: its acceptance, or later
  std::optional<WallTime> latest;  ///< acceptance of any in the queue
  Milliseconds oldest_age{0};      ///< of that one: how long it could have been tried, see gaps.h; 0: none waits
  std::uint64_t accepted = 0, delivered = 0, deferred = 0,
                bounced = 0;  ///< messages accepted, recipients otherwise, since start
};

/// Since when and why no mail is taken.
struct Refusal {
  WallTime since;
  Error why;
};

}  // namespace postern::queue
