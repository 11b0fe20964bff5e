// What is shown of the queue. Only files that are asked for are read, and of those only envelope and log.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "queue/ground.h"
#include "queue/messages.h"
#include "queue/queue.h"
#include "queue/router.h"
#include "queue/sites.h"
#include "queue/timekeeper.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::queue {

class Inspector {
 public:
  /// The others outlive it.
  Inspector(const Ground& ground, const Config& config, const Timekeeper& time, const Messages& messages,
            const Sites& sites, const Router& router);

  // As the functions of Queue with these names.
  [[nodiscard]] std::unique_ptr<Listing> list(Selection selection);
  [[nodiscard]] Task<Result<Entry>> find(QueueId id) const;
  [[nodiscard]] Task<Result<std::string>> raw(QueueId id, std::size_t limit) const;
  [[nodiscard]] Totals totals() const;
  /// How many messages are due at each site, by its name, or under way there.
  [[nodiscard]] std::map<std::string, std::size_t> due_by_site() const;
  [[nodiscard]] std::vector<SiteStatus> sites() const;
  [[nodiscard]] std::vector<RouteStatus> routes() const;

 private:
  class Walk;
  struct Wanted {
    QueueId id;
    spool::Area area = spool::Area::queue;
    bool damaged = false;  ///< it was found so
  };
  struct Seen {
    Wanted wanted;
    Result<spool::Stored> stored;
    std::string sender{};  ///< Sender::shown, where that was asked for
    std::string damage{};  ///< of a damaged one whose envelope can be read: what is wrong
  };
  /// Of a damaged file of at most so many bytes all is read. Blocks.
  [[nodiscard]] static Seen summary_of(spool::Spool& spool, const Wanted& wanted, std::uint64_t most);
  [[nodiscard]] Wanted wanted(const QueueId& id, spool::Area area) const;
  /// With its sender, if its last answer is doubtful. Blocks.
  [[nodiscard]] static Seen look_at(spool::Spool& spool, const Wanted& wanted);
  [[nodiscard]] Entry describe(const Seen& seen) const;
  /// It waits for this site: since when it is due, if the site is why.
  void explain_wait(Entry& entry, const Ticket& ticket, const Site* site, const Rate::Load& load) const;
  /// By the names of the sites that they wait for; those that `counts` takes.
  template <typename Counts>
  [[nodiscard]] std::map<std::string, std::size_t> count_by_site(Counts counts) const;
  void note_kept(std::vector<SiteStatus>& list) const;
  /// What the site was given lately is why the message waits.
  void explain_limit(Entry& entry, const Site& site, const Rate::Load& load, WallTime now) const;

  Ground ground_;
  const Config& config_;
  const Timekeeper& time_;
  const Messages& messages_;
  const Sites& sites_;
  const Router& router_;
  /// Of what lies in hold/, failed/ and corrupt/, as far as a listing has read it.
  std::map<QueueId, std::uint32_t> aside_owners_;
};

}  // namespace postern::queue
