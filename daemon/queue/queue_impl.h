// The queue's only implementation: owns its parts, their life, and what an operator does (commands.cc).
//
//   Timekeeper   ages, and when nothing could be tried
//   Messages     tickets in memory, files in the spool
//   Sites        the smarthosts and their health
//   Reports      what senders are told
//   Outcomes     what follows from an attempt
//   Router       by which sites a message goes
//   StormKeeper  what waits for others like it, and goes with them
//   Dispatcher   which message goes where, and when; its Reader finds that out after a start
//   Alarms       what the operator is told
//   Inspector    what is shown
//
// Beside them: FreeSpace (is there room), Watchers (who wants to hear of a message), OpenWork (what a stop waits for).
#pragma once

#include "queue/alarms.h"
#include "queue/dispatcher.h"
#include "queue/free_space.h"
#include "queue/ground.h"
#include "queue/inspector.h"
#include "queue/messages.h"
#include "queue/open_work.h"
#include "queue/outcomes.h"
#include "queue/queue.h"
#include "queue/reports.h"
#include "queue/router.h"
#include "queue/sites.h"
#include "queue/storm_keeper.h"
#include "queue/timekeeper.h"
#include "queue/usage.h"
#include "queue/watchers.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {

class QueueImpl final : public Queue {
 public:
  QueueImpl(Executor loop, spool::Spool& spool, spool::DiskPool& pool, Clock& clock, Config config,
            std::vector<SiteConfig> sites, Deliver deliver);

  Task<Result<void>> start() override;
  Task<void> stop() override;
  void configure(Config config, std::vector<SiteConfig> sites) override;
  void use_parties(mail::Parties parties) override { config_.parties = std::move(parties); }
  [[nodiscard]] Result<void> room_for(std::uint64_t size, std::uint32_t party) const override;
  [[nodiscard]] Usage usage(std::uint32_t party) const override { return messages_.index().usages().of(party); }
  [[nodiscard]] std::vector<std::string> shortages(Asker asker) const override;
  Task<std::optional<Refusal>> refusing() override;
  std::unique_ptr<Intake> begin(mail::Envelope envelope) override;
  std::unique_ptr<Listing> list(Selection selection) override { return inspector_.list(std::move(selection)); }
  Task<Result<Entry>> find(QueueId id) override { return inspector_.find(id); }
  Task<Result<std::string>> raw(QueueId id, std::size_t limit) override { return inspector_.raw(id, limit); }
  Result<void> retry(QueueId id, Probe probe) override;
  std::size_t retry_all(Probe probe) override;
  Task<Result<void>> remove(QueueId id) override;
  Task<Result<void>> hold(QueueId id) override;
  Task<Result<void>> release(QueueId id) override;
  Task<Result<Told>> bounce(QueueId id) override;
  Task<Result<void>> reroute(QueueId id, std::string site) override;
  [[nodiscard]] Totals totals() const override { return inspector_.totals(); }
  [[nodiscard]] std::vector<SiteStatus> sites() const override { return inspector_.sites(); }
  [[nodiscard]] std::vector<RouteStatus> routes() const override { return inspector_.routes(); }
  Task<Result<std::optional<RouteChoice>>> route_for(mail::Envelope envelope, std::string recipient) override;
  Task<std::optional<StormChoice>> storm_for(mail::Envelope envelope) override;
  void site_recovered(const std::string& name) override;
  void site_failed(const std::string& name, const mail::SiteTrouble& trouble) override;
  void network_came() override;
  void clock_changed() override { pump(); }
  void drop_refused() override;
  std::shared_ptr<void> watch(QueueId id, Watch watch) override { return watchers_.add(id, std::move(watch)); }
  /// How long the queue sleeps from now on, unless something comes; nothing: until something does.
  [[nodiscard]] std::optional<Milliseconds> sleeps_for() const;

 private:
  /// Begins whatever can begin now, and sleeps until something can.
  void pump();
  void arm_timer();
  /// One that was just stored is to go.
  void let_go(const mail::Envelope& envelope);
  void clock_jumped(Milliseconds jump);
  [[nodiscard]] Claim claim_of(std::uint32_t party) const;
  /// `usage` is without the message of so many bytes. The log tells of each party once, until it has less again.
  [[nodiscard]] Result<void> within_limit(std::uint32_t party, const Usage& usage, std::uint64_t size) const;

  // What an operator does (commands.cc).
  /// In the index as active, from queue/ or hold/: nobody else takes it. Failures: not_found, busy, newer, io.
  Task<Result<void>> take(QueueId id);
  /// From hold/ to queue/ and into the index; on failure it is in hold/. Failures: as take().
  Task<Result<spool::Changed>> put_back(QueueId id, Ticket::Phase phase);
  Task<Result<Told>> give_up(QueueId id);
  Task<void> release_of_storm(QueueId id);

  Ground ground_;
  Config config_;
  Watchers watchers_;
  std::unique_ptr<FreeSpace> space_;
  std::shared_ptr<Usages> coming_ = std::make_shared<Usages>();  ///< what is being written, not yet in the index
  OpenWork work_;
  Messages messages_;
  Timekeeper time_;
  Sites sites_;
  Reports reports_;
  Outcomes outcomes_;
  Router router_;
  StormKeeper storms_;
  Dispatcher dispatcher_;
  Alarms alarms_;
  Inspector inspector_;
  mutable std::set<std::uint32_t> told_of_limit_;  ///< parties
  std::optional<Refusal> not_stored_;              ///< the last message; since the first in a row
  bool running_ = false;
  bool stopped_ = false;
  boost::asio::steady_timer timer_;
  bool timer_armed_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace postern::queue
