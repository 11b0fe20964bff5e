#include "metrics/meters.h"

namespace postern::metrics {
namespace {

// Seconds. A commit is a disk's sync; an attempt is bounded by the session's time-outs; mail may wait for days.
constexpr std::array kCommitBounds{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0};
constexpr std::array kAttemptBounds{0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0};
constexpr std::array kWaitedBounds{0.05, 0.1,   0.25,   0.5,    1.0,     2.5,     5.0,     15.0,
                                   60.0, 300.0, 1800.0, 7200.0, 14400.0, 43200.0, 86400.0, 432000.0};

double seconds(std::chrono::duration<double> duration) { return duration.count(); }
double seconds(WallTime time) { return seconds(time.time_since_epoch()); }

struct Figures {
  const Meters& meters;
  const Snapshot& now;
};

void queue_messages(const Figures& from, Page& page) {
  const queue::Totals& totals = from.now.totals;
  page.sample({{"state", "waiting"}}, std::uint64_t{totals.waiting});
  page.sample({{"state", "active"}}, std::uint64_t{totals.active});
  page.sample({{"state", "held"}}, std::uint64_t{totals.held});
  page.sample({{"state", "storm"}}, std::uint64_t{totals.storm});
  page.sample({{"state", "failed"}}, std::uint64_t{totals.failed});
  page.sample({{"state", "corrupt"}}, std::uint64_t{totals.corrupt});
  page.sample({{"state", "owed"}}, std::uint64_t{totals.owed});
}

void oldest_age(const Figures& from, Page& page) { page.sample({}, seconds(from.now.totals.oldest_age)); }

void site_messages(const Figures& from, Page& page) {
  for (const queue::SiteStatus& site : from.now.sites) {
    page.sample({{"site", site.name}, {"state", "waiting"}}, std::uint64_t{site.waiting});
    page.sample({{"site", site.name}, {"state", "active"}}, std::uint64_t{site.active});
  }
}

void site_healthy(const Figures& from, Page& page) {
  for (const auto& site : from.now.sites) page.sample({{"site", site.name}}, std::uint64_t{site.trouble ? 0U : 1U});
}

void site_login_paused(const Figures& from, Page& page) {
  for (const queue::SiteStatus& site : from.now.sites) {
    const bool paused = site.trouble && site.trouble->login_refused;
    page.sample({{"site", site.name}}, std::uint64_t{paused ? 1U : 0U});
  }
}

void site_last_delivery(const Figures& from, Page& page) {
  for (const queue::SiteStatus& site : from.now.sites) {
    if (site.last_delivery) page.sample({{"site", site.name}}, seconds(*site.last_delivery));
  }
}

void site_certificate(const Figures& from, Page& page) {
  for (const auto& [name, site] : from.meters.sites()) {
    if (site.certificate_expires) page.sample({{"site", name}}, seconds(*site.certificate_expires));
  }
}

template <mail::Verdict kVerdict>
void recipients(const Figures& from, Page& page) {
  for (const auto& [name, site] : from.meters.sites()) {
    page.sample({{"site", name}}, site.recipients[static_cast<std::size_t>(kVerdict)]);
  }
}

void site_troubles(const Figures& from, Page& page) {
  for (const auto& [name, site] : from.meters.sites()) {
    for (std::size_t step = 0; step < site.troubles.size(); ++step) {
      page.sample({{"site", name}, {"step", mail::name(static_cast<mail::Step>(step))}}, site.troubles[step]);
    }
  }
}

void uncertain(const Figures& from, Page& page) {
  for (const auto& [name, site] : from.meters.sites()) page.sample({{"site", name}}, site.uncertain);
}

void attempt_duration(const Figures& from, Page& page) {
  for (const auto& [name, site] : from.meters.sites()) page.histogram({{"site", name}}, site.attempt);
}

void delivery_delay(const Figures& from, Page& page) {
  for (const auto& [name, site] : from.meters.sites()) page.histogram({{"site", name}}, site.waited);
}

void free_bytes(const Figures& from, Page& page) {
  if (from.now.space) page.sample({}, from.now.space->bytes);
}

void free_inodes(const Figures& from, Page& page) {
  if (from.now.space) page.sample({}, from.now.space->inodes);
}

void build_info(const Figures& from, Page& page) { page.sample({{"version", from.now.version}}, std::uint64_t{1}); }
void start_time(const Figures& from, Page& page) { page.sample({}, seconds(from.now.started)); }
void accepted(const Figures& from, Page& page) { page.sample({}, from.now.totals.accepted); }
void bounced(const Figures& from, Page& page) { page.sample({}, from.now.totals.bounced); }
void commit_duration(const Figures& from, Page& page) { page.histogram({}, from.meters.commits()); }

struct Row {
  Family family;
  void (*fill)(const Figures& from, Page& page);
};

constexpr Row kRows[] = {
    {{"postern_build_info", Kind::gauge, "", "The version that runs; always 1."}, build_info},
    {{"postern_start_time_seconds", Kind::gauge, "seconds", "When the daemon started, since 1970."}, start_time},
    {{"postern_queue_messages", Kind::gauge, "",
      "Messages in the spool by state; owed: only the sender is still to be told."},
     queue_messages},
    {{"postern_queue_oldest_age_seconds", Kind::gauge, "seconds", "Age of the oldest waiting message; 0: none waits."},
     oldest_age},
    {{"postern_accepted_messages", Kind::counter, "", "Messages taken and stored."}, accepted},
    {{"postern_delivered_recipients", Kind::counter, "", "Recipients that a smarthost accepted."},
     recipients<mail::Verdict::delivered>},
    {{"postern_deferred_recipients", Kind::counter, "", "Attempts after which a recipient waits on."},
     recipients<mail::Verdict::deferred>},
    {{"postern_failed_recipients", Kind::counter, "", "Recipients given up for good."},
     recipients<mail::Verdict::failed>},
    {{"postern_bounced_recipients", Kind::counter, "", "Recipients of whose failure the sender was told."}, bounced},
    {{"postern_uncertain_deliveries", Kind::counter, "", "Attempts whose answer to the end of data was lost."},
     uncertain},
    {{"postern_site_messages", Kind::gauge, "", "Messages by smarthost and state."}, site_messages},
    {{"postern_site_healthy", Kind::gauge, "", "1: no trouble known of the smarthost; 0: its mail waits."},
     site_healthy},
    {{"postern_site_login_paused", Kind::gauge, "", "1: the smarthost refused the login, attempts are paused."},
     site_login_paused},
    {{"postern_site_troubles", Kind::counter, "", "Attempts that ended in trouble of the smarthost, by step."},
     site_troubles},
    {{"postern_site_last_delivery_timestamp_seconds", Kind::gauge, "seconds", "The last delivery, since 1970."},
     site_last_delivery},
    {{"postern_site_certificate_expiry_timestamp_seconds", Kind::gauge, "seconds",
      "When the certificate that the smarthost showed last expires, since 1970."},
     site_certificate},
    {{"postern_delivery_delay_seconds", Kind::histogram, "seconds", "From the acceptance to a recipient's delivery."},
     delivery_delay},
    {{"postern_attempt_duration_seconds", Kind::histogram, "seconds", "How long an attempt with a smarthost took."},
     attempt_duration},
    {{"postern_commit_duration_seconds", Kind::histogram, "seconds", "How long storing a message durably took."},
     commit_duration},
    {{"postern_spool_free_bytes", Kind::gauge, "bytes", "Free on the spool's disk for the daemon."}, free_bytes},
    {{"postern_spool_free_inodes", Kind::gauge, "", "Free inodes on the spool's disk."}, free_inodes},
};

}  // namespace

Meters::OfSite::OfSite() : attempt(kAttemptBounds), waited(kWaitedBounds) {}

Meters::Meters(Clock& clock) : clock_(clock), commits_(kCommitBounds) {}

void Meters::stored(SteadyTime::duration took) { commits_.observe(seconds(took)); }

void Meters::attempted(const std::string& site, Milliseconds took, const mail::DeliveryReport& report) {
  OfSite& of_site = sites_[site];
  of_site.attempt.observe(seconds(took));
  if (report.uncertain) ++of_site.uncertain;
  if (report.site) ++of_site.troubles[static_cast<std::size_t>(report.site->step)];
  if (const auto expires = parse_rfc3339(report.certificate_expires)) of_site.certificate_expires = expires;
}

void Meters::verdict(const std::string& site, mail::Verdict verdict, Milliseconds waited) {
  OfSite& of_site = sites_[site];
  ++of_site.recipients[static_cast<std::size_t>(verdict)];
  if (verdict == mail::Verdict::delivered) of_site.waited.observe(seconds(waited));
  activity_.count(verdict, waited, clock_.wall());
}

std::string Meters::text(const Snapshot& snapshot, Format format) {
  for (const queue::SiteStatus& site : snapshot.sites) sites_.try_emplace(site.name);
  Page page(format);
  const Figures source{*this, snapshot};
  for (const Row& row : kRows) {
    page.family(row.family);
    row.fill(source, page);
  }
  return page.take();
}

}  // namespace postern::metrics
