#include "control/site_findings.h"

#include "control/exits.h"
#include "mail/advice.h"
#include "mail/list_text.h"
#include "mail/wrap.h"
#include "queue/rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace postern::control {
namespace {

using mail::clock_time;
using mail::messages;
using queue::SiteStatus;
using queue::Totals;

/// So many with the same trouble are named.
constexpr std::size_t kMostLike = 3;

std::string waiting(std::size_t count) { return messages(count) + (count == 1 ? " waits" : " wait"); }

std::string waiting_since(const Totals& totals, WallTime now) {
  return waiting(totals.waiting) + (totals.oldest ? " since " + clock_time(*totals.oldest, now) : std::string());
}

/// The messages that wait, of which each is told of once.
class Untold {
 public:
  Untold(const Totals& totals, const std::vector<SiteStatus>& sites)
      : left_(totals.waiting), known_(std::ranges::any_of(sites, [](const SiteStatus& site) {
          return site.waiting > 0 || !site.kept.empty();
        })) {}

  /// What this one keeps of those that are left. Where it is not known what waits for which, the first keeps all.
  std::size_t take(const SiteStatus& site) {
    std::size_t count = known_ ? 0 : left_;
    if (site.kept.empty() && sites_.insert(&site).second) count += site.waiting;
    for (const queue::Kept& one : site.kept) {
      if (ways_.insert(one.way).second) count += one.messages;
    }
    count = std::min(count, left_);
    left_ -= count;
    return count;
  }
  [[nodiscard]] std::size_t left() const { return left_; }
  [[nodiscard]] bool is_known() const { return known_; }

 private:
  std::size_t left_;
  bool known_;
  std::set<std::size_t> ways_;
  std::set<const SiteStatus*> sites_;
};

/// What stands before a reason: so much mail that it keeps. What is just being tried may still meet it.
std::string met_by(std::size_t kept, const Totals& totals, WallTime now) {
  if (kept > 0) return (kept == totals.waiting ? waiting_since(totals, now) : waiting(kept)) + ": ";
  if (totals.waiting > 0) return {};
  if (totals.active == 0) return "nothing waits, but ";
  return fmt::format("{} {} tried again after this: ", messages(totals.active), totals.active == 1 ? "is" : "are");
}

/// While another one is known to be well, one that no mail waits for is in reserve: it is not why mail waits, and the
/// next failure of the other finds nobody to stand in.
bool in_reserve(const SiteStatus& site, const std::vector<SiteStatus>& sites) {
  const bool one_is_well = std::ranges::any_of(sites, [](const SiteStatus& one) { return one.tried && !one.trouble; });
  return one_is_well && site.waiting == 0 && site.kept.empty();
}

// The relay's text names the host as a rule; the name is added where it does not.
std::string trouble_text(const SiteStatus& site) {
  const std::string text = mail::cut(site.trouble->text, mail::kListedWords);
  if (text.find(site.name) != std::string::npos) return text;
  if (site.trouble->login_refused) return fmt::format("{} refuses the login: {}", site.name, text);
  return fmt::format("{}: {}", site.name, text);
}

/// The words without the place that they begin with: "main: ", "mx.example.com[192.0.2.1]:465 ".
std::string_view without_place(std::string_view text) {
  const std::string_view place = text.substr(0, std::min(text.find(' '), text.size()));
  const std::size_t port = place.substr(0, place.find_last_not_of(':') + 1).find_last_not_of("0123456789");
  const bool is_place = place.ends_with(':') || (port != std::string_view::npos && place[port] == ':');
  return is_place ? text.substr(std::min(place.size() + 1, text.size())) : text;
}

/// It is said once, for whichever smarthosts meet it.
bool is_same(const mail::SiteTrouble& one, const mail::SiteTrouble& other) {
  return one.login_refused == other.login_refused && without_place(one.text) == without_place(other.text) &&
         mail::advice(one, {}) == mail::advice(other, {});
}

/// Those in trouble, as they are to be heard of: a refused login first, since it does not mend itself, then where most
/// mail waits.
std::vector<const SiteStatus*> troubled(const std::vector<SiteStatus>& sites) {
  std::vector<const SiteStatus*> found;
  for (const SiteStatus& site : sites) {
    if (site.trouble) found.push_back(&site);
  }
  std::ranges::sort(found, [](const SiteStatus* one, const SiteStatus* other) {
    return std::tuple(!one->trouble->login_refused, other->waiting, one) <
           std::tuple(!other->trouble->login_refused, one->waiting, other);
  });
  return found;
}

std::string likewise(const std::vector<std::string_view>& names) {
  if (names.empty()) return {};
  const std::size_t named = names.size() <= kMostLike ? names.size() : kMostLike - 1;
  std::string text = fmt::format(" (likewise {}", fmt::join(std::span(names).first(named), ", "));
  if (named < names.size()) text += fmt::format(" and {} more", names.size() - named);
  return text + ")";
}

int level_of(const SiteStatus& site, bool reserve, const Totals& totals) {
  if (site.trouble->login_refused) return reserve ? exits::kTrouble : exits::kAttention;
  return totals.waiting > 0 && !reserve ? exits::kTrouble : exits::kWell;
}

/// One for each trouble of those that mail waits for, or of those in reserve.
std::vector<Finding> troubles(const Totals& totals, const std::vector<SiteStatus>& sites, bool reserve, Untold& untold,
                              WallTime now) {
  std::vector<const SiteStatus*> left = troubled(sites);
  std::erase_if(left, [&](const SiteStatus* site) { return in_reserve(*site, sites) != reserve; });
  std::vector<Finding> findings;
  while (!left.empty()) {
    const SiteStatus& first = *left.front();
    std::size_t kept = 0;
    std::vector<std::string_view> others;
    std::erase_if(left, [&](const SiteStatus* site) {
      if (!is_same(*first.trouble, *site->trouble)) return false;
      kept += reserve ? 0 : untold.take(*site);
      if (site != &first) others.push_back(site->name);
      return true;
    });
    const bool begins = findings.empty() && !reserve;
    findings.push_back(
        {level_of(first, reserve, totals),
         (kept > 0 || begins ? met_by(kept, totals, now) : std::string()) + trouble_text(first) + likewise(others),
         mail::advice(*first.trouble, first.name)});
  }
  return findings;
}

/// A limit of the operator's own choice is no trouble, unless mail waits long for it.
std::vector<Finding> limits(const Totals& totals, const std::vector<SiteStatus>& sites, Untold& untold, WallTime now) {
  std::vector<Finding> findings;
  for (const SiteStatus& site : sites) {
    if (site.trouble || !site.limited || (site.waiting == 0 && site.kept.empty()) || totals.waiting == 0) continue;
    findings.push_back({totals.oldest_age > kLongWait ? exits::kTrouble : exits::kWell,
                        fmt::format("{}{} {} until {}", met_by(untold.take(site), totals, now), site.name,
                                    queue::wait_words(site.limited->limit), clock_time(site.limited->until, now)),
                        {}});
  }
  return findings;
}

/// Whose mail is not taken by a smarthost that takes that of others; the one to hear of has advice.
Finding refused_senders(const std::vector<SiteStatus>& sites) {
  std::size_t count = 0;
  std::string text;
  std::string advice;
  for (const SiteStatus& site : sites) {
    for (const queue::SenderStatus& one : site.senders) {
      ++count;
      std::string known = mail::advice(one.trouble, site.name);
      if (!text.empty() && (known.empty() || !advice.empty())) continue;
      text = one.sender.empty() ? site.name + " does not take mail of some sender"
                                : fmt::format("{} does not take mail of {}: {}", site.name, one.sender,
                                              mail::cut(one.trouble.text, mail::kListedWords));
      advice = std::move(known);
    }
  }
  if (count > 1) text += fmt::format(" (and of {} more {})", count - 1, count == 2 ? "sender" : "senders");
  return {exits::kWell, std::move(text), std::move(advice)};
}

void add_senders(std::vector<Finding>& findings, const Totals& totals, const std::vector<SiteStatus>& sites,
                 Untold& untold, WallTime now) {
  Finding found = refused_senders(sites);
  if (found.text.empty()) return;
  std::size_t kept = 0;
  bool waits = false;
  for (const SiteStatus& site : sites) {
    // What waits for such a site without being kept there is of other senders.
    if (site.senders.empty() || (untold.is_known() && site.kept.empty())) continue;
    kept += untold.take(site);
    waits = totals.waiting > 0;
  }
  if (waits) found.level = exits::kTrouble;
  if (kept > 0 || findings.empty()) found.text.insert(0, met_by(kept, totals, now));
  findings.push_back(std::move(found));
}

/// What waits for no smarthost in particular, or is under way.
Finding rest(const Totals& totals, std::size_t left, WallTime now) {
  if (left > 0 && left < totals.waiting) {
    return {exits::kWell, fmt::format("{} more {} for the next attempt", left, left == 1 ? "waits" : "wait"), {}};
  }
  if (left > 0 && totals.oldest_age > kLongWait) {
    return {exits::kTrouble, waiting_since(totals, now), "`postern queue list` shows the reasons"};
  }
  if (left > 0) return {exits::kWell, waiting(left) + " for the next attempt", {}};
  return {};
}

}  // namespace

std::vector<Finding> site_findings(const Totals& totals, const std::vector<SiteStatus>& sites, WallTime now) {
  Untold untold(totals, sites);
  std::vector<Finding> findings = troubles(totals, sites, false, untold, now);
  add_senders(findings, totals, sites, untold, now);
  for (Finding& found : limits(totals, sites, untold, now)) findings.push_back(std::move(found));
  if (Finding found = rest(totals, untold.left(), now); !found.text.empty()) findings.push_back(std::move(found));
  if (findings.empty() && totals.active > 0) {
    findings.push_back(
        {exits::kWell,
         fmt::format("{} {} being delivered", messages(totals.active), totals.active == 1 ? "is" : "are"),
         {}});
  }
  for (Finding& found : troubles(totals, sites, true, untold, now)) {
    if (findings.empty()) found.text.insert(0, "nothing waits, but ");
    findings.push_back(std::move(found));
  }
  return findings;
}

}  // namespace postern::control
