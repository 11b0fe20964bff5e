#include "app/smarthosts.h"

#include "app/login_client.h"
#include "app/tls_files.h"
#include "credentials/login.h"
#include "relay/sender_policy.h"
#include "settings/own_sender.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace postern::app {
namespace {

/// A relay that is no longer wanted: what it has under way may end, however slow the line, since a transfer cut off
/// would be made a second time.
constexpr Seconds kRetirement{3600};

Task<void> close_relay(std::shared_ptr<relay::Relay> relay, Seconds grace) { co_await relay->close(grace); }

mail::SiteTrouble unknown_site(const std::string& name) {
  mail::SiteTrouble trouble;
  trouble.failure = Failure::not_found;
  trouble.text = "no smarthost is named " + name;
  return trouble;
}

mail::CheckReport report_of_unknown(const std::string& name) {
  mail::CheckReport report;
  report.site = name;
  report.trouble = unknown_site(name);
  return report;
}

}  // namespace

void Smarthosts::configure(const settings::Settings& settings) {
  std::vector<Site> wanted;
  for (const settings::Smarthost& smarthost : settings.smarthosts) {
    const OurNames names = our_names(settings, smarthost);
    std::string warning = settings::no_own_sender(settings, smarthost);
    const auto old = std::ranges::find_if(
        sites_, [&](const Site& site) { return site.smarthost == smarthost && site.names == names; });
    if (old != sites_.end()) {
      old->relay->refresh();
      old->warning = std::move(warning);
      wanted.push_back(std::move(*old));
      sites_.erase(old);
      continue;
    }
    std::shared_ptr<relay::Relay> relay = make_(smarthost, names);
    wanted.push_back(Site{smarthost, names, ++made_, std::move(relay), std::move(warning)});
  }
  std::erase_if(retired_, [](const auto& relay) { return relay.expired(); });
  for (const Site& site : sites_) {
    retired_.emplace_back(site.relay);
    spawn(loop_, close_relay(site.relay, kRetirement), "retire " + site.smarthost.name);
  }
  sites_ = std::move(wanted);
}

const Smarthosts::Site* Smarthosts::find(const std::string& name) const {
  const auto site = std::ranges::find_if(sites_, [&](const Site& each) { return each.smarthost.name == name; });
  return site == sites_.end() ? nullptr : &*site;
}

std::vector<std::string> Smarthosts::names() const {
  std::vector<std::string> out;
  out.reserve(sites_.size());
  for (const Site& site : sites_) out.push_back(site.smarthost.name);
  return out;
}

std::vector<queue::SiteConfig> Smarthosts::configs() const {
  std::vector<queue::SiteConfig> out;
  out.reserve(sites_.size());
  for (const Site& site : sites_)
    out.push_back(queue::SiteConfig{site.smarthost.name, static_cast<const queue::SiteOptions&>(site.smarthost),
                                    site.generation});
  return out;
}

Task<mail::DeliveryReport> Smarthosts::deliver(mail::Message& message, std::string site) {
  const Site* found = find(site);
  if (found == nullptr) {
    mail::DeliveryReport report;
    report.recipients.resize(message.pending().size());
    report.site = unknown_site(site);
    co_return report;
  }
  // Held here, so that a reload in mid-delivery does not take the relay away.
  const std::shared_ptr<relay::Relay> relay = found->relay;
  co_return co_await relay->deliver(message);
}

mail::CheckReport Smarthosts::explain(const std::string& site) const {
  const Site* found = find(site);
  return found == nullptr ? report_of_unknown(site) : found->relay->explain();
}

std::optional<WallTime> Smarthosts::silent_since(const std::string& site) const {
  const Site* found = find(site);
  const std::optional<SteadyTime> since = found == nullptr ? std::nullopt : found->relay->silent_since();
  if (!since) return std::nullopt;
  const Clock& clock = system_clock();
  return clock.wall() - std::chrono::duration_cast<Milliseconds>(clock.steady() - *since);
}

std::optional<std::uint64_t> Smarthosts::generation(const std::string& site) const {
  const Site* found = find(site);
  return found == nullptr ? std::nullopt : std::optional(found->generation);
}

bool Smarthosts::tried_at_start(const std::string& site) const {
  const Site* found = find(site);
  return found != nullptr && found->smarthost.try_at_start;
}

control::SentAs Smarthosts::sent_as(const std::string& site, const std::string& sender,
                                    const std::string& fields) const {
  const Site* found = find(site);
  if (found == nullptr) return {"keep", sender, fields};
  const relay::SenderPolicyOptions& from = found->smarthost.from;
  const relay::SenderPolicy policy(from, found->names.machine);
  return {std::string(relay::name(from.policy)), policy.reverse_path(sender), policy.edit(fields)};
}

Task<mail::CheckReport> Smarthosts::check(std::string site, mail::CheckOptions options) {
  const Site* found = find(site);
  if (found == nullptr) co_return report_of_unknown(site);
  const std::shared_ptr<relay::Relay> relay = found->relay;
  const std::string warning = found->warning;
  std::vector<std::string> weak = weak_tls(found->smarthost);
  mail::CheckReport report = co_await relay->check(options);
  if (!warning.empty()) report.warnings.push_back(warning);
  std::ranges::move(weak, std::back_inserter(report.warnings));
  co_return report;
}

Task<Result<void>> Smarthosts::login(std::string site, LoginFlow flow, LoginTalk talk) {
  const Site* found = find(site);
  if (found == nullptr) co_return Error{Failure::not_found, "no smarthost is named " + site};
  Result<credentials::OAuth2> client = login_client(found->smarthost);
  if (!client) co_return client.error();
  talk.party = party_;
  co_return co_await credentials::login(loop_, std::move(*client), blocking_, flow, std::move(talk));
}

Task<void> Smarthosts::close(Seconds grace) {
  // All at once: the graces do not add up.
  std::vector<std::shared_ptr<relay::Relay>> relays;
  relays.reserve(sites_.size() + retired_.size());
  for (const Site& site : sites_) relays.push_back(site.relay);
  for (const auto& retired : retired_) {
    if (auto relay = retired.lock()) relays.push_back(std::move(relay));
  }
  std::size_t open = relays.size();
  boost::asio::steady_timer all_closed(loop_, boost::asio::steady_timer::time_point::max());
  const auto closed = [&open, &all_closed] {
    if (--open == 0) all_closed.cancel();
  };
  for (const auto& relay : relays) spawn(loop_, close_relay(relay, grace), "close smarthost", closed);
  if (open > 0) co_await all_closed.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace postern::app
