// The queue: the only door to the spool. It takes messages in, decides when each is tried, hands due ones to
// `deliver`, and carries out what decide() says. Single-threaded (the event loop); blocking calls go to
// the disk pool.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/envelope.h"
#include "mail/host_names.h"
#include "mail/message.h"
#include "mail/parties.h"
#include "mail/report.h"
#include "mail/user.h"
#include "queue/entry.h"
#include "queue/event.h"
#include "queue/queue_options.h"
#include "queue/route.h"
#include "queue/selection.h"
#include "queue/short_wait.h"
#include "queue/site_config.h"
#include "queue/storm_rules.h"
#include "queue/usage.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::spool {
class Spool;
class DiskPool;
}  // namespace postern::spool

namespace postern::queue {

class GapKeeper;
class RateKeeper;
class Recorder;

/// What is configured, and what is bound to it.
struct Config : QueueOptions, mail::HostNames {
  /// Why mail waits where there is no site.
  std::string no_site = "no smarthost is configured";
  /// Where mail for this sender goes: the recipients of a bounce, aliases applied. Empty, or with an empty answer: to
  /// the sender itself. Called on the event loop.
  std::function<std::vector<std::string>(const std::string& sender)> expand{};
  /// Tells the operator by another way than mail: "trouble" or "well", and a line of text. Called on the event loop,
  /// and calls `ended` there, at once or later: failures, whose text is logged, are tried again. Empty: nobody is told.
  using Ended = std::function<void(Result<void>)>;
  std::function<void(const std::string& what, const std::string& text, Ended ended)> tell_operator{};
  /// By which sites mail goes: what QueueOptions::routes say. What waits goes by it at once.
  Routes routing{};
  /// Whose mail is gathered when much of it is alike: what QueueOptions::storms say. What waits already waits on.
  StormRules storms_of{};
  /// Who a uid is, for rows that name users or groups. Called on the event loop. Failures: what the name service
  /// says; then the message waits. Empty: nobody is known.
  std::function<Task<Result<mail::User>>(std::uint32_t uid)> user{};
  /// Who counts as one; what is in the queue when this changes counts by it when it is tried the next time.
  mail::Parties parties{};
  Observer* observer = nullptr;  ///< outlives the queue; may be null
  Recorder* recorder = nullptr;  ///< likewise, see recorder.h
  /// Where the queue notes what is under way, see suspects.h; read once. Outlives the queue, and should outlive the
  /// process. Empty: a message that makes the program crash is tried for ever.
  std::span<char> in_flight{};
  /// Where the queue notes when it ran, see gaps.h; taken up once. Outlives the queue. Null: after a start nothing is
  /// known of what was before.
  GapKeeper* gaps = nullptr;
  /// Where the queue notes what smarthosts were given, see rates.h; taken up once. Outlives the queue. Null: after a
  /// start nothing counts.
  RateKeeper* rates = nullptr;
  /// So long refusing() waits for the disk; taken up once.
  Milliseconds patience = kShortWait;
};

/// Tries one message through one site. Handed in by app, which knows the relay.
using Deliver = std::function<Task<mail::DeliveryReport>(mail::Message& message, const std::string& site)>;

/// One message in the making. Destroying it before commit() succeeded leaves nothing behind.
class Intake {
 public:
  virtual ~Intake() = default;
  [[nodiscard]] virtual const QueueId& id() const = 0;
  [[nodiscard]] virtual WallTime accepted() const = 0;
  /// LF text. Failures: no_space, denied (the party may have no more; the text tells it so), io.
  virtual Task<Result<void>> append(std::string_view text) = 0;
  /// On stable storage when this returns well, and only then. `wire_size` and `body` are known at the end.
  /// On failure nothing stays in the queue. Failures: no_space (the queue has told the log), denied (as above), limit
  /// (longer than mail::kLongestEnvelope), io.
  virtual Task<Result<void>> commit(std::uint64_t wire_size, mail::BodyType body) = 0;
};

/// The messages of a selection, as they are when their turn comes. Not to outlive the queue.
class Listing {
 public:
  virtual ~Listing() = default;
  /// The next ones, at most kPage; none: that was all. Files are read for it.
  virtual Task<std::vector<Entry>> next() = 0;
  static constexpr std::size_t kPage = 32;  ///< bounds the memory of a listing
};

/// Whether the sender of a message that was given up knows of it: told; told in a digest that is still to come; not to
/// be told, and so the message is kept as failed.
enum class Told { now, later, never };

class Queue {
 public:
  static std::unique_ptr<Queue> make(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock,
                                     Config config, std::vector<SiteConfig> sites, Deliver deliver);
  virtual ~Queue() = default;

  /// Recovers the spool, loads the tickets and starts delivering. Failures: io, cancelled (stop() was called
  /// meanwhile).
  virtual Task<Result<void>> start() = 0;
  /// For good. No new deliveries; returns when those under way, and a start() under way, have ended (the caller
  /// cancels the relay after its time).
  virtual Task<void> stop() = 0;
  /// Sites in trouble are probed at once, those with a refused login too.
  virtual void configure(Config config, std::vector<SiteConfig> sites) = 0;
  /// Config::parties alone.
  virtual void use_parties(mail::Parties parties) = 0;

  /// Whether a message of so many bytes (0: unknown) may be taken of this party (mail/parties.h) now: what it has
  /// against limits.per_user; free bytes and inodes against the reserve and the disk's last part (free_space.h). From a
  /// recent sample; never blocks. Failures: limit (of the party; the text tells it so), no_space.
  [[nodiscard]] virtual Result<void> room_for(std::uint64_t size, std::uint32_t party) const = 0;
  /// What the party has in the queue, waiting, under way, on hold or failed, with the reports about its mail. Less than
  /// it has while envelopes are read after a start.
  [[nodiscard]] virtual Usage usage(std::uint32_t party) const = 0;
  /// Which parties are at a limit, and whether the disk is in its last part: sentences for `postern status`.
  [[nodiscard]] virtual std::vector<std::string> shortages(Asker asker) const = 0;
  /// Since when and why no mail is taken: there is no room, or the last message could not be stored.
  [[nodiscard]] virtual Task<std::optional<Refusal>> refusing() = 0;
  /// Fills in id and accepted. No disk is touched yet.
  virtual std::unique_ptr<Intake> begin(mail::Envelope envelope) = 0;

  virtual std::unique_ptr<Listing> list(Selection selection) = 0;
  /// Failures: not_found, corrupt, io.
  virtual Task<Result<Entry>> find(QueueId id) = 0;
  /// The message's file as it is on disk: its whole envelope, and at least the first `limit` bytes of what follows.
  /// Failures: not_found, io.
  virtual Task<Result<std::string>> raw(QueueId id, std::size_t limit) = 0;
  /// Due now, the sites probed at once. Failures: not_found, busy (active).
  virtual Result<void> retry(QueueId id, Probe probe = Probe::polite) = 0;
  /// Everything due now and every site probed; the number of messages.
  virtual std::size_t retry_all(Probe probe = Probe::polite) = 0;
  // What follows is durable when it returns well. Failures: not_found, busy (active: wait), invalid (not in that
  // state), corrupt, newer, io, no_space.
  virtual Task<Result<void>> remove(QueueId id) = 0;
  /// Not tried and not expired until it is released.
  virtual Task<Result<void>> hold(QueueId id) = 0;
  /// From hold, or from the others of its storm; due at once.
  virtual Task<Result<void>> release(QueueId id) = 0;
  /// Gives up: the sender is told of every recipient that is not settled, as if the upstream had refused it.
  virtual Task<Result<Told>> bounce(QueueId id) = 0;

  /// Waiting or on hold: goes by this site alone, whichever others are well; empty: by any again. Due now, the site
  /// probed at once. A site that is not configured is as none, until it is.
  virtual Task<Result<void>> reroute(QueueId id, std::string site) = 0;

  [[nodiscard]] virtual Totals totals() const = 0;
  [[nodiscard]] virtual std::vector<SiteStatus> sites() const = 0;
  /// Those of the settings, and what else mail waits for; none: there are no rows of routes.
  [[nodiscard]] virtual std::vector<RouteStatus> routes() const = 0;
  /// By which row mail of this envelope for this recipient (empty: for one that no row names) would go. Nothing: there
  /// are none. Failures: what the name service says of the user.
  virtual Task<Result<std::optional<RouteChoice>>> route_for(mail::Envelope envelope, std::string recipient) = 0;
  /// By which row mail of this envelope would be gathered if more like it came. Nothing: there are none.
  virtual Task<std::optional<StormChoice>> storm_for(mail::Envelope envelope) = 0;
  /// Forget the site's trouble (after `postern check` found it well): its mail is tried at once.
  virtual void site_recovered(const std::string& name) = 0;
  /// An attempt without mail met this there. Nothing while messages are under way there: they find out themselves.
  virtual void site_failed(const std::string& name, const mail::SiteTrouble& trouble) = 0;
  /// A dropped file was set aside in refused/: the operator is told.
  virtual void drop_refused() = 0;

  /// A network may have come: sites from which there was no answer are tried soon.
  virtual void network_came() = 0;
  /// The wall clock may have been set, or the machine may have slept: what is due is due now. Finds out itself which.
  virtual void clock_changed() = 0;

  /// Called for every event of this message until the returned handle is destroyed.
  virtual std::shared_ptr<void> watch(QueueId id, Watch watch) = 0;
};

}  // namespace postern::queue
