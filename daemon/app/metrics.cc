#include "app/metrics.h"

#include "net/own_addresses.h"

#include <optional>
#include <utility>

namespace postern::app {

void Metrics::show(queue::Queue& queue, spool::Spool& spool) {
  queue_ = &queue;
  spool_ = &spool;
}

void Metrics::show_browsers(std::shared_ptr<control::Context> context, AskHistory history) {
  browsers_ = std::make_unique<BrowserViews>(loop_, std::move(context), std::move(history));
}

Task<metrics::Views> Metrics::views() {
  const WallTime now = system_clock().wall();
  // The clock may have been set since the start.
  const WallTime begun = now - std::chrono::floor<Milliseconds>(system_clock().steady() - begun_);
  return browsers_->make(meters_.activity().day(now), begun, shown_);
}

Task<Result<std::string>> Metrics::page(std::string format) {
  const auto known = metrics::format_named(format);
  if (!known) co_return Error{Failure::invalid, "the formats of metrics are openmetrics and prometheus, not " + format};
  co_return co_await text(*known);
}

Task<Result<spool::Space>> Metrics::space() {
  auto job = [spool = spool_] { return spool->space(); };
  co_return co_await pool_.run(spool::Priority::background, std::move(job));
}

Task<std::string> Metrics::text(metrics::Format format) {
  space_.ask(space());
  const std::optional<Result<spool::Space>> space = co_await space_.answer();
  metrics::Snapshot snapshot;
  snapshot.version = POSTERN_VERSION;
  snapshot.started = started_;
  snapshot.totals = queue_->totals();
  snapshot.sites = queue_->sites();
  if (space && *space) snapshot.space = **space;
  co_return meters_.text(snapshot, format);
}

Task<std::shared_ptr<const std::string>> Metrics::kept_text(metrics::Format format) {
  return format == metrics::Format::openmetrics ? open_.now() : older_.now();
}

std::vector<std::string> Metrics::own_hosts() const {
  std::vector<std::string> hosts = net::own_addresses();
  hosts.insert(hosts.end(), hosts_.begin(), hosts_.end());
  return hosts;
}

void Metrics::listen(const net::ListenOptions& options, std::vector<std::string> hosts) {
  const std::string& address = options.metrics;
  hosts_ = std::move(hosts);
  shown_ = options.metrics_page;
  views_.forget();
  scrapers_.forget_hosts();
  if (door_ && door_->address() == address) return door_->hurry();
  close();
  if (address.empty()) return;
  auto open = [loop = loop_, address] { return net::Listener::tcp(loop, address); };
  auto serve = [this](std::unique_ptr<net::Stream> stream, const net::Peer& peer) {
    scrapers_.serve(std::move(stream), parties_.of(peer.user().value_or(mail::kNoUid)));
  };
  door_ = std::make_unique<Door>(loop_, address, std::move(open), std::move(serve));
  door_->open();
  door_->start();
}

void Metrics::close() {
  if (door_) door_->close();
  door_.reset();
}

std::string Metrics::trouble() const {
  if (!door_ || !door_->trouble()) return {};
  return "no scraper can connect to " + door_->address() + ": " + door_->trouble()->text;
}

}  // namespace postern::app
