#include "app/metrics.h"

#include "net/own_addresses.h"

#include <utility>

namespace postern::app {

void Metrics::show(queue::Queue& queue, spool::Spool& spool) {
  queue_ = &queue;
  spool_ = &spool;
}

Task<Result<std::string>> Metrics::page(std::string format) {
  const auto known = metrics::format_named(format);
  if (!known) co_return Error{Failure::invalid, "the formats of metrics are openmetrics and prometheus, not " + format};
  co_return co_await text(*known);
}

Task<std::string> Metrics::text(metrics::Format format) {
  auto job = [spool = spool_] { return spool->space(); };
  const Result<spool::Space> space = co_await pool_.run(spool::Priority::background, std::move(job));
  metrics::Snapshot snapshot;
  snapshot.version = POSTERN_VERSION;
  snapshot.started = started_;
  snapshot.totals = queue_->totals();
  snapshot.sites = queue_->sites();
  if (space) snapshot.space = *space;
  co_return meters_.text(snapshot, format);
}

std::vector<std::string> Metrics::own_hosts() const {
  std::vector<std::string> hosts = net::own_addresses();
  hosts.insert(hosts.end(), hosts_.begin(), hosts_.end());
  return hosts;
}

void Metrics::listen(const std::string& address, std::vector<std::string> hosts) {
  hosts_ = std::move(hosts);
  if (door_ && door_->address() == address) return door_->hurry();
  close();
  if (address.empty()) return;
  auto open = [loop = loop_, address] { return net::Listener::tcp(loop, address); };
  auto serve = [this](std::unique_ptr<net::Stream> stream, net::Peer) { scrapers_.serve(std::move(stream)); };
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
