#include "app/app.h"

#include "app/ask_history.h"
#include "app/doors.h"
#include "app/first_look.h"
#include "app/history_desk.h"
#include "app/log_output.h"
#include "app/metrics.h"
#include "app/new_aliases.h"
#include "app/notify.h"
#include "app/parties.h"
#include "app/parties_watch.h"
#include "app/relays.h"
#include "app/reloads.h"
#include "app/smarthosts.h"
#include "app/supervisor.h"
#include "app/threads.h"
#include "base/clock_watch.h"
#include "base/log.h"
#include "base/together.h"
#include "base/user_range.h"
#include "control/clients.h"
#include "control/server.h"
#include "credentials/token_change.h"
#include "net/network_watch.h"
#include "queue/drop_survey.h"
#include "queue/gap_file.h"
#include "queue/in_flight.h"
#include "queue/queue.h"
#include "queue/rate_file.h"
#include "queue/watched_drop_box.h"
#include "relay/memory_file.h"
#include "settings/local_names.h"
#include "settings/systems_drop.h"
#include "spool/disk.h"
#include "spool/disk_pool.h"
#include "spool/file_system.h"
#include "spool/spool.h"
#include "submission/ask_senders.h"
#include "submission/pickup.h"
#include "submission/sessions.h"
#include "submission/submission_record_file.h"
#include "submission/test_message.h"
#include "submission/users.h"

#include <utility>

namespace postern::app {
namespace {

constexpr Seconds kSessionGrace{10};   // for clients in DATA, at the stop
constexpr Seconds kDeliveryGrace{10};  // for deliveries under way, at the stop

/// A user of a container's is whose container it is, unless the uid has a name: servers of users know nothing of the
/// ranges on this machine.
Task<Result<submission::User>> find_user(mail::Parties parties, submission::Users* users, std::uint32_t uid) {
  const std::uint32_t party = parties.of(uid);
  if (party == mail::kNoUid) co_return submission::User{};
  Result<submission::User> user = co_await users->find(uid);
  if (party == uid || !user || !user->name.empty()) co_return user;
  user = co_await users->find(party);
  co_return user;
}

/// `users` outlives all sessions. Whose uids a container has is who is bound by `senders`.
std::shared_ptr<const submission::Config> submission_config(const settings::Settings& settings,
                                                            const mail::Parties& parties, submission::Users& users,
                                                            queue::Recorder& recorder) {
  auto user = [parties, &users](std::uint32_t uid) { return find_user(parties, &users, uid); };
  submission::Config config{settings.submission, settings.names, std::move(user), parties, &recorder};
  return std::make_shared<const submission::Config>(std::move(config));
}

Task<bool> has_whole(spool::DiskPool* pool, spool::Spool* spool, QueueId id) {
  auto read = [spool, id] { return spool->has_whole(id); };
  co_return co_await pool->run(spool::Priority::normal, std::move(read));
}

/// The words of the refusal, which the settings of this moment decide.
Task<Result<std::string>> words_of_senders(std::shared_ptr<const submission::Config> config, mail::Envelope envelope,
                                           std::string header) {
  const Result<std::optional<smtp::Refusal>> refusal =
      co_await submission::refused_by_senders(*config, envelope.source.uid, envelope.sender, &header);
  if (!refusal) co_return refusal.error();
  co_return *refusal ? (*refusal)->text : std::string();
}

Task<void> stop_queue(queue::Queue* queue, queue::InFlight* in_flight) {
  co_await queue->stop();
  in_flight->save();
}

void warn_if_fleeting(const std::string& spool, const std::string& config_file) {
  const auto lost = spool::fleeting(spool);
  if (!lost) return;
  log(Level::warning, "the spool does not last",
      {{"spool", spool},
       {"file_system", lost->file_system},
       {"why", lost->meaning},
       {"advice", "put it on a disk or a volume, with `spool:` in " + config_file}});
}

/// Once, at the start: nothing that such a user is refused would say why.
void tell_of_unknown_users() {
  if (knows_every_user()) return;
  log(Level::notice, "some users of this machine are not known here, since the daemon runs in a user namespace",
      {{"seen_as", "uid " + std::to_string(overflow_uid())},
       {"meaning", "they are nobody, and share the limits of one party"}});
}

Error stopped_meanwhile() { return Error{Failure::cancelled, "the daemon was stopped while it started"}; }

}  // namespace

struct App::Parts {
  Parts(boost::asio::io_context& io, std::string file, settings::Loaded loaded, Trace traced)
      : loop(io.get_executor()),
        config_file(std::move(file)),
        settings(loaded.settings ? std::move(*loaded.settings) : std::move(loaded.salvaged)),
        trace(traced),
        history(loop, OneThread(in_background(pool)), system_clock(), history_directory(settings.spool),
                loaded.problems.empty() ? settings.history : cautious(settings.history)),
        submission(submission_config(settings, parties, users, history.recorder())),
        sites(
            loop,
            [this](const settings::Smarthost& smarthost, const OurNames& names) {
              return make_relay(relay_parts(), smarthost, names);
            },
            blocking_on(pool, spool::Priority::background), [this](std::uint32_t uid) { return parties.of(uid); }),
        sessions(loop),
        heartbeat(loop, [this] { return status(); }),
        doors(loop, Doors::Serve{[this](std::unique_ptr<net::Stream> stream, net::Peer peer) {
                                   sessions.start(std::move(stream), std::move(peer), submission, *queue,
                                                  system_clock());
                                 },
                                 [this](std::unique_ptr<net::Stream> stream, net::Peer peer) {
                                   control_clients.start(std::move(stream), std::move(peer), control);
                                 }}),
        reloads(loop, pool, config_file, settings.spool,
                Reloads::Hooks{[this](settings::Settings wanted) { return apply(std::move(wanted)); },
                               [this] { return status(); }, [this] { return read_others(); },
                               [this] { return settings; }}) {
    if (!loaded.problems.empty()) reloads.hold(loaded.problems);
  }

  Result<void> build();
  std::vector<std::string> apply(settings::Settings wanted);
  void listen_for_scrapers();
  /// Blocks.
  std::function<void()> read_others() {
    return [this, read = parties_file.read(), drop = settings::untaken_drop(spool_in_force, submit_in_force)] {
      use_parties(read);
      untaken_drop = drop;
    };
  }
  /// Wherever parties are counted.
  void use_parties(mail::Parties now);
  queue::Config queue_config();
  Task<Result<std::string>> new_aliases();
  [[nodiscard]] std::vector<std::string> complaints(queue::Asker asker) const;
  RelayParts relay_parts();
  std::shared_ptr<control::Context> control_context();
  [[nodiscard]] std::string status() const;
  /// What was built takes no new work, and what is under way ends.
  Task<void> end_work();

  bool built = false;    // all of build() is there
  bool stopped = false;  // a start() under way goes no further
  Executor loop;
  std::string config_file;
  settings::Settings settings;
  const std::string spool_in_force = settings.spool;           ///< until a restart; read on the pool, too
  const std::string submit_in_force = settings.listen.submit;  ///< likewise
  mail::Parties parties;
  PartiesFile parties_file;
  std::shared_ptr<SharedParties> parties_of_threads = std::make_shared<SharedParties>();
  Trace trace;
  WallTime started = system_clock().wall();
  std::unique_ptr<spool::Spool> spool;
  spool::DiskPool pool;  // after the spool: it ends first, and with it every job that uses the spool
  HistoryDesk history;
  Metrics metrics{loop, pool, started};
  submission::Users users{loop};
  std::shared_ptr<const submission::Config> submission;
  std::shared_ptr<relay::MemoryStore> memory;  // before the sites: their relays use it
  Smarthosts sites;
  std::unique_ptr<queue::InFlight> in_flight;  // before the queue, which writes to it
  std::unique_ptr<queue::GapFile> gaps;        // likewise
  std::unique_ptr<queue::RateFile> rates;      // likewise
  std::unique_ptr<queue::Queue> queue;
  std::shared_ptr<control::Context> control;
  control::Clients control_clients{loop, [this](std::uint32_t uid) { return parties.of(uid); }};
  std::unique_ptr<submission::SubmissionRecordFile> record;  // before the sessions: their memory writes to it
  submission::Sessions sessions;
  Heartbeat heartbeat;
  Doors doors;
  std::unique_ptr<queue::WatchedDropBox> drop_box;
  std::unique_ptr<submission::Pickup> pickup;
  std::unique_ptr<queue::DropSurvey> drop_survey;
  std::string untaken_drop;  ///< a sentence on the one that is not ours; empty: there is none
  net::NetworkWatch network{loop, [this] { queue->network_came(); }};
  ClockWatch clock_watch{loop, [this] { queue->clock_changed(); }};
  FirstLook first_look{loop, sites, [this]() -> queue::Queue& { return *queue; }, system_clock()};
  PartiesWatch parties_watch{loop, pool, parties_file, [this](mail::Parties now) { use_parties(std::move(now)); }};
  Reloads reloads;
};

Result<void> App::Parts::build() {
  auto opened = spool::Spool::open(spool::posix_disk(), settings.spool);
  if (!opened) return opened.error();
  spool = std::move(*opened);
  warn_if_fleeting(settings.spool, config_file);
  memory = std::make_shared<relay::MemoryFile>(settings.spool + "/sites", in_background(pool));
  record = std::make_unique<submission::SubmissionRecordFile>(settings.spool + "/submissions", record_threads(pool));
  sessions.memory().set_record(*record);
  sites.configure(settings);
  in_flight = std::make_unique<queue::InFlight>(settings.spool);
  queue::Config config = queue_config();
  config.in_flight = in_flight->memory();
  gaps = std::make_unique<queue::GapFile>(pool, settings.spool);
  config.gaps = gaps.get();
  rates = std::make_unique<queue::RateFile>(pool, settings.spool);
  config.rates = rates.get();
  queue = queue::Queue::make(
      loop, *spool, pool, system_clock(), std::move(config), sites.configs(),
      [this](mail::Message& message, const std::string& site) { return sites.deliver(message, site); });
  in_flight->save();  // the crash before us is counted
  metrics.show(*queue, *spool);
  const queue::PartyOf party = [parties = parties_of_threads](std::uint32_t uid) { return parties->of(uid); };
  drop_box = std::make_unique<queue::WatchedDropBox>(loop, pool, settings.spool, party);
  drop_survey = std::make_unique<queue::DropSurvey>(pool, settings.spool);
  pickup = std::make_unique<submission::Pickup>(*drop_box, *queue, system_clock(), sessions.memory(),
                                                [this] { return submission; });
  control = control_context();
  metrics.show_browsers(control, ask_history(history.answers()));
  return doors.open(settings.listen, settings.submission.networks);
}

void App::Parts::use_parties(mail::Parties now) {
  parties = std::move(now);
  parties_of_threads->set(parties);
  history.use_parties(parties);
  metrics.use_parties(parties);
  submission = submission_config(settings, parties, users, history.recorder());
  if (queue) queue->use_parties(parties);
}

RelayParts App::Parts::relay_parts() {
  return RelayParts{.loop = loop,
                    .clock = system_clock(),
                    .blocking = blocking_on(pool, spool::Priority::background),
                    .texts = blocking_on(pool, spool::Priority::normal),
                    .memory = memory,
                    .trace = trace};
}

queue::Config App::Parts::queue_config() {
  queue::Config config{settings.queue, settings.names.host_names()};
  if (reloads.holding()) config.no_site = "the settings file is wrong (see postern status)";
  config.observer = metrics.observer();
  config.recorder = &history.recorder();
  // As it is when it is asked, since the file of aliases is read anew between two reloads.
  config.expand = [this](const std::string& address) { return settings.names.recipients_of(address); };
  config.parties = parties;
  config.routing = queue::Routes(settings.queue.routes, settings.names);
  config.storms_of = queue::StormRules(settings.queue.storms, settings.names);
  config.user = [this](std::uint32_t uid) { return find_user(parties, &users, uid); };
  config.tell_operator = operator_program(loop, settings.queue.notify.command);
  return config;
}

/// The queue probes every site in trouble at once, a refused login too. Sentences on what needs a restart.
std::vector<std::string> App::Parts::apply(settings::Settings wanted) {
  settings = std::move(wanted);
  use_log_format(settings.log.format);
  sites.configure(settings);
  history.configure(settings.history);
  queue->configure(queue_config(), sites.configs());
  submission = submission_config(settings, parties, users, history.recorder());
  doors.reconfigure(settings.listen, settings.submission.networks);
  first_look.again();
  listen_for_scrapers();
  control->hostname = settings.names.hostname;
  return doors.moved();
}

void App::Parts::listen_for_scrapers() {
  const mail::LocalNames& names = settings.names;
  std::vector<std::string> hosts{names.hostname};
  const std::vector<std::string>& others = settings.listen.metrics_hosts;
  for (const auto* more : {&names.machine, &names.local_domains, &others}) {
    hosts.insert(hosts.end(), more->begin(), more->end());
  }
  metrics.listen(settings.listen, std::move(hosts));
}

Task<Result<std::string>> App::Parts::new_aliases() {
  const mail::LocalNames before = settings.names;
  if (before.aliases_file.empty()) co_return no_aliases_file(config_file);
  auto read = [before] { return settings::read_aliases(before); };
  Result<settings::FreshAliases> fresh = co_await pool.run(spool::Priority::background, std::move(read));
  if (!fresh) co_return Error{fresh.error().failure, "the aliases of before stay in force: " + fresh.error().text};
  std::string words = words_of(before, *fresh);
  // A reload that came meanwhile has read another one, or judged it beside other aliases.
  if (settings.names.aliases_file == before.aliases_file && settings.names.aliases == before.aliases) {
    settings.names.of_file = std::move(fresh->of_file);
    submission = submission_config(settings, parties, users, history.recorder());
  }
  log(Level::notice, "aliases read anew", {{"file", before.aliases_file}, {"aliases", settings.names.of_file.size()}});
  co_return words;
}

std::shared_ptr<control::Context> App::Parts::control_context() {
  return std::make_shared<control::Context>(control::Context{
      .queue = *queue,
      .smarthosts = sites,
      .clock = system_clock(),
      .version = POSTERN_VERSION,
      .started = started,
      .hostname = settings.names.hostname,
      .config_file = config_file,
      .spool = settings.spool,
      .test_envelope =
          [this](const std::string& sender, const std::string& recipient, const net::Peer& peer) {
            return submission::test_envelope(*submission, sender, recipient, peer);
          },
      .test_message =
          [this](const mail::Envelope& envelope) { return submission::test_message(*submission, envelope); },
      .metrics = [this](std::string format) { return metrics.page(std::move(format)); },
      .reload = [this] { return reloads.done(); },
      .wrong_at_start =
          [this](bool administrator) { return reloads.holding() ? reloads.complaint(administrator) : std::string(); },
      .complaints = [this](queue::Asker asker) { return complaints(asker); },
      .new_aliases = [this] { return new_aliases(); },
      .refused_by_senders =
          [this](mail::Envelope envelope, std::string header) {
            return words_of_senders(submission, std::move(envelope), std::move(header));
          },
      .history = &history.answers(),
      .names = [this] { return settings.names; },
      .dropped = [this] { return drop_survey->look(); },
  });
}

/// Everybody may read it, so that of a wrong file it says no more than that.
std::string App::Parts::status() const {
  const std::string text = status_text(queue->totals(), queue->sites());
  return reloads.holding() ? "the settings file is wrong, mail is held; " + text : text;
}

App::App(boost::asio::io_context& loop, std::string config_file, settings::Loaded loaded, Trace trace)
    : parts_(std::make_unique<Parts>(loop, std::move(config_file), std::move(loaded), trace)) {}

App::~App() = default;

Task<Result<void>> App::start() {
  auto read = [parts = parts_.get()] { return parts->read_others(); };
  const std::function<void()> use = co_await parts_->pool.run(spool::Priority::normal, std::move(read));
  if (parts_->stopped) co_return stopped_meanwhile();
  use();
  Result<void> built = parts_->build();
  if (!built) co_return built;
  parts_->built = true;
  const submission::SubmissionRecordFile::IsStored is_stored = [parts = parts_.get()](const QueueId& id) {
    return has_whole(&parts->pool, parts->spool.get(), id);
  };
  co_await parts_->record->restore(parts_->sessions.memory(), system_clock().steady(), is_stored);
  Result<void> recovered = co_await parts_->queue->start();
  if (!recovered) co_return recovered;
  if (parts_->stopped) co_return stopped_meanwhile();
  parts_->doors.start();
  parts_->listen_for_scrapers();
  parts_->pickup->start(parts_->loop);
  parts_->heartbeat.start();
  parts_->network.start();
  parts_->clock_watch.start();
  parts_->parties_watch.start();
  parts_->history.start();
  parts_->first_look.start();
  notify_ready(parts_->status());
  const queue::Totals totals = parts_->queue->totals();
  log(Level::notice, "ready",
      {{"version", POSTERN_VERSION},
       {"spool", parts_->settings.spool},
       {"messages", totals.waiting + totals.active + totals.owed},
       {"waiting", totals.waiting},
       {"under_way", totals.active},
       {"owed", totals.owed}});
  tell_of_unknown_users();
  if (parts_->settings.smarthosts.empty() && !parts_->reloads.holding()) {
    log(Level::error, "no smarthost is configured: mail is accepted and held", {{"file", parts_->config_file}});
  }
  parts_->reloads.start();
  co_return Result<void>();
}

void App::reload() { parts_->reloads.ask(); }

std::vector<std::string> App::Parts::complaints(queue::Asker asker) const {
  std::vector<std::string> sentences;
  if (std::string sentence = reloads.complaint(asker.administrator); !sentence.empty()) {
    sentences.push_back(std::move(sentence));
  }
  for (std::string& sentence : queue->shortages(asker)) sentences.push_back(std::move(sentence));
  if (!untaken_drop.empty()) sentences.push_back(untaken_drop);
  for (std::string& sentence : doors.troubles()) sentences.push_back(std::move(sentence));
  if (std::string sentence = metrics.trouble(); !sentence.empty()) sentences.push_back(std::move(sentence));
  return sentences;
}

Task<void> App::stop() {
  parts_->stopped = true;
  parts_->reloads.stop();
  notify_stopping();
  parts_->heartbeat.stop();
  parts_->network.stop();
  parts_->clock_watch.stop();
  parts_->parties_watch.stop();
  parts_->history.stop();
  parts_->first_look.stop();
  parts_->doors.close();
  parts_->metrics.close();
  if (parts_->built) co_await parts_->end_work();
  log(Level::notice, "stopped");
}

Task<void> App::Parts::end_work() {
  const SteadyTime begun = system_clock().steady();
  co_await pickup->shutdown();
  co_await sessions.shutdown(kSessionGrace);
  // Both at once: the queue ends when its deliveries have, and the relays see to it that they do.
  std::vector<Task<void>> both;
  both.push_back(sites.close(kDeliveryGrace));
  both.push_back(stop_queue(queue.get(), in_flight.get()));
  co_await together(std::move(both), "stop");
  // Those who waited for a new token were let go, and it may come all the same.
  co_await credentials::token_changes_ended(begun + kSessionGrace + kDeliveryGrace);
}

}  // namespace postern::app
