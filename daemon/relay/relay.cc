#include "relay/relay.h"

#include "base/log.h"
#include "mail/delivered.h"
#include "net/connection.h"
#include "net/fresh_tls_client.h"
#include "net/service.h"
#include "relay/client_session.h"
#include "relay/explain.h"
#include "relay/pool.h"
#include "relay/remainder.h"
#include "relay/smtp_relay.h"
#include "relay/tls_rules.h"
#include "relay/verdict.h"
#include "smtp/limits.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

namespace postern::relay {
namespace {

namespace limits = smtp::limits;
using mail::Step;

constexpr std::size_t kMostInVain = 10;  // transactions of one attempt that reach nobody

/// A session that is ready, or why there is none; the session is there in both cases if the connection was made.
struct Connection {
  std::unique_ptr<ClientSession> session;
  std::optional<mail::SiteTrouble> trouble;
};

/// The server answered to the message, so that it counts for its limits.
bool was_offered(const mail::DeliveryReport& report) {
  if (!report.site || report.site->in_transaction) return true;
  return report.site->step >= Step::mail && report.site->code != 0;
}

class SmtpRelay final : public Relay {
 public:
  SmtpRelay(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory, Connector connector,
            PoolLimits pool_limits, std::function<void()> refresh)
      : smarthost_(std::move(smarthost)),
        connector_(std::move(connector)),
        refresh_(std::move(refresh)),
        learnt_{SiteNotes(std::move(memory), smarthost_)},
        name_(place_of(smarthost_)),
        pool_(std::make_shared<Pool>(std::move(executor), pool_limits)) {}

  /// The pool may outlive us for the length of a QUIT, which needs nothing of ours.
  Task<mail::DeliveryReport> deliver(mail::Message& message) override {
    const SteadyTime end = std::chrono::steady_clock::now() + limits::kAttempt;
    Part part = co_await deliver_once(message, Use::kept);
    mail::DeliveryReport report = std::move(part.report);
    std::size_t transactions = report.transactions;
    bool more = part.rest || mail::delivered_any(report);
    std::size_t in_vain = 0;
    // RFC 5321 4.5.3.1.10: who was too many, or came after too many refused ones, goes into the next transaction, at
    // once, as long as each reaches somebody; and a while longer, because each tells at least of those that it refused.
    while (more && !report.site && !report.sender && !pool_->closing() && std::chrono::steady_clock::now() < end) {
      Remainder rest(message, report);
      if (rest.pending().empty()) break;
      part = co_await deliver_once(rest, part.use_next);
      transactions += part.report.transactions;
      const bool reached = mail::delivered_any(part.report);
      if (!reached) ++in_vain;
      more = reached || (part.rest && in_vain < kMostInVain);
      rest.merge(std::move(part.report), report);
    }
    fill_in(report);
    report.transactions = transactions;
    co_return report;
  }

  Task<mail::CheckReport> check(mail::CheckOptions options) override {
    mail::CheckReport report;
    AuthRound round;
    round.accept_weaker = options.accept_weaker;
    Trace sink;
    if (options.verbose) sink = [&report](const std::string& line) { report.trace.push_back(line); };
    Connection connection = co_await connect(round, limits::kCheck, std::move(sink));
    report.host = name_;
    if (connection.session) connection.session->describe(report);
    report.site = smarthost_.name;
    report.trouble = connection.trouble;
    report.tls_rules = tls_rules(smarthost_);
    report.tried = std::move(round.tried);
    report.skipped = std::move(round.skipped);
    report.order = std::move(round.order);
    if (smarthost_.credentials) report.credentials = credential_words(smarthost_.credentials->kinds());
    if (connection.session) co_await connection.session->quit(limits::kQuit);
    // The session's trace goes into the report, which goes away.
    connection.session.reset();
    co_return report;
  }

  [[nodiscard]] mail::CheckReport explain() const override { return explain_login(smarthost_, learnt_.notes.recall()); }

  [[nodiscard]] std::optional<SteadyTime> silent_since() const override {
    std::optional<SteadyTime> first = pool_->silent_since();
    for (const SteadyTime since : reaching_) first = std::min(first.value_or(since), since);
    return first;
  }

  void refresh() override {
    if (refresh_) refresh_();
  }

  Task<void> close(Seconds grace) override { co_await pool_->close(grace); }

 private:
  enum class Use { kept, fresh };

  /// While it lives nobody has answered yet.
  class Reaching {
   public:
    Reaching(std::multiset<SteadyTime>& all, SteadyTime since) : all_(all), mine_(all.insert(since)) {}
    ~Reaching() { all_.erase(mine_); }
    Reaching(const Reaching&) = delete;
    Reaching& operator=(const Reaching&) = delete;

   private:
    std::multiset<SteadyTime>& all_;
    std::multiset<SteadyTime>::iterator mine_;
  };

  struct Part {
    mail::DeliveryReport report;
    bool rest = false;  ///< recipients without a status are for another transaction, at once
    Use use_next = Use::kept;
  };

  /// Who was not asked for after all has a status that says so, as long as nothing else does.
  static void fill_in(mail::DeliveryReport& report) {
    if (report.site || report.sender || report.uncertain) return;
    for (auto& status : report.recipients) {
      if (!status) status = not_asked();
    }
  }

  /// One transaction.
  Task<Part> deliver_once(mail::Message& message, Use use) {
    std::unique_ptr<ClientSession> session = use == Use::kept ? pool_->take() : nullptr;
    std::size_t before = 0;
    if (session) {
      Part part = co_await send(*session, message);
      before = part.report.transactions;
      const bool stale = session->stale() && !pool_->closing();
      if (!stale) {
        pool_->put_back(std::move(session));
        co_return part;
      }
      pool_->retire(std::move(session));
    }
    co_await pool_->farewells(limits::kFarewell);
    AuthRound round;
    Connection connection = co_await connect(round, limits::kAttempt, Trace());
    Part part;
    if (connection.trouble) {
      part.report = unanswered(message, connection);
      part.report.transactions = before;
      co_return part;
    }
    part = co_await send(*connection.session, message);
    part.report.transactions += before;
    pool_->put_back(std::move(connection.session));
    co_return part;
  }

  Task<Part> send(ClientSession& session, mail::Message& message) {
    const Pool::AtWork at_work(*pool_, session);
    Part part;
    part.report = co_await session.send(message);
    part.report.transactions = was_offered(part.report) ? 1 : 0;
    session.identify(part.report);
    part.rest = session.left_rest();
    const bool spent = session.worn() || !session.usable();
    part.use_next = spent ? Use::fresh : Use::kept;
    co_return part;
  }

  /// A connection and a login; more than one connection only where the server hangs up on a refused login, or where one
  /// of its addresses does not let us in as far as that.
  Task<Connection> connect(AuthRound& round, Seconds patience, Trace sink) {
    Connection connection;
    std::shared_ptr<net::Dial> dial;  // null: all addresses are still to be tried
    std::optional<SteadyTime> end;    // of all connections together
    for (;;) {
      if (pool_->closing()) co_return stopping();
      std::optional<Reaching> reaching(std::in_place, reaching_, std::chrono::steady_clock::now());
      auto connected = co_await pool_->connecting(reach(dial.get()));
      reaching.reset();
      if (!connected) {
        if (connected.error().failure == Failure::cancelled && pool_->closing()) co_return stopping();
        add_trouble(connection, unreachable(connected.error()));
        co_return connection;
      }
      dial = std::move(connected->dial);
      connection.session = std::make_unique<ClientSession>(std::move(connected->stream), std::move(connected->peer),
                                                           reached(*connected), learnt_);
      trace(*connection.session, sink);
      if (!end) end = std::chrono::steady_clock::now() + patience;
      const ClientSession::Patience left = patience_until(*end, dial.get());
      const auto opened = co_await open(*connection.session, round, left);
      const bool failed = opened == ClientSession::Opened::failed;
      // Somebody has let us in: what the other addresses said does not matter any more.
      if (connection.session->welcomed()) connection.trouble.reset();
      if (failed) add_trouble(connection, *connection.session->trouble());
      if (dial) tell(*dial, *connection.session);
      // A refused login would be refused at the other addresses, too, and counted there.
      const bool in_time = std::chrono::steady_clock::now() < *end;
      const bool elsewhere = failed && in_time && !connection.session->welcomed() && dial && dial->more();
      if (opened == ClientSession::Opened::ready || (failed && !elsewhere)) co_return connection;
      if (elsewhere) {
        log(Level::notice,
            dial->once_more() ? "no way in with the old TLS session; the same address is tried without it"
                              : "no way in at this address; the next one is tried",
            {{"host", connection.session->peer()}, {"reason", connection.session->trouble()->text}});
      } else {
        dial.reset();
      }
    }
  }

  /// The smarthost as a session knows it: of a service the server that it talks to, which a token is bound to.
  std::shared_ptr<const Smarthost> reached(const net::Connected& connected) const {
    if (connected.host.empty()) return {std::shared_ptr<const Smarthost>(), &smarthost_};
    auto server = std::make_shared<Smarthost>(smarthost_);
    server->host = connected.host;
    server->port = connected.port;
    return server;
  }

  /// A refused login says nothing against the address.
  static void tell(net::Dial& dial, const ClientSession& session) {
    if (session.welcomed()) return dial.worked();
    dial.failed();
  }

  /// To the next address, or to the first. Apart, because GCC 12 evaluates both sides of a choice inside co_await.
  Task<Result<net::Connected>> reach(net::Dial* dial) {
    if (dial != nullptr) return dial->next();
    return connector_();
  }

  /// Where there is another address, silence at this one must leave time for that; and so must silence after a
  /// resumption, which is then done again in full.
  static ClientSession::Patience patience_until(SteadyTime end, const net::Dial* dial) {
    ClientSession::Patience patience;
    const auto left = std::chrono::duration_cast<Milliseconds>(end - std::chrono::steady_clock::now());
    patience.altogether = std::max(left, Milliseconds(0));
    if (dial == nullptr) return patience;
    const Milliseconds part = std::min<Milliseconds>(patience.altogether / 2, limits::kWelcome);
    if (dial->more()) patience.welcome = part;
    patience.resumed = part;
    return patience;
  }

  /// The addresses are told of, as long as anybody would read it; the last one where somebody answered decides what
  /// kind of trouble it is.
  static void add_trouble(Connection& connection, mail::SiteTrouble trouble) {
    if (!connection.trouble) return void(connection.trouble = std::move(trouble));
    constexpr std::size_t kEnough = 1000;
    std::string both = connection.trouble->text;
    if (both.size() < kEnough) both += "; " + trouble.text;
    const bool answered = trouble.step != Step::connect;
    if (answered) connection.trouble = std::move(trouble);
    connection.trouble->text = std::move(both);
  }

  /// To whoever asked, and into the log if the settings say so.
  void trace(ClientSession& session, const Trace& sink) const {
    if (!smarthost_.trace) return sink ? session.trace_to(sink) : void();
    session.trace_to([sink, host = session.peer()](const std::string& line) {
      log(Level::info, "trace", {{"host", host}, {"line", line}});
      if (sink) sink(line);
    });
  }

  Task<ClientSession::Opened> open(ClientSession& session, AuthRound& round, ClientSession::Patience patience) {
    const Pool::AtWork at_work(*pool_, session);
    co_return co_await session.open(round, patience);
  }

  Connection stopping() const {
    Connection connection;
    const Error error{Failure::cancelled, "Postern is stopping"};
    connection.trouble = site_trouble(Step::connect, name_, "not connected", error);
    return connection;
  }

  mail::DeliveryReport unanswered(const mail::Message& message, Connection& connection) const {
    mail::DeliveryReport report;
    report.recipients.resize(message.pending().size());
    report.host = name_;
    if (connection.session) connection.session->identify(report);
    report.site = std::move(connection.trouble);
    return report;
  }

  Smarthost smarthost_;
  Connector connector_;
  std::function<void()> refresh_;
  Learnt learnt_;
  std::string name_;
  std::shared_ptr<Pool> pool_;
  std::multiset<SteadyTime> reaching_;  ///< since when, each that makes a connection
};

net::TlsClientOptions tls_options(const Smarthost& smarthost) {
  net::TlsClientOptions options = static_cast<const net::TlsClientOptions&>(smarthost);
  if (options.tls_name.empty()) options.tls_name = smarthost.host;
  return options;
}

/// Connections over sockets.
class SocketConnector {
 public:
  SocketConnector(Executor executor, const Smarthost& smarthost)
      : executor_(std::move(executor)), tls_(tls_options(smarthost)), with_tls_(smarthost.tls != Tls::none) {
    options_.host = smarthost.host;
    options_.port = smarthost.port;
    options_.implicit_tls = smarthost.tls == Tls::implicit;
    options_.connect_timeout = limits::kConnect;
    options_.addresses = std::make_shared<net::AddressMemory>();
  }

  Task<Result<net::Connected>> connect() {
    if (with_tls_) {
      auto client = tls_.get();
      if (!client) co_return client.error();
      options_.tls = std::move(*client);
    }
    net::ClientOptions options = options_;
    co_return co_await net::connect(executor_, std::move(options));
  }

  /// What is trusted, and our own certificate, are read again at the next connection.
  void refresh() { tls_.forget(); }

 private:
  Executor executor_;
  net::ClientOptions options_;
  net::FreshTlsClient tls_;
  bool with_tls_;
};

net::ServiceOptions service_options(const Smarthost& smarthost, ServiceName service) {
  net::ServiceOptions options;
  options.service = std::move(service);
  options.implicit_tls = smarthost.tls == Tls::implicit;
  if (smarthost.tls != Tls::none) options.tls = static_cast<const net::TlsClientOptions&>(smarthost);
  options.connect_timeout = limits::kConnect;
  return options;
}

template <class Sockets>
std::unique_ptr<Relay> over(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory,
                            std::shared_ptr<Sockets> sockets) {
  return make_relay(
      std::move(executor), std::move(smarthost), std::move(memory), [sockets] { return sockets->connect(); },
      PoolLimits(), [sockets] { sockets->refresh(); });
}

}  // namespace

std::unique_ptr<Relay> make_relay(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory,
                                  Connector connector, PoolLimits limits, std::function<void()> refresh) {
  return std::make_unique<SmtpRelay>(std::move(executor), std::move(smarthost), std::move(memory), std::move(connector),
                                     limits, std::move(refresh));
}

std::unique_ptr<Relay> Relay::make(Executor executor, Smarthost smarthost, std::shared_ptr<MemoryStore> memory) {
  if (auto service = ServiceName::parse(smarthost.host)) {
    auto servers = std::make_shared<net::ServiceConnector>(executor, service_options(smarthost, std::move(*service)));
    return over(std::move(executor), std::move(smarthost), std::move(memory), std::move(servers));
  }
  auto sockets = std::make_shared<SocketConnector>(executor, smarthost);
  return over(std::move(executor), std::move(smarthost), std::move(memory), std::move(sockets));
}

}  // namespace postern::relay
