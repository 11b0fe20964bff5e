// The queue's only implementation. queue_impl.cc holds its life and the operator's commands, delivery.cc the
// delivery loop, listing.cc what is shown.
#pragma once

#include "queue/decide.h"
#include "queue/free_space.h"
#include "queue/index.h"
#include "queue/queue.h"
#include "queue/site.h"
#include "queue/stored_message.h"
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
  std::unique_ptr<Intake> begin(mail::Envelope envelope) override;
  Task<std::vector<Entry>> list(std::optional<QueueId> after, std::size_t limit) override;
  Task<Result<Entry>> find(QueueId id) override;
  Task<Result<std::string>> raw(QueueId id, std::size_t limit) override;
  Result<void> retry(QueueId id, Probe probe) override;
  std::size_t retry_all(Probe probe) override;
  Task<Result<void>> remove(QueueId id) override;
  [[nodiscard]] Totals totals() const override;
  [[nodiscard]] std::vector<SiteStatus> sites() const override;
  void site_recovered(const std::string& name) override;
  std::shared_ptr<void> watch(QueueId id, Watch watch) override;

 private:
  using SitePtr = std::shared_ptr<Site>;
  using MessagePtr = std::unique_ptr<StoredMessage>;

  // Life (queue_impl.cc).
  [[nodiscard]] QueueId new_id();
  [[nodiscard]] static double chance();  ///< in [0, 1)
  void accepted(const spool::Draft& draft);
  void set_sites(std::vector<SiteConfig> sites);

  // The delivery loop (delivery.cc).
  void pump();
  void feed();
  void give_back();
  void arm_timer();
  void notice_clock_jump();
  [[nodiscard]] std::size_t appetite() const;
  [[nodiscard]] SitePtr choose() const;
  void closed();
  Task<void> prepare(QueueId id);
  Task<void> unreadable(QueueId id, Error error);
  Task<void> attempt(MessagePtr message, SitePtr site, Site::Permit permit);
  void learn(Site& site, Site::Permit permit, const mail::DeliveryReport& report);
  void tell_site(const Site& site, Site::Change change);

  // What follows from an attempt (outcome.cc).
  Task<void> perform(const StoredMessage& message, const mail::DeliveryReport& report);
  Task<Result<void>> bounce(const StoredMessage& message, const Actions& actions, const std::string& host);
  Task<void> finish(const StoredMessage& message, const Actions& actions);
  Task<void> keep(const StoredMessage& message, Actions actions);
  void tell(const StoredMessage& message, const Actions& actions, const mail::DeliveryReport& report);
  void gone(const QueueId& id);

  // What is shown (listing.cc).
  struct Wanted {
    QueueId id;
    spool::Area area = spool::Area::queue;
  };
  struct Seen {
    Wanted wanted;
    Result<spool::Stored> stored;
  };
  [[nodiscard]] std::vector<Wanted> first_wanted(std::vector<Wanted> others, const std::optional<QueueId>& after,
                                                 std::size_t limit) const;
  [[nodiscard]] Entry describe(const Seen& seen) const;

  Executor loop_;
  spool::Spool& spool_;
  spool::DiskPool& pool_;
  Clock& clock_;
  Config config_;
  Deliver deliver_;
  std::unique_ptr<FreeSpace> space_;
  Index index_;
  std::vector<SitePtr> sites_;  ///< in order of preference
  std::deque<MessagePtr> ready_;
  std::map<QueueId, std::vector<spool::LogLine>> unwritten_;  ///< log lines the disk did not take
  Watchers watchers_;
  Totals counted_;
  std::size_t open_ = 0;  ///< messages between waiting and waiting (or gone), and start() while it runs
  bool running_ = false;
  bool stopped_ = false;
  boost::asio::steady_timer timer_;
  bool timer_armed_ = false;
  boost::asio::steady_timer all_closed_;
  std::uint64_t last_id_time_ = 0;
  Milliseconds wall_ahead_{0};  ///< wall clock less steady clock: changes when the wall clock jumps
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace postern::queue
