#include "control/summary.h"

#include "base/zone.h"
#include "control/exits.h"
#include "mail/advice.h"
#include "mail/wrap.h"
#include "queue/rate.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::control {
namespace {

std::string_view verb(std::size_t count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

std::string waiting_since(const queue::Totals& totals, WallTime now) {
  std::string text = fmt::format("{} {}", messages(totals.waiting), verb(totals.waiting, "waits", "wait"));
  if (totals.oldest) text += " since " + clock_time(*totals.oldest, now);
  return text;
}

// The relay's text names the host as a rule; the name is added where it does not.
std::string trouble_text(const queue::SiteStatus& site) {
  const std::string text = mail::cut(site.trouble->text, kListedWords);
  if (text.find(site.name) != std::string::npos) return text;
  if (site.trouble->login_refused) return fmt::format("{} refuses the login: {}", site.name, text);
  return fmt::format("{}: {}", site.name, text);
}

// Nothing mends a refused login but a person, who is told how at once; and so it is with what else a server says, where
// there is something to do about it.
std::string with_advice(std::string text, const queue::SiteStatus& site) {
  if (!site.trouble->login_refused && site.trouble->code == 0) return text;
  const std::string advice = mail::advice(*site.trouble, site.name);
  return advice.empty() ? text : text + "; what to do: " + advice;
}

struct Clause {
  int exit = 0;
  std::string text;
};

Clause unconfigured(const queue::Totals& totals, const std::string& config_file) {
  const std::size_t kept = totals.waiting + totals.active + totals.held;
  if (kept == 0)
    return {exits::kTrouble, "no smarthost is configured: run postern setup, or add one to " + config_file};
  return {exits::kTrouble, fmt::format("no smarthost is configured: {} {} held; run postern setup, or add one to {}",
                                       messages(kept), verb(kept, "is", "are"), config_file)};
}

// Among several smarthosts the refused login is the one to hear of: it does not mend itself. While another one is well,
// one that no mail waits for is in reserve: it is not why mail waits.
const queue::SiteStatus* worst(const std::vector<queue::SiteStatus>& sites, bool in_reserve) {
  const bool one_is_well = std::ranges::any_of(sites, [](const queue::SiteStatus& site) { return !site.trouble; });
  const queue::SiteStatus* found = nullptr;
  for (const queue::SiteStatus& site : sites) {
    const bool reserve = one_is_well && site.waiting == 0;
    if (!site.trouble || reserve != in_reserve) continue;
    if (site.trouble->login_refused) return &site;
    if (found == nullptr || site.waiting > found->waiting) found = &site;
  }
  return found;
}

// A smarthost in trouble that no mail waits for: the next failure of the one that is well finds nobody to stand in.
Clause reserve(const std::vector<queue::SiteStatus>& sites) {
  const queue::SiteStatus* site = worst(sites, true);
  if (site == nullptr) return {};
  return {site->trouble->login_refused ? exits::kTrouble : exits::kWell, with_advice(trouble_text(*site), *site)};
}

/// A limit of the operator's own choice is no trouble, unless mail waits long for it.
Clause limited(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites, WallTime now) {
  const auto site = std::ranges::find_if(
      sites, [](const queue::SiteStatus& one) { return !one.trouble && one.limited && one.waiting > 0; });
  if (site == sites.end() || totals.waiting == 0) return {};
  const int exit = totals.oldest_age > kLongWait ? exits::kTrouble : exits::kWell;
  return {exit, fmt::format("{}: {} {} until {}", waiting_since(totals, now), site->name,
                            queue::wait_words(site->limited->limit), clock_time(site->limited->until, now))};
}

/// Whose mail is not taken by a smarthost that takes that of others; the one to hear of has advice.
std::string senders_text(const std::vector<queue::SiteStatus>& sites) {
  std::size_t count = 0;
  std::string text;
  std::string advice;
  for (const queue::SiteStatus& site : sites) {
    for (const queue::SenderStatus& one : site.senders) {
      ++count;
      std::string known = mail::advice(one.trouble, site.name);
      if (!text.empty() && (known.empty() || !advice.empty())) continue;
      text = one.sender.empty()
                 ? site.name + " does not take mail of some sender"
                 : fmt::format("{} does not take mail of {}: {}", site.name, one.sender, one.trouble.text);
      advice = std::move(known);
    }
  }
  if (count > 1) text += fmt::format(" (and of {} more {})", count - 1, count == 2 ? "sender" : "senders");
  return advice.empty() ? text : text + "; what to do: " + advice;
}

Clause flow(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites, WallTime now) {
  if (const queue::SiteStatus* site = worst(sites, false)) {
    const int exit = site->trouble->login_refused ? exits::kAttention
                     : totals.waiting > 0         ? exits::kTrouble
                                                  : exits::kWell;
    const std::string before = totals.waiting > 0 ? waiting_since(totals, now) : "nothing waits, but";
    return {exit, with_advice(before + (totals.waiting > 0 ? ": " : " ") + trouble_text(*site), *site)};
  }
  if (std::string text = senders_text(sites); !text.empty()) {
    return {totals.waiting > 0 ? exits::kTrouble : exits::kWell,
            (totals.waiting > 0 ? waiting_since(totals, now) + ": " : "nothing waits, but ") + text};
  }
  if (Clause clause = limited(totals, sites, now); !clause.text.empty()) return clause;
  if (totals.waiting > 0 && totals.oldest_age > kLongWait) {
    return {exits::kTrouble, waiting_since(totals, now) + ": `postern queue list` shows the reasons"};
  }
  if (totals.waiting > 0) {
    return {exits::kWell,
            fmt::format("{} {} for the next attempt", messages(totals.waiting), verb(totals.waiting, "waits", "wait"))};
  }
  if (totals.active > 0) {
    return {exits::kWell,
            fmt::format("{} {} being delivered", messages(totals.active), verb(totals.active, "is", "are"))};
  }
  return {};
}

}  // namespace

std::string messages(std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "message" : "messages"); }

std::string clock_time(WallTime time, WallTime now) {
  const bool today = local_text(time, "%F") == local_text(now, "%F");
  return local_text(time, today ? "%H:%M" : "%b %e %H:%M");
}

Summary sum_up(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites, const std::string& config_file,
               WallTime now) {
  std::vector<Clause> clauses;
  if (sites.empty()) {
    clauses.push_back(unconfigured(totals, config_file));
  } else {
    if (Clause clause = flow(totals, sites, now); !clause.text.empty()) clauses.push_back(std::move(clause));
    if (Clause clause = reserve(sites); !clause.text.empty()) {
      if (clauses.empty()) clause.text.insert(0, "nothing waits, but ");
      clauses.push_back(std::move(clause));
    }
    if (totals.doubtful > 0) {
      clauses.push_back({exits::kTrouble,
                         fmt::format("{} {} refused, perhaps for the account's sake: `postern queue show` tells more",
                                     messages(totals.doubtful), verb(totals.doubtful, "was", "were"))});
    }
    if (totals.uncertain > 0) {
      clauses.push_back(
          {exits::kWell, fmt::format("{} of those that wait may have arrived already", totals.uncertain)});
    }
    if (totals.owed > 0) {
      clauses.push_back({exits::kWell, fmt::format("of {} the {} still to be told", messages(totals.owed),
                                                   totals.owed == 1 ? "sender is" : "senders are")});
    }
    if (totals.held > 0) {
      clauses.push_back(
          {exits::kWell, fmt::format("{} {} on hold", messages(totals.held), verb(totals.held, "is", "are"))});
    }
  }
  if (totals.failed > 0) {
    clauses.push_back({exits::kAttention, messages(totals.failed) + " failed for good: see `postern queue list`"});
  }
  if (totals.corrupt > 0) {
    clauses.push_back({exits::kAttention, fmt::format("{} {} damaged: see `postern queue list`",
                                                      messages(totals.corrupt), verb(totals.corrupt, "is", "are"))});
  }
  Summary summary;
  if (clauses.empty()) {
    summary.text = "nothing waits";
    summary.well = std::ranges::any_of(sites, &queue::SiteStatus::tried);
    if (!summary.well)
      summary.text += fmt::format("; {} was not tried yet: `postern check` does it", sites.front().name);
    return summary;
  }
  for (const Clause& clause : clauses) {
    summary.exit = std::max(summary.exit, clause.exit);
    summary.text += (summary.text.empty() ? "" : "; ") + clause.text;
  }
  summary.well =
      summary.exit == exits::kWell && clauses.size() == 1 && !sites.empty() && totals.waiting == 0 && totals.active > 0;
  return summary;
}

std::string first_line(const Summary& summary) { return (summary.well ? "all is well: " : "") + summary.text; }

void add_refusal(Summary& summary, const queue::Refusal& refusal, const std::string& spool, WallTime now) {
  summary.exit = exits::kAttention;
  summary.well = false;
  summary.text = fmt::format("new mail is refused since {}: {}; look at the disk of {}. {}",
                             clock_time(refusal.since, now), refusal.why.text, spool, summary.text);
}

void add_dropped(Summary& summary, const queue::DropState& state, const std::string& spool, WallTime now) {
  if (state.oldest && now - *state.oldest > kLongInDrop) {
    summary.exit = std::max(summary.exit, exits::kTrouble);
    summary.well = false;
    summary.text += fmt::format(
        "; {} in {}/drop {} not taken up since {}{}: the log says why (\"dropped mail cannot be taken now\")",
        messages(state.waiting), spool, verb(state.waiting, "is", "are"), clock_time(*state.oldest, now),
        state.oldest_uid ? fmt::format(", the oldest of uid {}", *state.oldest_uid) : std::string());
  }
  if (state.refused.empty()) return;
  std::size_t files = 0;
  for (const queue::DropState::Refused& one : state.refused) files += one.files;
  summary.well = false;
  summary.text += fmt::format("; {} dropped {} no mail and {} kept in {}/refused", files,
                              files == 1 ? "file was" : "files were", verb(files, "is", "are"), spool);
}

void add_weaker(Summary& summary, const std::string& site, const std::vector<std::string>& weaker) {
  if (weaker.empty()) return;
  summary.exit = std::max(summary.exit, exits::kTrouble);
  summary.well = false;
  summary.text += fmt::format(
      "; {0} is weaker than before: {1}; ask who runs it, and if the change is meant run `postern check "
      "--accept-weaker {0}`",
      site, fmt::join(weaker, "; "));
}

void add_complaints(Summary& summary, const std::vector<std::string>& complaints) {
  if (complaints.empty()) return;
  summary.exit = std::max(summary.exit, exits::kTrouble);
  summary.well = false;
  summary.text = fmt::format("{}; {}", fmt::join(complaints, "; "), summary.text);
}

}  // namespace postern::control
