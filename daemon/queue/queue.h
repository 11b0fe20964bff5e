// The queue: the only door to the spool. It takes messages in, decides when each is tried, hands due ones to
// `deliver`, and carries out what decide() says. Single-threaded (the event loop); blocking calls go to
// the disk pool.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "mail/envelope.h"
#include "mail/message.h"
#include "mail/report.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::spool {
class Spool;
class DiskPool;
}  // namespace postern::spool

namespace postern::queue {

struct Retry {
  Seconds min{60};
  Seconds max{3600};
  Seconds expire{5 * 24 * 3600};
};

struct Config {
  std::string hostname;  ///< for bounces: Reporting-MTA
  std::string domain;    ///< bounces come from MAILER-DAEMON@domain
  Retry retry;
  std::uint64_t message_size = 50ULL << 20U;  ///< bytes on the wire
  /// Where mail for this sender goes: the recipients of a bounce, aliases applied. Empty, or with an empty answer: to
  /// the sender itself. Called on the event loop.
  std::function<std::vector<std::string>(const std::string& sender)> expand{};
};

/// A smarthost as the queue sees it. The queue keeps health and back-off by name and generation.
struct SiteConfig {
  std::string name;
  unsigned connections = 4;
  std::uint64_t generation = 0;  ///< another one: its settings changed, what was learnt of it counts no more
};

/// Tries one message through one site. Handed in by app, which knows the relay.
using Deliver = std::function<Task<mail::DeliveryReport>(mail::Message& message, const std::string& site)>;

/// One message in the making. Destroying it before commit() succeeded leaves nothing behind.
class Intake {
 public:
  virtual ~Intake() = default;
  [[nodiscard]] virtual const QueueId& id() const = 0;
  [[nodiscard]] virtual WallTime accepted() const = 0;
  /// LF text. Failures: no_space, io.
  virtual Task<Result<void>> append(std::string_view text) = 0;
  /// On stable storage when this returns well, and only then. `wire_size` and `body` are known at the end.
  /// On failure nothing stays in the queue. Failures: no_space, io.
  virtual Task<Result<void>> commit(std::uint64_t wire_size, mail::BodyType body) = 0;
};

enum class State { active, waiting, held, failed, corrupt };
[[nodiscard]] std::string_view name(State state);

/// One message as listings show it.
struct Entry {
  QueueId id;
  State state = State::waiting;
  std::uint64_t size = 0;  ///< bytes of the file
  WallTime accepted;
  std::optional<WallTime> next;  ///< next attempt; nothing while active or held
  std::string sender;
  mail::Source source;
  struct Rcpt {
    std::string address;
    std::optional<mail::Status> last;  ///< the last known verdict
  };
  std::vector<Rcpt> recipients;  ///< settled ones included
  std::string site;
  std::string reason;                          ///< why it waits, one line: the recipients' or the site's trouble
  std::optional<mail::SiteTrouble> trouble{};  ///< of the site, if that is the reason
};

struct SiteStatus {
  std::string name;
  std::size_t waiting = 0;
  std::size_t active = 0;
  std::optional<mail::SiteTrouble> trouble;  ///< nothing: healthy or not yet used
  std::optional<WallTime> since;             ///< of the trouble
  std::optional<WallTime> next_probe;
  std::optional<WallTime> last_delivery;
};

struct Totals {
  std::size_t waiting = 0, active = 0, held = 0, failed = 0, corrupt = 0;
  std::optional<WallTime> oldest;  ///< acceptance of the oldest waiting message
  std::uint64_t accepted = 0, delivered = 0, deferred = 0,
                bounced = 0;  ///< messages accepted, recipients otherwise, since start
};

/// What happens to a message, for send-test and tests.
struct Event {
  enum class Kind { attempt, delivered, deferred, failed, site_trouble, removed };
  Kind kind = Kind::attempt;
  QueueId id;
  std::string site;             ///< of all but attempt and removed
  std::string recipient;        ///< of delivered, deferred, failed
  mail::Status status;          ///< of delivered, deferred, failed
  mail::DeliveryReport report;  ///< of all but attempt and removed
};
using Watch = std::function<void(const Event&)>;

/// How a retry treats a site in trouble. Nobody but an administrator may force a login that was refused: the provider
/// would lock the account.
enum class Probe { polite, forced };

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

  /// Whether a message of so many bytes (0: unknown) may be taken now: free bytes and inodes against the
  /// reserve. From a recent sample; never blocks. Failure: no_space.
  [[nodiscard]] virtual Result<void> room_for(std::uint64_t size) const = 0;
  /// Fills in id and accepted. No disk is touched yet.
  virtual std::unique_ptr<Intake> begin(mail::Envelope envelope) = 0;

  /// Entries in order of acceptance after `after` (the first: nothing), at most `limit`. Files are read for it.
  virtual Task<std::vector<Entry>> list(std::optional<QueueId> after, std::size_t limit) = 0;
  /// Failures: not_found, corrupt, io.
  virtual Task<Result<Entry>> find(QueueId id) = 0;
  /// The message's file as it is on disk, at most `limit` bytes. Failures: not_found, io.
  virtual Task<Result<std::string>> raw(QueueId id, std::size_t limit) = 0;
  /// Due now, the sites probed at once. Failures: not_found, busy (active).
  virtual Result<void> retry(QueueId id, Probe probe = Probe::polite) = 0;
  /// Everything due now and every site probed; the number of messages.
  virtual std::size_t retry_all(Probe probe = Probe::polite) = 0;
  /// Durably removed. Failures: not_found, busy (active: wait or stop), io.
  virtual Task<Result<void>> remove(QueueId id) = 0;

  [[nodiscard]] virtual Totals totals() const = 0;
  [[nodiscard]] virtual std::vector<SiteStatus> sites() const = 0;
  /// Forget the site's trouble (after `postern check` found it well): its mail is tried at once.
  virtual void site_recovered(const std::string& name) = 0;

  /// Called for every event of this message until the returned handle is destroyed.
  virtual std::shared_ptr<void> watch(QueueId id, Watch watch) = 0;
};

}  // namespace postern::queue
