#include "app/app.h"

#include "app/doors.h"
#include "app/login.h"
#include "app/metrics.h"
#include "app/notify.h"
#include "app/relays.h"
#include "app/sites.h"
#include "app/supervisor.h"
#include "app/threads.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "control/server.h"
#include "mail/aliases.h"
#include "queue/gap_file.h"
#include "queue/in_flight.h"
#include "queue/queue.h"
#include "queue/watched_drop_box.h"
#include "relay/memory_file.h"
#include "settings/load.h"
#include "settings/values.h"
#include "spool/disk.h"
#include "spool/disk_pool.h"
#include "spool/file_system.h"
#include "spool/spool.h"
#include "submission/pickup.h"
#include "submission/session.h"
#include "submission/submission_record.h"
#include "submission/test_message.h"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace postern::app {
namespace {

constexpr Seconds kSessionGrace{10};  // for clients in DATA, at the stop
constexpr std::size_t kControlClientsOfUser = 20;
constexpr Seconds kDeliveryGrace{10};  // for deliveries under way, at the stop

std::vector<std::string> recipients_for(const settings::Settings& settings, const std::string& address) {
  return mail::recipients_for(address, settings.aliases, settings.hostname, settings.domain);
}

queue::Config queue_config(const Executor& loop, const settings::Settings& settings, queue::Observer* observer) {
  queue::Config config;
  config.observer = observer;
  config.hostname = settings.hostname;
  config.domain = settings.domain;
  config.retry = queue::Retry{settings.retry_min, settings.retry_max, settings.retry_expire, settings.retry_warn_after};
  config.bounces = queue::Bounces{settings.bounces_per_sender, settings.bounces_per_hour, settings.bounces_return_size};
  config.notify = notify_config(loop, settings);
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
  config.networks = settings.networks;
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

Task<bool> has_whole(spool::DiskPool* pool, spool::Spool* spool, QueueId id) {
  auto read = [spool, id] { return spool->has_whole(id); };
  co_return co_await pool->run(spool::Priority::normal, std::move(read));
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
                                 }}),
        picked_up(loop, boost::asio::steady_timer::time_point::max()) {}

  Result<void> build();
  Task<void> reload();
  void apply(settings::Settings wanted);
  [[nodiscard]] std::vector<std::string> complaints(bool administrator) const;
  void warn_of_inherited_doors() const;
  RelayParts relay_parts();
  std::shared_ptr<control::Context> control_context();
  void serve_control(std::unique_ptr<net::Stream> stream, net::Peer peer);
  void start_pickup();
  Task<void> stop_pickup();

  Executor loop;
  std::string config_file;
  settings::Settings settings;
  Trace trace;
  WallTime started = system_clock().wall();
  std::unique_ptr<spool::Spool> spool;
  spool::DiskPool pool;  // after the spool: it ends first, and with it every job that uses the spool
  Metrics metrics{loop, pool, started};
  std::shared_ptr<const submission::Config> submission;
  std::shared_ptr<relay::MemoryStore> memory;  // before the sites: their relays use it
  Sites sites;
  std::unique_ptr<queue::InFlight> in_flight;  // before the queue, which writes to it
  std::unique_ptr<queue::GapFile> gaps;        // likewise
  std::unique_ptr<queue::Queue> queue;
  std::shared_ptr<control::Context> control;
  std::map<uid_t, std::size_t> control_clients;
  std::unique_ptr<submission::SubmissionRecord> record;  // before the sessions: their memory writes to it
  submission::Sessions sessions;
  Heartbeat heartbeat;
  Doors doors;
  std::unique_ptr<queue::WatchedDropBox> drop_box;
  std::unique_ptr<submission::Pickup> pickup;
  enum class Phase { starting, running, stopping };
  Phase phase = Phase::starting;
  bool reload_wanted = false;
  bool reloading = false;
  std::string broken_settings;  ///< what is wrong with the file since a reload failed; empty: it is in force
  bool picking_up = false;
  boost::asio::steady_timer picked_up;  ///< cancelled when the pick-up has ended
};

Result<void> App::Parts::build() {
  auto opened = spool::Spool::open(spool::posix_disk(), settings.spool);
  if (!opened) return opened.error();
  spool = std::move(*opened);
  if (const auto lost = spool::fleeting(settings.spool)) {
    log(Level::warning, "the spool does not last",
        {{"spool", settings.spool},
         {"file_system", lost->file_system},
         {"why", lost->meaning},
         {"advice", "put it on a disk or a volume, with `spool:` in " + config_file}});
  }
  memory = std::make_shared<relay::MemoryFile>(settings.spool + "/sites", in_background(pool));
  record = std::make_unique<submission::SubmissionRecord>(settings.spool + "/submissions", record_threads(pool));
  sessions.memory().set_journal(*record);
  sites.configure(settings);
  in_flight = std::make_unique<queue::InFlight>(settings.spool);
  queue::Config config = queue_config(loop, settings, metrics.observer());
  config.in_flight = in_flight->memory();
  gaps = std::make_unique<queue::GapFile>(pool, settings.spool);
  config.gaps = gaps.get();
  queue = queue::Queue::make(
      loop, *spool, pool, system_clock(), std::move(config), sites.configs(),
      [this](mail::Message& message, const std::string& site) { return sites.deliver(message, site); });
  in_flight->save();  // the crash before us is counted
  metrics.show(*queue, *spool);
  control = control_context();
  if (const Result<void> reachable = doors.open(settings); !reachable) return reachable;
  warn_of_inherited_doors();
  return {};
}

RelayParts App::Parts::relay_parts() {
  return RelayParts{
      .loop = loop, .clock = system_clock(), .blocking = blocking_on(pool), .memory = memory, .trace = trace};
}

/// The queue probes every site in trouble at once, a refused login too.
void App::Parts::apply(settings::Settings wanted) {
  sites.configure(wanted);
  queue->configure(queue_config(loop, wanted, metrics.observer()), sites.configs());
  submission = submission_config(wanted);
  doors.reconfigure(wanted);
  metrics.listen(wanted.metrics_listen);
  control->hostname = wanted.hostname;
  settings = std::move(wanted);
  warn_of_inherited_doors();
}

/// Those of the settings were told of when they were read.
void App::Parts::warn_of_inherited_doors() const {
  for (const std::string& address : doors.inherited_smtp()) {
    const bool ours = std::ranges::find(settings.smtp_listen, address) != settings.smtp_listen.end();
    const auto endpoint = NumericEndpoint::parse(address);
    if (ours || !endpoint || settings::admits_anybody(settings.networks, *endpoint)) continue;
    log(Level::warning, "nobody can send to a socket of the service manager: listen.networks admits no client of it",
        {{"address", address}});
  }
}

void App::Parts::start_pickup() {
  drop_box = std::make_unique<queue::WatchedDropBox>(loop, pool, settings.spool);
  pickup = std::make_unique<submission::Pickup>(*drop_box, *queue, system_clock(), sessions.memory(),
                                                [this] { return submission; });
  picking_up = true;
  spawn(loop, pickup->run(), "pick up dropped mail", [this] {
    picking_up = false;
    picked_up.cancel();
  });
}

/// The file being copied is finished.
Task<void> App::Parts::stop_pickup() {
  if (pickup) pickup->stop();
  if (picking_up) co_await picked_up.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
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
      .test_envelope =
          [this](const std::string& recipient, const net::Peer& peer) {
            const std::string account = settings.smarthosts.empty() ? "" : settings.smarthosts.front().user;
            return submission::test_envelope(*submission, account, recipient, peer);
          },
      .test_message =
          [this](const mail::Envelope& envelope) { return submission::test_message(*submission, envelope); },
      .metrics = [this](std::string format) { return metrics.page(std::move(format)); },
      .complaints = [this](bool administrator) { return complaints(administrator); },
  });
}

App::App(boost::asio::io_context& loop, std::string config_file, settings::Settings settings, Trace trace)
    : parts_(std::make_unique<Parts>(loop, std::move(config_file), std::move(settings), trace)) {}

App::~App() = default;

Task<Result<void>> App::start() {
  Result<void> built = parts_->build();
  if (!built) co_return built;
  const submission::SubmissionRecord::IsStored is_stored = [parts = parts_.get()](const QueueId& id) {
    return has_whole(&parts->pool, parts->spool.get(), id);
  };
  co_await parts_->record->restore(parts_->sessions.memory(), system_clock().steady(), is_stored);
  Result<void> recovered = co_await parts_->queue->start();
  if (!recovered) co_return recovered;
  parts_->doors.start();
  parts_->metrics.listen(parts_->settings.metrics_listen);
  parts_->start_pickup();
  parts_->heartbeat.start();
  notify_ready(status_line(*parts_->queue));
  const queue::Totals totals = parts_->queue->totals();
  log(Level::notice, "ready",
      {{"version", POSTERN_VERSION},
       {"spool", parts_->settings.spool},
       {"waiting", totals.waiting},
       {"under_way", totals.active},
       {"owed", totals.owed}});
  if (parts_->settings.smarthosts.empty()) {
    log(Level::warning, "no smarthost is configured: mail is accepted and held", {{"file", parts_->config_file}});
  }
  parts_->phase = Parts::Phase::running;
  if (parts_->reload_wanted) reload();
  co_return Result<void>();
}

void App::reload() {
  parts_->reload_wanted = true;
  if (parts_->phase != Parts::Phase::running || parts_->reloading) return;
  parts_->reloading = true;
  spawn(parts_->loop, parts_->reload(), "reload", [this] {
    parts_->reloading = false;
    if (parts_->reload_wanted) reload();
  });
}

/// On the pool, since the name service may be asked for this machine's name.
Task<void> App::Parts::reload() {
  while (std::exchange(reload_wanted, false)) {
    notify_reloading();
    auto read = [file = config_file] { return settings::load(file); };
    settings::Loaded loaded = co_await pool.run(spool::Priority::background, std::move(read));
    if (phase != Phase::running) co_return;
    if (loaded.settings && loaded.settings->spool != settings.spool) {
      settings::Problem problem;
      problem.file = config_file;
      problem.text = "the spool cannot be changed while the daemon runs; restart it";
      loaded.problems.push_back(problem);
    }
    for (const settings::Problem& problem : loaded.problems) log(Level::error, "settings", {{"what", problem.str()}});
    if (loaded.problems.empty() && loaded.settings) {
      log_warnings(loaded);
      apply(std::move(*loaded.settings));
      broken_settings.clear();
      log(Level::notice, "settings reloaded", {{"file", config_file}});
    } else {
      broken_settings = loaded.problems.empty() ? config_file + " cannot be read" : loaded.problems.front().str();
      log(Level::error, "the old settings stay in force", {{"file", config_file}});
    }
    notify_ready(status_line(*queue));
  }
}

std::vector<std::string> App::Parts::complaints(bool administrator) const {
  std::vector<std::string> sentences;
  if (!broken_settings.empty()) {
    sentences.push_back("the settings file is wrong, and those before it stay in force: " +
                        (administrator ? broken_settings : config_file));
  }
  for (std::string& sentence : doors.troubles()) sentences.push_back(std::move(sentence));
  if (std::string sentence = metrics.trouble(); !sentence.empty()) sentences.push_back(std::move(sentence));
  return sentences;
}

Task<void> App::stop() {
  parts_->phase = Parts::Phase::stopping;
  notify_stopping();
  parts_->heartbeat.stop();
  parts_->doors.close();
  parts_->metrics.close();
  co_await parts_->stop_pickup();
  co_await parts_->sessions.shutdown(kSessionGrace);
  // Both at once: the queue ends when its deliveries have, and the relays see to it that they do.
  bool closed = false;
  boost::asio::steady_timer until_closed(parts_->loop, boost::asio::steady_timer::time_point::max());
  spawn(parts_->loop, parts_->sites.close(kDeliveryGrace), "close smarthosts", [&closed, &until_closed] {
    closed = true;
    until_closed.cancel();
  });
  co_await parts_->queue->stop();
  parts_->in_flight->save();
  if (!closed) co_await until_closed.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  log(Level::notice, "stopped");
}

}  // namespace postern::app
