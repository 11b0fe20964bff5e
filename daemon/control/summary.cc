#include "control/summary.h"

#include "base/zone.h"
#include "control/exits.h"
#include "control/site_findings.h"
#include "mail/list_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace postern::control {
namespace {

constexpr std::string_view kNothing = "nothing waits";
/// No machine ran this program before; one without a battery begins in 1970.
constexpr WallTime kEarliest = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);
constexpr Seconds kClockMayDiffer{300};

using mail::clock_time;
using mail::messages;

std::string_view verb(std::size_t count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

/// Where there is no smarthost; empty: none.
std::string held_messages(const queue::Totals& totals) {
  const std::size_t kept = totals.waiting + totals.active + totals.storm + totals.held;
  return kept == 0 ? std::string() : fmt::format("{} {} held", messages(kept), verb(kept, "is", "are"));
}

Finding unconfigured(const queue::Totals& totals, const std::string& config_file) {
  const std::string advice = "run postern setup, or add one to " + config_file;
  const std::string held = held_messages(totals);
  return {exits::kTrouble, "no smarthost is configured" + (held.empty() ? held : ": " + held), advice};
}

/// What mail needs ends soon, or has: it is renewed well before, by whoever does that at all.
void add_end(Summary& summary, const std::string& what, std::optional<WallTime> ends, std::string advice,
             std::chrono::days near, WallTime now) {
  if (!ends || *ends - now > near) return;
  const std::string when = clock_time(*ends, now);
  std::string text = *ends > now ? fmt::format("{} ends {}: mail will wait from then on", what, when)
                                 : fmt::format("{} ended {}", what, when);
  summary.findings.push_back({exits::kTrouble, std::move(text), std::move(advice)});
  summary.well = false;
}

/// What to do where nobody can connect to an address; empty: the words say it, or nobody knows.
std::string advice_of_door(std::string_view complaint) {
  if (complaint.find(" connect to /") != std::string_view::npos) return {};
  if (complaint.ends_with("Address already in use")) {
    return "`ss -ltnp` shows which program listens there, perhaps another mail server: end it, or choose another "
           "address";
  }
  if (complaint.ends_with("Cannot assign requested address")) {
    return "`ip address` shows the addresses of this machine: choose one of them";
  }
  return {};
}

}  // namespace

int Summary::level() const {
  int worst = exits::kWell;
  for (const Finding& finding : findings) worst = std::max(worst, finding.level);
  return worst;
}

Summary sum_up(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites, const std::string& config_file,
               WallTime now, Settings settings) {
  Summary summary;
  const auto add = [&summary](int level, std::string text, std::string advice = {}) {
    summary.findings.push_back({level, std::move(text), std::move(advice)});
  };
  if (sites.empty() && settings == Settings::wrong) {
    if (std::string held = held_messages(totals); !held.empty()) add(exits::kTrouble, std::move(held));
  } else if (sites.empty()) {
    summary.findings.push_back(unconfigured(totals, config_file));
  } else {
    summary.findings = site_findings(totals, sites, now);
    if (totals.doubtful > 0) {
      add(exits::kTrouble,
          fmt::format("{} {} refused, perhaps for the account's sake", messages(totals.doubtful),
                      verb(totals.doubtful, "was", "were")),
          fmt::format("`postern queue list --state waiting` shows {} and why", verb(totals.doubtful, "it", "them")));
    }
    if (totals.uncertain > 0) {
      add(exits::kWell, fmt::format("{} of those that wait may have arrived already", totals.uncertain));
    }
    if (totals.owed > 0) {
      add(exits::kWell, fmt::format("of {} the {} still to be told", messages(totals.owed),
                                    totals.owed == 1 ? "sender is" : "senders are"));
    }
    if (totals.storm > 0) {
      add(exits::kWell, mail::waits_in_storms(totals.storm, totals.storm_until, now));
    }
    if (totals.held > 0) {
      add(exits::kWell, fmt::format("{} {} on hold", messages(totals.held), verb(totals.held, "is", "are")));
    }
  }
  if (totals.failed > 0) {
    add(exits::kAttention, messages(totals.failed) + " failed for good",
        "`postern queue list --state failed` shows why");
  }
  if (totals.corrupt > 0) {
    add(exits::kAttention, fmt::format("{} {} damaged", messages(totals.corrupt), verb(totals.corrupt, "is", "are")),
        fmt::format("`postern queue list --state corrupt` shows {}", verb(totals.corrupt, "it", "them")));
  }
  if (summary.findings.empty()) {
    add(exits::kWell, std::string(kNothing));
    const auto untried = std::ranges::find(sites, false, &queue::SiteStatus::tried);
    summary.well = untried == sites.end() && settings == Settings::read;
    if (untried == sites.end()) return summary;
    add(exits::kWell, untried->name + " was not tried since the start", "`postern check` tries it");
    return summary;
  }
  const bool troubled = std::ranges::any_of(
      sites, [](const queue::SiteStatus& site) { return site.trouble.has_value() || !site.senders.empty(); });
  summary.well = summary.level() == exits::kWell && summary.findings.size() == 1 && !sites.empty() && !troubled &&
                 totals.waiting == 0 && totals.active > 0 && std::ranges::all_of(sites, &queue::SiteStatus::tried);
  return summary;
}

std::vector<Finding> in_order(const Summary& summary) {
  const bool all_well = summary.level() == exits::kWell;
  std::vector<Finding> findings;
  findings.reserve(summary.findings.size());
  for (int level = exits::kAttention; level >= exits::kWell; --level) {
    std::ranges::copy_if(summary.findings, std::back_inserter(findings),
                         [&](const Finding& one) { return one.level == level && (all_well || one.text != kNothing); });
  }
  if (summary.well && !findings.empty()) findings.front().text.insert(0, "all is well: ");
  return findings;
}

std::string verdict(const Summary& summary) {
  std::string text;
  for (const Finding& finding : in_order(summary)) {
    text.append(text.empty() ? "" : "; ").append(finding.text);
    if (!finding.advice.empty()) text.append("; what to do: ").append(finding.advice);
  }
  return text;
}

void add_silence(Summary& summary, const std::string& site, WallTime since, WallTime now) {
  const Seconds silent = std::chrono::floor<Seconds>(now - since);
  if (silent < kSilence) return;
  std::string text =
      fmt::format("{} is tried since {}, and has said nothing for {}", site, clock_time(since, now), to_words(silent));
  summary.findings.insert(summary.findings.begin(), Finding{exits::kWell, std::move(text), {}});
  summary.well = false;
}

void add_certificate(Summary& summary, const std::string& site, const std::string& expires, WallTime now) {
  add_end(summary, "the certificate of " + site, parse_rfc3339(expires), "ask who runs that server to renew it",
          kServerNearItsEnd, now);
}

void add_own_certificate(Summary& summary, const std::string& site, const std::string& expires, WallTime now) {
  add_end(summary, "our certificate for " + site, parse_rfc3339(expires),
          "renew the file of client_certificate; it is read again by itself", kNearItsEnd, now);
}

void add_login_end(Summary& summary, const std::string& site, std::optional<WallTime> ends, WallTime now) {
  add_end(summary, "the login at " + site, ends, fmt::format("run `postern login {}`", site), kNearItsEnd, now);
}

void add_clock(Summary& summary, std::optional<WallTime> latest, WallTime now) {
  const bool ancient = now < kEarliest;
  const bool went_back = latest && *latest - now > kClockMayDiffer;
  if (!ancient && !went_back) return;
  std::string text = fmt::format("the clock of this machine is wrong: it says {}", local_text(now, "%Y-%m-%d %H:%M"));
  if (!ancient) text += ", and mail was accepted after that";
  summary.findings.push_back({exits::kTrouble, std::move(text), "set it (timedatectl)"});
  summary.well = false;
}

void add_root(Summary& summary, const std::string& roots_mail, const std::string& file) {
  if (roots_mail.empty()) return;
  std::string advice = "name a mailbox in the settings (`aliases: { root: ADDRESS }`)";
  if (!file.empty()) advice += " or in " + file;
  summary.findings.push_back({exits::kWell, roots_mail, std::move(advice)});
  summary.well = false;
}

void add_refusal(Summary& summary, const queue::Refusal& refusal, const std::string& spool, WallTime now) {
  std::string text = fmt::format("new mail is refused since {}: {}", clock_time(refusal.since, now), refusal.why.text);
  summary.findings.insert(summary.findings.begin(),
                          Finding{exits::kAttention, std::move(text), "look at the disk of " + spool});
  summary.well = false;
}

void add_dropped(Summary& summary, const queue::DropState& state, const std::string& spool, WallTime now) {
  if (state.oldest && now - *state.oldest > kLongInDrop) {
    summary.well = false;
    std::string text =
        fmt::format("{} in {}/drop {} not taken up since {}{}: the log says why (\"dropped mail cannot be taken now\")",
                    messages(state.waiting), spool, verb(state.waiting, "is", "are"), clock_time(*state.oldest, now),
                    state.oldest_uid ? fmt::format(", the oldest of uid {}", *state.oldest_uid) : std::string());
    summary.findings.push_back({exits::kTrouble, std::move(text), {}});
  }
  if (state.refused.empty()) return;
  std::size_t files = 0;
  for (const queue::DropState::Refused& one : state.refused) files += one.files;
  summary.well = false;
  summary.findings.push_back({exits::kWell,
                              fmt::format("{} dropped {} no mail and {} kept in {}/refused", files,
                                          files == 1 ? "file was" : "files were", verb(files, "is", "are"), spool),
                              {}});
}

void add_drop_error(Summary& summary, const Error& error, const std::string& spool) {
  summary.well = false;
  summary.findings.push_back(
      {exits::kTrouble,
       fmt::format("{}/drop cannot be looked into, and mail that sendmail left there may wait: {}", spool, error.text),
       fmt::format("look at the disk of {}, and whether the daemon may read the directory", spool)});
}

void add_weaker(Summary& summary, const std::string& site, const std::vector<std::string>& weaker) {
  if (weaker.empty()) return;
  summary.well = false;
  summary.findings.push_back(
      {exits::kTrouble, fmt::format("{} is weaker than before: {}", site, fmt::join(weaker, "; ")),
       fmt::format("ask who runs it, and if the change is meant run `postern check --accept-weaker {}`", site)});
}

void add_complaints(Summary& summary, const std::vector<std::string>& complaints) {
  if (complaints.empty()) return;
  summary.well = false;
  std::vector<Finding> findings;
  findings.reserve(complaints.size());
  for (const std::string& one : complaints) findings.push_back({exits::kTrouble, one, advice_of_door(one)});
  summary.findings.insert(summary.findings.begin(), findings.begin(), findings.end());
}

}  // namespace postern::control
