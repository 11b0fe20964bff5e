// The sites in their order of preference, and which of them a message may take: the first of its route that is well and
// takes its sender. `sender` is Sender::key; empty: whoever it is.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "queue/queue.h"
#include "queue/rates.h"
#include "queue/route.h"
#include "queue/sender.h"
#include "queue/senders.h"
#include "queue/site.h"
#include "queue/site_judge.h"

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
  /// `config` outlives it.
  Sites(Clock& clock, const Config& config) : clock_(clock), config_(config), rates_(clock) {}

  /// A site that keeps its name and generation keeps its health. What is under way at one that went reports to that
  /// one. True: there are others of other names now.
  bool configure(std::vector<SiteConfig> sites);

  [[nodiscard]] const std::vector<SitePtr>& all() const { return sites_; }
  /// Null: none of this name is configured.
  [[nodiscard]] SitePtr find(const std::string& name) const;
  /// Who takes one more such message, or a part of it, now; null: nobody.
  [[nodiscard]] SitePtr choose(const Route& route, const std::string& sender = {}, const Rate::Load& load = 1) const;
  /// How many such messages are worth having open now.
  [[nodiscard]] std::size_t appetite(const Route& route, const std::string& sender = {}) const;
  /// None that may take such a message is well, or the limit of the one that would is used up.
  [[nodiscard]] bool hopeless(const Route& route, const std::string& sender = {}) const;
  /// Likewise, and not for a moment: a limit that takes some more soon does not count.
  [[nodiscard]] bool hopeless_for_long(const Route& route, const std::string& sender = {}) const {
    return !first_well(route, sender);
  }

  /// What holds mail that could be tried otherwise: trouble of the sender, that a site refuses every message, or a
  /// limit per hour or day that is used up, or of which too little is left for a message.
  struct Held {
    std::string site;
    mail::SiteTrouble trouble;
    bool of_sender = false;
    WallTime since;
    bool by_limit = false;
    bool put_off = false;  ///< likewise, and the message has a time of its own for that
  };
  /// What such a message waits in; nothing: a site that may take it is well, or in trouble that says nothing of mail.
  [[nodiscard]] std::optional<Held> held(const Route& route, const std::string& sender) const;
  /// Why mail that is due is given to no site now, and not for a moment: what keeps it from the first of its route;
  /// nothing: one may take it.
  [[nodiscard]] std::optional<Held> kept_back(const Route& route, const std::string& sender) const;
  /// By such a limit, as long as the site was well otherwise: in its trouble before nobody waited for the limit.
  [[nodiscard]] Held held_by(const Site& site, const Rate::Wait& wait) const;

  /// What a ticket calls the site of this name, whatever a reload makes of the order. 0 is no site's.
  [[nodiscard]] std::uint16_t number_of(const std::string& site);
  /// Who a message of this route waits for that was last tried at the site of this number: that one, else the first of
  /// the route; null: none is configured.
  [[nodiscard]] SitePtr waited_for(const Route& route, std::uint16_t number) const;

  /// The next probe of this site at once; empty: of all.
  void probe(Probe probe, const std::string& site = {});
  /// Mail of this route came: its sites alone are probed, as by Probe::hint.
  void hint(const Route& route);
  /// Its mail may go by this site.
  [[nodiscard]] bool leads_to(const Route& route, const std::string& site) const;
  /// A site is closed for what became of several messages.
  [[nodiscard]] bool closed_by_messages() const;
  /// Likewise one of this route, and none of them is of this party.
  [[nodiscard]] bool closed_by_others(std::uint32_t party, const Route& route) const;
  /// Mail of this party (nothing: an alarm or a report) that goes by this route is due. Such sites open for it. True:
  /// one did, and that mail is to go first, before those close it again.
  [[nodiscard]] bool open_for(std::optional<std::uint32_t> party, const Route& route);
  /// Forget its trouble.
  void recovered(const std::string& name);
  /// An attempt without mail met this, see Queue::site_failed().
  void failed(const std::string& name, const mail::SiteTrouble& trouble);
  [[nodiscard]] const Senders& senders() const { return senders_; }

  /// For one attempt of a message of this sender.
  struct Permit {
    Site::Permit site{};
    std::uint64_t sender = 0;
  };
  Permit started(Site& site, const Sender& sender);
  /// Ends what `started` began: what the report says of the site, and of the sender there. Told in the log. False:
  /// there is trouble of the sender that cannot be kept or may be the message's; that is to wait by its own schedule.
  bool learn(Site& site, const Permit& permit, const mail::DeliveryReport& report, const Sender& sender,
             const Attempted& attempted);
  /// Ends it without having learnt anything.
  void returned(Site& site, const Permit& permit, const Sender& sender);

  /// What they were given lately. A site whose limit is used up takes nothing; if that lasts for long its mail goes by
  /// the next one.
  [[nodiscard]] Rates& rates() { return rates_; }
  [[nodiscard]] const Rates& rates() const { return rates_; }

  /// When choose() may answer otherwise by time alone: the first of those times after now.
  [[nodiscard]] std::optional<SteadyTime> wake() const;
  /// Counts the changes of sites that an alarm may tell of at once.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  /// In their order; `waiting` is 0.
  [[nodiscard]] std::vector<SiteStatus> status() const;

 private:
  /// That takes its mail, but for a limit that takes some more soon; null: none does.
  [[nodiscard]] SitePtr first_well(const Route& route, const std::string& sender) const;
  /// Calls `each` with the sites of this route, in order, until it says true.
  template <typename Visit>
  void visit(const Route& route, Visit each) const;
  /// Its mail waits for it, though another site could have it: it is well, as far as this sender goes there, too.
  [[nodiscard]] bool keeps(const Site& site, const std::string& sender) const;
  [[nodiscard]] std::optional<Held> held_at(const Site& site, const std::string& sender) const;
  [[nodiscard]] std::size_t appetite_of(const Site& site, const std::string& sender) const;
  /// Each sender once, though several parties send its mail.
  [[nodiscard]] std::vector<SenderStatus> troubled_senders(const Site& site) const;
  bool learn_sender(const Site& site, const Permit& permit, const mail::DeliveryReport& report, const Sender& sender,
                    const Attempted& attempted);
  void tell(Site& site, Site::Change change);
  void tell_sender(const Site& site, const Sender& sender, Senders::Change change);
  [[nodiscard]] WallTime wall_at(SteadyTime time) const;

  Clock& clock_;
  const Config& config_;
  Rates rates_;
  std::vector<SitePtr> sites_;
  Senders senders_;
  std::vector<std::string> known_ = std::vector<std::string>(1);  ///< the names by number; none ever goes
  std::uint64_t changes_ = 0;
};

}  // namespace postern::queue
