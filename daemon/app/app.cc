#include "app/app.h"

#include "app/doors.h"
#include "app/login.h"
#include "app/recipients.h"
#include "app/relays.h"
#include "app/sites.h"
#include "app/supervisor.h"
#include "app/test_message.h"
#include "base/log.h"
#include "control/server.h"
#include "queue/queue.h"
#include "relay/memory_file.h"
#include "settings/load.h"
#include "spool/disk.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"
#include "submission/session.h"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <map>
#include <utility>

namespace postern::app {
namespace {

constexpr Seconds kSessionGrace{10};  // for clients in DATA, at the stop
constexpr std::size_t kControlClientsOfUser = 20;
constexpr Seconds kDeliveryGrace{10};  // for deliveries under way, at the stop

queue::Config queue_config(const settings::Settings& settings) {
  queue::Config config;
  config.hostname = settings.hostname;
  config.domain = settings.domain;
  config.retry = queue::Retry{settings.retry_min, settings.retry_max, settings.retry_expire};
  config.message_size = settings.message_size;
  config.expand = [settings](const std::string& address) { return recipients_for(settings, address); };
  return config;
}

std::shared_ptr<const submission::Config> submission_config(const settings::Settings& settings) {
  submission::Config config;
  config.hostname = settings.hostname;
  config.domain = settings.domain;
  config.aliases = settings.aliases;
  config.message_size = settings.message_size;
  config.recipients = settings.recipients;
  return std::make_shared<const submission::Config>(std::move(config));
}

std::string status_line(const queue::Queue& queue) {
  const queue::Totals totals = queue.totals();
  std::string line = fmt::format("{} waiting, {} under way, {} accepted, {} delivered", totals.waiting, totals.active,
                                 totals.accepted, totals.delivered);
  for (const queue::SiteStatus& site : queue.sites()) {
    if (site.trouble) line += "; " + site.name + ": " + site.trouble->text;
  }
  return line;
}

void log_warnings(const settings::Loaded& loaded) {
  for (const settings::Problem& warning : loaded.warnings) log(Level::warning, "settings", {{"what", warning.str()}});
}

}  // namespace

struct App::Parts {
  Parts(boost::asio::io_context& io, std::string file, settings::Settings loaded, Trace traced)
      : loop(io.get_executor()),
        config_file(std::move(file)),
        settings(std::move(loaded)),
        trace(traced),
        submission(submission_config(settings)),
        sites(loop, [this](const settings::Smarthost& smarthost,
                           const std::string& helo) { return make_relay(relay_parts(), smarthost, helo); }),
        sessions(loop),
        heartbeat(loop, [this] { return status_line(*queue); }),
        doors(loop, Doors::Serve{[this](std::unique_ptr<net::Stream> stream, net::Peer peer) {
                                   sessions.start(std::move(stream), std::move(peer), submission, *queue,
                                                  system_clock());
                                 },
                                 [this](std::unique_ptr<net::Stream> stream, net::Peer peer) {
                                   serve_control(std::move(stream), std::move(peer));
                                 }}) {}

  Result<void> build();
  void apply(settings::Settings wanted);
  RelayParts relay_parts();
  std::shared_ptr<control::Context> control_context();
  void serve_control(std::unique_ptr<net::Stream> stream, net::Peer peer);

  Executor loop;
  std::string config_file;
  settings::Settings settings;
  Trace trace;
  WallTime started = system_clock().wall();
  std::unique_ptr<spool::Spool> spool;
  spool::DiskPool pool;  // after the spool: it ends first, and with it every job that uses the spool
  std::shared_ptr<const submission::Config> submission;
  std::shared_ptr<relay::MemoryStore> memory;  // before the sites: their relays use it
  Sites sites;
  std::unique_ptr<queue::Queue> queue;
  std::shared_ptr<control::Context> control;
  std::map<uid_t, std::size_t> control_clients;
  submission::Sessions sessions;
  Heartbeat heartbeat;
  Doors doors;
};

Result<void> App::Parts::build() {
  auto opened = spool::Spool::open(spool::posix_disk(), settings.spool);
  if (!opened) return opened.error();
  spool = std::move(*opened);
  memory = std::make_shared<relay::MemoryFile>(settings.spool + "/sites",
                                               [this](std::function<void()> job) { pool.post(std::move(job)); });
  sites.configure(settings);
  queue = queue::Queue::make(
      loop, *spool, pool, system_clock(), queue_config(settings), sites.configs(),
      [this](mail::Message& message, const std::string& site) { return sites.deliver(message, site); });
  control = control_context();
  return doors.open(settings);
}

RelayParts App::Parts::relay_parts() {
  return RelayParts{
      .loop = loop, .clock = system_clock(), .blocking = blocking_on(pool), .memory = memory, .trace = trace};
}

/// The queue probes every site in trouble at once, a refused login too.
void App::Parts::apply(settings::Settings wanted) {
  sites.configure(wanted);
  queue->configure(queue_config(wanted), sites.configs());
  submission = submission_config(wanted);
  doors.reconfigure(wanted);
  control->hostname = wanted.hostname;
  settings = std::move(wanted);
}

/// One user's clients must not use up the descriptors that submissions need.
void App::Parts::serve_control(std::unique_ptr<net::Stream> stream, net::Peer peer) {
  const uid_t uid = peer.uid.value_or(static_cast<uid_t>(-1));
  if (control_clients[uid] >= kControlClientsOfUser) return;  // the stream closes
  ++control_clients[uid];
  const auto done = [this, uid] {
    if (--control_clients[uid] == 0) control_clients.erase(uid);
  };
  spawn(loop, control::serve(std::move(stream), std::move(peer), control), "control", done);
}

std::shared_ptr<control::Context> App::Parts::control_context() {
  return std::make_shared<control::Context>(control::Context{
      .queue = *queue,
      .clock = system_clock(),
      .version = POSTERN_VERSION,
      .started = started,
      .hostname = settings.hostname,
      .config_file = config_file,
      .spool = settings.spool,
      .sites = [this] { return sites.names(); },
      .check = [this](std::string site, mail::CheckOptions options) { return sites.check(std::move(site), options); },
      .explain = [this](const std::string& site) { return sites.explain(site); },
      .login =
          [this](const std::string& site, control::Prompt prompt) {
            return login(loop, device_client(settings, site), blocking_on(pool), prompt);
          },
      .test_envelope = [this](const std::string& recipient,
                              const net::Peer& peer) { return test_envelope(settings, recipient, peer); },
      .test_message = [this](const mail::Envelope& envelope) { return test_message(settings, envelope); },
  });
}

App::App(boost::asio::io_context& loop, std::string config_file, settings::Settings settings, Trace trace)
    : parts_(std::make_unique<Parts>(loop, std::move(config_file), std::move(settings), trace)) {}

App::~App() = default;

Task<Result<void>> App::start() {
  Result<void> built = parts_->build();
  if (!built) co_return built;
  Result<void> recovered = co_await parts_->queue->start();
  if (!recovered) co_return recovered;
  parts_->doors.start();
  parts_->heartbeat.start();
  notify_ready(status_line(*parts_->queue));
  log(Level::notice, "ready",
      {{"version", POSTERN_VERSION}, {"spool", parts_->settings.spool}, {"waiting", parts_->queue->totals().waiting}});
  if (parts_->settings.smarthosts.empty()) {
    log(Level::warning, "no smarthost is configured: mail is accepted and held", {{"file", parts_->config_file}});
  }
  co_return Result<void>();
}

void App::reload() {
  notify_reloading();
  settings::Loaded loaded = settings::load(parts_->config_file);
  if (loaded.settings && loaded.settings->spool != parts_->settings.spool) {
    settings::Problem problem;
    problem.file = parts_->config_file;
    problem.text = "the spool cannot be changed while the daemon runs; restart it";
    loaded.problems.push_back(problem);
  }
  for (const settings::Problem& problem : loaded.problems) {
    log(Level::error, "settings", {{"what", problem.str()}});
  }
  if (loaded.problems.empty() && loaded.settings) {
    log_warnings(loaded);
    parts_->apply(std::move(*loaded.settings));
    log(Level::notice, "settings reloaded", {{"file", parts_->config_file}});
  } else {
    log(Level::error, "the old settings stay in force", {{"file", parts_->config_file}});
  }
  notify_ready(status_line(*parts_->queue));
}

Task<void> App::stop() {
  notify_stopping();
  parts_->heartbeat.stop();
  parts_->doors.close();
  co_await parts_->sessions.shutdown(kSessionGrace);
  // Both at once: the queue ends when its deliveries have, and the relays see to it that they do.
  bool closed = false;
  boost::asio::steady_timer until_closed(parts_->loop, boost::asio::steady_timer::time_point::max());
  spawn(parts_->loop, parts_->sites.close(kDeliveryGrace), "close smarthosts", [&closed, &until_closed] {
    closed = true;
    until_closed.cancel();
  });
  co_await parts_->queue->stop();
  if (!closed) co_await until_closed.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  log(Level::notice, "stopped");
}

}  // namespace postern::app
