// The queue's only implementation. queue_impl.cc holds its life, delivery.cc the delivery loop, lanes.cc who goes
// where, outcome.cc what follows from an attempt, commands.cc what an operator does, listing.cc what is shown,
// gap_store.cc when nothing could be tried.
#pragma once

#include "queue/bounce.h"
#include "queue/decide.h"
#include "queue/digest.h"
#include "queue/free_space.h"
#include "queue/gaps.h"
#include "queue/index.h"
#include "queue/notify.h"
#include "queue/queue.h"
#include "queue/site.h"
#include "queue/stored_message.h"
#include "queue/suspects.h"
#include "queue/watchers.h"
#include "spool/disk_pool.h"
#include "spool/draft.h"
#include "spool/spool.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::queue {

class QueueImpl final : public Queue {
 public:
  QueueImpl(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock, Config config,
            std::vector<SiteConfig> sites, Deliver deliver);

  Task<Result<void>> start() override;
  Task<void> stop() override;
  void configure(Config config, std::vector<SiteConfig> sites) override;
  [[nodiscard]] Result<void> room_for(std::uint64_t size) const override { return space_->room_for(size); }
  Task<std::optional<Refusal>> refusing() override;
  std::unique_ptr<Intake> begin(mail::Envelope envelope) override;
  std::unique_ptr<Listing> list(Selection selection) override;
  Task<Result<Entry>> find(QueueId id) override;
  Task<Result<std::string>> raw(QueueId id, std::size_t limit) override;
  Result<void> retry(QueueId id, Probe probe) override;
  std::size_t retry_all(Probe probe) override;
  Task<Result<void>> remove(QueueId id) override;
  Task<Result<void>> hold(QueueId id) override;
  Task<Result<void>> release(QueueId id) override;
  Task<Result<Told>> bounce(QueueId id) override;
  Task<Result<void>> reroute(QueueId id, std::string site) override;
  [[nodiscard]] Totals totals() const override;
  [[nodiscard]] std::vector<SiteStatus> sites() const override;
  void site_recovered(const std::string& name) override;
  std::shared_ptr<void> watch(QueueId id, Watch watch) override;

 private:
  using SitePtr = std::shared_ptr<Site>;
  using MessagePtr = std::unique_ptr<StoredMessage>;

  /// Messages that go the same way. Each lane has its own share of what is read ahead, so that none waits for a site
  /// that it does not need.
  struct Lane {
    std::string site;              ///< rerouted to this one; empty: whichever is well
    std::deque<MessagePtr> ready;  ///< read, and waiting for a connection
    std::size_t open = 0;          ///< read or under way
  };

  // Life (queue_impl.cc).
  [[nodiscard]] QueueId new_id();
  [[nodiscard]] static double chance();  ///< in [0, 1)
  void accepted(const spool::Draft& draft);
  void set_sites(std::vector<SiteConfig> sites);

  // The delivery loop (delivery.cc).
  void pump();
  void take_due(std::uint16_t lane);
  void feed();
  bool feed_from(std::uint16_t lane);
  void give_back(std::uint16_t lane);
  void arm_timer();
  void closed();
  /// Ends what take_due() began.
  void let_go(const QueueId& id, std::uint16_t lane);
  /// With what its log could not take.
  Task<Result<MessagePtr>> load(QueueId id);
  Task<void> prepare(QueueId id, std::uint16_t lane);
  Task<void> hold_guilty(QueueId id);
  Task<void> unreadable(QueueId id, Error error);
  void tell_damaged();
  Task<void> attempt(MessagePtr message, std::uint16_t lane, SitePtr site, Site::Permit permit);
  void learn(Site& site, Site::Permit permit, const mail::DeliveryReport& report);
  void tell_site(const Site& site, Site::Change change);

  // When nothing could be tried (gap_store.cc).
  void recall_gaps();
  /// Before an age is asked for, and before a time of acceptance is given: it belongs to the clock as it is now.
  void notice_clock_jump();
  void beat();
  void last_beat();

  // Who goes where (lanes.cc).
  [[nodiscard]] SitePtr find_site(const std::string& name) const;
  /// The lane of those that were rerouted to this site, made if there is none; empty: that of the others.
  [[nodiscard]] std::uint16_t lane_for(const std::string& site);
  [[nodiscard]] std::size_t appetite(const Lane& lane) const;
  [[nodiscard]] SitePtr choose(const Lane& lane) const;
  [[nodiscard]] bool hopeless(const Lane& lane) const;
  /// What a ticket calls the site of this name, whatever a reload makes of the order.
  [[nodiscard]] std::uint16_t number_of(const std::string& site);
  /// The place in sites_ of the one that it waits for: its own, else the one where it was last tried, else the first;
  /// beyond them: none is configured.
  [[nodiscard]] std::size_t site_of(const Ticket& ticket) const;
  void tell_unknown_routes() const;

  // What follows from an attempt (outcome.cc).
  /// `site`: where the report comes from; empty: from an operator.
  Task<void> perform(const StoredMessage& message, const mail::DeliveryReport& report, const std::string& site);
  Task<void> finish(const StoredMessage& message, const Actions& actions);
  Task<void> keep(const StoredMessage& message, Actions actions);
  void tell(const StoredMessage& message, const Actions& actions, const mail::DeliveryReport& report,
            const std::string& site);
  void gone(const QueueId& id);

  // What senders are told (bounce_store.cc, digest_store.cc).
  [[nodiscard]] ReportContext report_context(const std::string& sender);
  /// Stores what the sender is to be told, and notes in the verdicts what came of it.
  Task<void> report(const StoredMessage& message, Actions& actions, const std::string& host);
  /// Its sender waits for a digest; the time when the message may look whether it was told.
  [[nodiscard]] WallTime owe(const mail::Envelope& envelope, WallTime since);
  void start_digest();
  Task<void> digest(OwedReports::Batch batch);
  Task<void> was_told(QueueId id);

  // What the operator is told (notify_store.cc).
  void watch_over();
  Task<void> send_alarm(Alarm alarm);

  // What an operator does (commands.cc).
  /// In the index as active, from queue/ or hold/: nobody else takes it. Failures: not_found, busy, newer, io.
  Task<Result<void>> take(QueueId id);
  /// From hold/ to queue/ and into the index; on failure it is in hold/. Failures: as take().
  Task<Result<spool::Changed>> put_back(QueueId id, Ticket::Phase phase);

  // What is shown (listing.cc).
  class Walk;
  struct Wanted {
    QueueId id;
    spool::Area area = spool::Area::queue;
  };
  struct Seen {
    Wanted wanted;
    Result<spool::Stored> stored;
  };
  [[nodiscard]] Entry describe(const Seen& seen) const;

  Executor loop_;
  spool::Spool& spool_;
  spool::DiskPool& pool_;
  Clock& clock_;
  Config config_;
  Deliver deliver_;
  std::unique_ptr<FreeSpace> space_;
  Index index_;
  std::size_t damaged_ = 0;  ///< messages since the queue was last at rest
  Suspects suspects_;
  bool alone_ = false;          ///< a suspect is open, or waits until nothing else is
  std::vector<SitePtr> sites_;  ///< in order of preference
  /// The names that sites have had; a ticket's site is a place here, and none ever changes. The first is no site's.
  std::vector<std::string> known_sites_ = std::vector<std::string>(1);
  /// A ticket's lane is an index of it; the first is for all that were not rerouted. None ever goes.
  std::deque<Lane> lanes_ = std::deque<Lane>(1);
  std::size_t turn_ = 0;                                      ///< the lane that is served next
  std::map<QueueId, std::vector<spool::LogLine>> unwritten_;  ///< log lines the disk did not take
  Watchers watchers_;
  ReportLimit reports_;
  ReportLimit digests_;
  OwedReports owed_;
  bool digesting_ = false;
  Alarms alarms_;
  std::optional<SteadyTime> looked_;  ///< for trouble
  Totals counted_;
  std::optional<Refusal> not_stored_;  ///< the last message; since the first in a row
  std::size_t open_ = 0;               ///< messages between waiting and waiting (or gone), and start() while it runs
  bool running_ = false;
  bool stopped_ = false;
  boost::asio::steady_timer timer_;
  bool timer_armed_ = false;
  boost::asio::steady_timer all_closed_;
  std::uint64_t last_id_time_ = 0;
  GapKeeper* gap_keeper_;
  Gaps gaps_;
  boost::asio::steady_timer beat_timer_;
  Milliseconds wall_ahead_{0};  ///< wall clock less steady clock: changes when the wall clock jumps
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace postern::queue
