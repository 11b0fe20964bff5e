#include "app/metrics.h"

#include "base/log.h"

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
  const Result<spool::Space> space = co_await pool_.run(std::move(job));
  metrics::Snapshot snapshot;
  snapshot.version = POSTERN_VERSION;
  snapshot.started = started_;
  snapshot.now = system_clock().wall();
  snapshot.totals = queue_->totals();
  snapshot.sites = queue_->sites();
  if (space) snapshot.space = *space;
  co_return meters_.text(snapshot, format);
}

void Metrics::listen(const std::string& address) {
  if (address == address_) return;
  close();
  if (address.empty()) return;
  auto listener = net::Listener::tcp(loop_, address);
  if (!listener) {
    log(Level::error, "cannot listen for scrapers", {{"address", address}, {"why", listener.error().text}});
    return;
  }
  address_ = address;
  listener_ = std::move(*listener);
  log(Level::info, "listening for scrapers", {{"address", listener_->address()}});
  listener_->start([this](std::unique_ptr<net::Stream> stream, net::Peer) { scrapers_.serve(std::move(stream)); });
}

void Metrics::close() {
  address_.clear();
  if (listener_) listener_->close();
  listener_.reset();
}

}  // namespace postern::app
