// What Postern measures. Counts and times come in as the queue's observer; what the queue and the disk know anyway is
// asked for when somebody looks. All names and what they mean are in one table (meters.cc), and on the page itself.
//
// Counts begin with the daemon. Each is raised where the same fact is logged, so log and metrics agree; a recipient
// that an operator gives up is no site's and shows in postern_bounced_recipients alone. Sites are the only label of a
// value that is not Postern's own: at most as many series as the settings had smarthosts, all there from the first page
// on, so that a first failure is an increase.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "metrics/activity.h"
#include "metrics/page.h"
#include "queue/entry.h"
#include "queue/event.h"
#include "spool/disk.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace postern::metrics {

/// The state of this moment.
struct Snapshot {
  std::string version;
  WallTime started;
  queue::Totals totals;
  std::vector<queue::SiteStatus> sites;
  std::optional<spool::Space> space;  ///< nothing: the disk did not tell
};

class Meters final : public queue::Observer {
 public:
  /// The clock outlives it.
  explicit Meters(Clock& clock = system_clock());

  void stored(SteadyTime::duration took) override;
  void attempted(const std::string& site, Milliseconds took, const mail::DeliveryReport& report) override;
  void verdict(const std::string& site, mail::Verdict verdict, Milliseconds waited) override;

  [[nodiscard]] std::string text(const Snapshot& snapshot, Format format);

  /// Of one smarthost.
  struct OfSite {
    OfSite();
    std::array<std::uint64_t, 3> recipients{};                                             ///< by mail::Verdict
    std::array<std::uint64_t, static_cast<std::size_t>(mail::Step::quit) + 1> troubles{};  ///< by mail::Step
    std::uint64_t uncertain = 0;
    std::optional<WallTime> certificate_expires;
    Histogram attempt;
    Histogram waited;
  };
  [[nodiscard]] const std::map<std::string, OfSite>& sites() const { return sites_; }
  [[nodiscard]] const Histogram& commits() const { return commits_; }
  [[nodiscard]] const Activity& activity() const { return activity_; }

 private:
  Clock& clock_;
  Histogram commits_;
  std::map<std::string, OfSite> sites_;
  Activity activity_;
};

}  // namespace postern::metrics
