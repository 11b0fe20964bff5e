#include "queue/rates.h"

#include "base/log.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace postern::queue {
namespace {

constexpr std::string_view kFirstLine = "postern-rates 1\n";
constexpr std::string_view kName = " site=";

/// So many of the recipients, and whether the message, the server was asked to take.
struct Offered {
  std::size_t messages = 0;
  std::size_t recipients = 0;
};

Offered offered(const mail::DeliveryReport& report, std::size_t recipients) {
  const bool begun = !report.site || report.site->step >= mail::Step::mail;
  if (report.uncertain || report.sender || (report.site && begun)) return {1, recipients};
  const auto answered = static_cast<std::size_t>(
      std::ranges::count_if(report.recipients, [](const auto& status) { return status.has_value(); }));
  return {answered > 0 ? std::size_t{1} : std::size_t{0}, std::min(answered, recipients)};
}

}  // namespace

void Rates::keep_in(const Executor& loop, RateKeeper& keeper) {
  keeper_ = &keeper;
  timer_ = std::make_unique<boost::asio::steady_timer>(loop);
  if (const std::string text = keeper.read(); !text.empty()) take_up(text);
}

void Rates::stop() {
  if (std::exchange(*armed_, false)) keeper_->keep(text());
  if (timer_) timer_->cancel();
  keeper_ = nullptr;
}

void Rates::configure(const std::vector<SiteConfig>& sites) {
  std::map<std::string, RateLimits> before;
  for (auto& [name, site] : sites_) before[name] = std::exchange(site.limits, {});
  for (const SiteConfig& config : sites) {
    if (Site* site = make(config.name)) site->limits = config.options.rate;
  }
  for (auto& [name, site] : sites_) {
    if (site.limits != before[name]) site.rate.forget_turns();
  }
  const WallTime now = clock_.wall();
  std::erase_if(sites_, [&](const auto& one) {
    const auto named = [&](const SiteConfig& config) { return config.name == one.first; };
    return one.second.rate.empty(now) && std::ranges::none_of(sites, named);
  });
}

const Rates::Site* Rates::find(const std::string& name) const {
  const auto found = sites_.find(name);
  return found == sites_.end() ? nullptr : &found->second;
}

Rates::Site* Rates::make(const std::string& name) {
  const auto found = sites_.find(name);
  if (found != sites_.end()) return &found->second;
  return sites_.size() < kMostNames ? &sites_[name] : nullptr;
}

std::optional<Rate::Wait> Rates::closed(const std::string& site) const {
  const Site* found = find(site);
  return found == nullptr ? std::nullopt : found->rate.closed(found->limits, clock_.wall());
}

std::optional<Rate::Wait> Rates::wait(const std::string& site, const Rate::Load& load) const {
  const Site* found = find(site);
  if (found == nullptr) return std::nullopt;
  const WallTime now = clock_.wall();
  const auto closed = found->rate.closed(found->limits, now);
  return closed ? closed : found->rate.wait(found->limits, load, now);
}

bool Rates::is_long(const std::optional<Rate::Wait>& wait) const {
  return wait && wait->limit.per != RateLimit::Per::minute && wait->until - clock_.wall() > kLong;
}

bool Rates::closed_for_long(const std::string& site) const { return is_long(closed(site)); }

bool Rates::holds_for_long(const std::string& site, const Rate::Load& load) const { return is_long(wait(site, load)); }

std::size_t Rates::part(const std::string& site, const QueueId& id, const Rate::Load& load) const {
  const Site* found = find(site);
  return found == nullptr ? load.recipients : found->rate.part(found->limits, id, load, clock_.wall());
}

void Rates::forget(const std::function<bool(const QueueId&)>& is_gone) {
  for (auto& [name, site] : sites_) site.rate.forget(is_gone);
}

std::optional<Rate::Wait> Rates::take(const std::string& site, const QueueId& id, const Rate::Load& load) {
  Site* found = make(site);
  if (found == nullptr) return std::nullopt;
  const auto wait = found->rate.take(found->limits, id, load, clock_.wall());
  if (!wait && !found->limits.empty()) changed();
  return wait;
}

void Rates::ended(const std::string& site, const mail::DeliveryReport& report, std::size_t recipients) {
  const auto found = sites_.find(site);
  if (found == sites_.end()) return;
  const Offered asked = offered(report, recipients);
  if (asked.messages == 1 && asked.recipients == recipients && report.transactions <= 1) return;
  Rate& rate = found->second.rate;
  rate.give_back(1 - asked.messages, recipients - asked.recipients);
  if (asked.messages == 1 && report.transactions > 1) rate.count(report.transactions - 1, 0, clock_.wall());
  if (!found->second.limits.empty()) changed();
}

void Rates::clock_jumped(Milliseconds jump) {
  bool moved = false;
  for (auto& [name, site] : sites_) {
    const bool limited = !site.limits.empty();
    moved = (site.rate.clock_jumped(jump) && limited) || moved;
  }
  if (moved) changed();
}

std::optional<SteadyTime> Rates::wake() const {
  const WallTime wall = clock_.wall();
  std::optional<Milliseconds> first;
  for (const auto& [name, site] : sites_) {
    const auto wait = site.rate.closed(site.limits, wall);
    if (wait) first = std::min(first.value_or(Milliseconds::max()), wait->until - wall);
  }
  return first ? std::optional(clock_.steady() + *first) : std::nullopt;
}

std::string Rates::text() const {
  std::string text(kFirstLine);
  const WallTime now = clock_.wall();
  for (const auto& [name, site] : sites_) {
    if (!site.rate.empty(now)) text += site.rate.lines(std::string(kName) + name + "\n");
  }
  return text;
}

/// Lines that are damaged, or of a newer version, are left out: a limit is then met by the server's word.
void Rates::take_up(const std::string& text) {
  std::string_view rest = text;
  bool well = rest.starts_with(kFirstLine);
  rest.remove_prefix(well ? kFirstLine.size() : rest.size());
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t name = line.find(kName);
    Site* site = name == std::string_view::npos ? nullptr : make(std::string(line.substr(name + kName.size())));
    well = site != nullptr && site->rate.add_line(line.substr(0, name)) && well;
  }
  if (!well) log(Level::warning, "what was noted of the rates of smarthosts cannot all be read; it counts as nothing");
}

/// In batches: never in the way of an attempt, and many messages make one write.
void Rates::changed() {
  if (keeper_ == nullptr || std::exchange(*armed_, true)) return;
  timer_->expires_after(kWritten);
  timer_->async_wait([this, armed = std::weak_ptr<bool>(armed_)](const boost::system::error_code& error) {
    const std::shared_ptr<bool> still = armed.lock();
    if (error || !still || !std::exchange(*still, false)) return;
    keeper_->keep(text());
  });
}

}  // namespace postern::queue
