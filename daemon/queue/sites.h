// The sites in their order of preference, and which of them a message may take: the first that is well, or, if it was
// rerouted, the one of that name alone while it is configured. `rerouted_to` is that name; empty: any site will do.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "queue/queue.h"
#include "queue/rates.h"
#include "queue/site.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

using SitePtr = std::shared_ptr<Site>;

class Sites {
 public:
  /// `retry` outlives it.
  Sites(Clock& clock, const Retry& retry) : clock_(clock), retry_(retry), rates_(clock) {}

  /// A site that keeps its name and generation keeps its health. What is under way at one that went reports to that
  /// one.
  void configure(std::vector<SiteConfig> sites);

  [[nodiscard]] const std::vector<SitePtr>& all() const { return sites_; }
  /// Null: none of this name is configured.
  [[nodiscard]] SitePtr find(const std::string& name) const;
  /// Who takes one more such message now; null: nobody.
  [[nodiscard]] SitePtr choose(const std::string& rerouted_to) const;
  /// How many such messages are worth having open now.
  [[nodiscard]] std::size_t appetite(const std::string& rerouted_to) const;
  /// None that may take such a message is well, or the limit of the one that would is used up.
  [[nodiscard]] bool hopeless(const std::string& rerouted_to) const;

  /// What a ticket calls the site of this name, whatever a reload makes of the order. 0 is no site's.
  [[nodiscard]] std::uint16_t number_of(const std::string& site);
  /// Who a message waits for that was last tried at the site of this number: that one, else the first; null: none is
  /// configured.
  [[nodiscard]] SitePtr waited_for(std::uint16_t number) const;

  /// The next probe of this site at once; empty: of all.
  void probe(Probe probe, const std::string& site = {});
  /// Forget its trouble.
  void recovered(const std::string& name);
  /// The end of an attempt, and what it says of the site. Told in the log.
  void learn(Site& site, Site::Permit permit, const mail::DeliveryReport& report);

  /// What they were given lately. A site whose limit is used up takes nothing, and nothing goes by another one for
  /// that.
  [[nodiscard]] Rates& rates() { return rates_; }
  [[nodiscard]] const Rates& rates() const { return rates_; }

  /// When choose() may answer otherwise by time alone: the first of those times after now.
  [[nodiscard]] std::optional<SteadyTime> wake() const;
  /// Counts the changes that an alarm may tell of.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  /// In their order; `waiting` is 0.
  [[nodiscard]] std::vector<SiteStatus> status() const;

 private:
  void tell(const Site& site, Site::Change change);

  Clock& clock_;
  const Retry& retry_;
  Rates rates_;
  std::vector<SitePtr> sites_;
  std::vector<std::string> known_ = std::vector<std::string>(1);  ///< the names by number; none ever goes
  std::uint64_t changes_ = 0;
};

}  // namespace postern::queue
