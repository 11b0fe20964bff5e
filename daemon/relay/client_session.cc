#include "relay/client_session.h"

#include "base/log.h"
#include "base/text.h"
#include "mail/delivered.h"
#include "relay/control_question.h"
#include "relay/mail_form.h"
#include "relay/tls_rules.h"
#include "relay/verdict.h"
#include "smtp/limits.h"

#include <algorithm>
#include <utility>

namespace postern::relay {

namespace limits = smtp::limits;
using mail::Step;

namespace {

/// The server takes no mail from "<>", and there is nothing else to offer: the settings have to name it.
void name_what_is_missing(mail::DeliveryReport& report, const std::string& peer) {
  if (!report.sender) {
    const auto refused = std::ranges::find_if(report.recipients, [](const auto& status) { return status.has_value(); });
    if (refused == report.recipients.end()) return;
    const Error error{Failure::refused, '"' + mail::to_text(**refused) + '"'};
    report.sender = site_trouble(Step::mail, peer, "the server refuses the null sender", error);
    report.sender->code = (*refused)->code;
    std::ranges::fill(report.recipients, std::nullopt);
  }
  report.sender->text +=
      "; this is the null sender <> of reports: set bounces.from to an address that the account may use";
}

/// What could not be mended goes as it is; should it be refused, this is why.
void tell_doubts(const Outgoing& text) {
  for (const std::string& doubt : text.doubts()) {
    log(Level::notice, "strict servers refuse such text, and it cannot be mended",
        {{"id", text.envelope().id.text()}, {"reason", doubt}});
  }
}

/// Nobody was accepted, in words that nobody knows, or in words about this machine, the account (relaying) or the
/// sender that one recipient alone can bring about.
bool may_be_of_recipients(const TransactionOutcome& outcome) {
  const mail::DeliveryReport& report = outcome.report;
  if (outcome.accepted > 0) return false;
  if (!report.site && !report.sender) return !outcome.doubted.empty();
  const auto may_be = [](const auto& trouble) {
    return !trouble || (trouble->step == Step::rcpt && !trouble->crowded);
  };
  return may_be(report.site) && may_be(report.sender);
}

/// One recipient's own, as others who were accepted show.
bool is_of_one(const TransactionOutcome& outcome, const mail::SiteTrouble& trouble) {
  return outcome.theirs && trouble.step == Step::rcpt && trouble.code != kClosing;
}

/// Nobody has the message, and the server said nothing that is surely about the message or its recipients.
bool may_be_of_connection(const TransactionOutcome& outcome) {
  const mail::DeliveryReport& report = outcome.report;
  if (outcome.taken || report.uncertain) return false;
  if (outcome.progress == TransactionOutcome::Progress::postponed) return true;
  if (report.site) return report.site->failure == Failure::refused && !is_of_one(outcome, *report.site);
  if (report.sender) return !is_of_one(outcome, *report.sender);
  return mail::first_doubtful(report) != nullptr;
}

/// The site takes mail of this sender for the control address: what was refused is the doing of this transaction, and
/// where the address speaks for all who were refused, theirs alone.
template <typename AddressOf>
void blame_rebuffed(const Control& control, AddressOf address_of, TransactionOutcome& outcome) {
  mail::DeliveryReport& report = outcome.report;
  outcome.theirs = true;
  for (auto* trouble : {&report.site, &report.sender}) {
    if (*trouble) (*trouble)->in_transaction = true;
  }
  // An account whose quota is used up, say, is still let write to its own domain.
  const auto is_theirs = [&](const auto& one) {
    const bool certain = !control.at_home || one.second.verdict == mail::Verdict::failed;
    return certain && control.speaks_for(address_of(one.first));
  };
  // Whoever has no answer yet waits for the site, so for others it stays its trouble; whom nobody asked is asked next.
  const auto unanswered = std::ranges::count_if(report.recipients, [](const auto& status) { return !status; });
  if (!outcome.cut_short && std::cmp_not_equal(unanswered, outcome.rebuffed.size())) return;
  if (!std::ranges::all_of(outcome.rebuffed, is_theirs)) return;
  for (const auto& [index, status] : outcome.rebuffed) report.recipients[index] = status;
  report.site.reset();
  report.sender.reset();
  outcome.rest = outcome.cut_short;
}

/// The same was said of recipients in two domains, whom nothing else has in common.
template <typename AddressOf>
bool met_in_two_domains(AddressOf address_of, const TransactionOutcome& outcome) {
  return std::ranges::any_of(outcome.rebuffed, [&](const auto& one) {
    return !share_domain(address_of(one.first), address_of(outcome.rebuffed.front().first));
  });
}

}  // namespace

ClientSession::ClientSession(std::unique_ptr<net::Stream> stream, std::string peer, const Smarthost& smarthost,
                             Learnt& learnt)
    : stream_(std::move(stream)),
      wire_(*stream_),
      peer_(std::move(peer)),
      smarthost_(smarthost),
      policy_(smarthost.from, smarthost.names),
      learnt_(learnt) {}

ClientSession::ClientSession(std::unique_ptr<net::Stream> stream, std::string peer,
                             const std::shared_ptr<const Smarthost>& smarthost, Learnt& learnt)
    : ClientSession(std::move(stream), std::move(peer), *smarthost, learnt) {
  kept_ = smarthost;
}

bool ClientSession::fail(mail::SiteTrouble trouble) {
  wire_.give_up();
  trouble_ = std::move(trouble);
  return false;
}

Task<ClientSession::Opened> ClientSession::open(AuthRound& round, Patience patience) {
  const SteadyTime end = std::chrono::steady_clock::now() + patience.altogether;
  wire_.allow(std::min(patience.altogether, patience.welcome));
  welcomed_ = co_await welcome(patience.resumed);
  if (!welcomed_) co_return Opened::failed;
  wire_.allow(std::chrono::duration_cast<Milliseconds>(end - std::chrono::steady_clock::now()));
  if (const net::TlsInfo* tls = stream_->tls()) learnt_.notes.note_certificates(tls->not_after, tls->own_ends);
  if (!smarthost_.credentials) co_return Opened::ready;
  // In one expression with co_return GCC 12 resumes at a wrong place here (SIGILL in the ASan build).
  const Opened opened = co_await log_in(round);
  co_return opened;
}

Task<bool> ClientSession::welcome(Milliseconds resumed) {
  doubt_resumption(resumed);
  if (!co_await greeting()) co_return false;
  if (!co_await hello()) co_return false;
  if (smarthost_.tls != Tls::starttls) co_return true;
  if (!co_await start_tls(resumed)) co_return false;
  // Whatever was said before TLS may have been said by anybody (RFC 3207 4.2).
  // In one expression with co_return GCC 12 resumes at a wrong place (SIGILL in the ASan build).
  const bool understood = co_await hello();
  co_return understood;
}

/// Some servers take up an old session and then say nothing, and they do it each time.
void ClientSession::doubt_resumption(Milliseconds patience) {
  const net::TlsInfo* tls = stream_->tls();
  if (tls != nullptr && tls->resumed) wire_.expect_words(patience);
}

Offer ClientSession::offer() const {
  Offer offer;
  offer.mechanisms = server_.auth;
  if (const net::TlsInfo* tls = stream_->tls()) offer.tls = tls->version;
  return offer;
}

Task<ClientSession::Opened> ClientSession::log_in(AuthRound& round) {
  const Offer now = offer();
  weaker_ = learnt_.notes.compare(now, peer_);
  if (!weaker_.empty() && smarthost_.auth_downgrade == Downgrade::refuse && !round.accept_weaker) {
    fail(downgraded());
    co_return Opened::failed;
  }
  // Only a login that an administrator asked for makes a weaker offer the measure: until then it stays an alarm.
  if (weaker_.empty()) learnt_.notes.take(now);

  learnt_.notes.note_login();
  waiting_ = &round.waiting;
  AuthResult result = co_await authenticate(wire_, server_, smarthost_, peer_, learnt_.notes, round);
  waiting_ = nullptr;
  switch (result.outcome) {
    case AuthResult::Outcome::failed: fail(std::move(*result.trouble)); co_return Opened::failed;
    case AuthResult::Outcome::reconnect: wire_.give_up(); co_return Opened::reconnect;
    case AuthResult::Outcome::done: break;
  }
  mechanism_ = std::move(result.mechanism);
  const bool as_expected = weaker_.empty() || round.accept_weaker;
  if (!weaker_.empty() && round.accept_weaker) learnt_.notes.take(now);
  // What is better may have met a hiccup only, or may come back: then it is tried again at the next connection.
  if (as_expected && !round.unsettled) learnt_.notes.worked(mechanism_, *round.credentials);
  co_return Opened::ready;
}

void ClientSession::cancel() {
  stream_->cancel();
  if (waiting_ != nullptr) waiting_->cancel();
}

mail::SiteTrouble ClientSession::downgraded() const {
  std::string text;
  for (const std::string& sentence : weaker_) text.append(text.empty() ? "" : "; ").append(sentence);
  text +=
      "; nothing was logged in to, as the settings say (auth_downgrade: refuse). Somebody may sit in between, or the "
      "server was changed: ask who runs it. If the change is meant, run postern check --accept-weaker: once its login "
      "succeeds, what the server offers now is the measure";
  const Error error{Failure::denied, text};
  return site_trouble(Step::auth, peer_, "the server is weaker than before", error);
}

/// RFC 5321 3.1.
Task<bool> ClientSession::greeting() {
  const auto reply = co_await wire_.reply(limits::kGreeting);
  if (!reply) {
    Error error = reply.error();
    if (error.failure == Failure::timeout && smarthost_.tls != Tls::implicit) {
      error.text += "; if this port expects TLS from the first byte, as 465 does, set tls: implicit";
    }
    co_return fail(site_trouble(Step::greeting, peer_, "no greeting", error));
  }
  if (judge_opening(Step::greeting, *reply) != Opening::go_on) {
    co_return fail(site_trouble(Step::greeting, peer_, "the server refuses the connection", *reply));
  }
  greeting_ = reply->text();
  co_return true;
}

Task<bool> ClientSession::hello() {
  server_ = smtp::Capabilities();
  const std::string line = "EHLO " + smarthost_.helo + "\r\n";
  const auto reply = co_await wire_.command(line, limits::kMail);
  if (!reply) co_return fail(site_trouble(Step::ehlo, peer_, "EHLO", reply.error()));
  const Opening opening = judge_opening(Step::ehlo, *reply);
  if (opening == Opening::only_helo) co_return co_await helo(*reply);
  if (opening == Opening::trouble) {
    co_return fail(site_trouble(Step::ehlo, peer_, "the server answered EHLO with", *reply));
  }
  server_ = smtp::Capabilities::parse(*reply);
  extensions_.clear();
  for (std::size_t i = 1; i < reply->lines.size(); ++i) extensions_.push_back(printable(trim(reply->lines[i])));
  co_return true;
}

/// A server that knows no EHLO can offer neither TLS nor AUTH; without need for them HELO will do (RFC 5321 3.2).
Task<bool> ClientSession::helo(const smtp::Reply& refusal) {
  if (smarthost_.tls == Tls::starttls || smarthost_.credentials) {
    co_return fail(site_trouble(Step::ehlo, peer_,
                                "the server refuses EHLO, without which there is no STARTTLS or AUTH", refusal));
  }
  const std::string line = "HELO " + smarthost_.helo + "\r\n";
  const auto reply = co_await wire_.command(line, limits::kMail);
  if (!reply) co_return fail(site_trouble(Step::ehlo, peer_, "HELO", reply.error()));
  if (judge_opening(Step::ehlo, *reply) != Opening::go_on) {
    co_return fail(site_trouble(Step::ehlo, peer_, "the server refuses EHLO and HELO", *reply));
  }
  co_return true;
}

/// RFC 3207. What goes wrong here is said and nothing else is sent: a stripped STARTTLS is an attack.
Task<bool> ClientSession::start_tls(Milliseconds resumed) {
  if (!server_.starttls) {
    const Error error{Failure::tls, "the server does not offer STARTTLS, which the settings require (tls: starttls)"};
    co_return fail(site_trouble(Step::tls, peer_, "STARTTLS", error));
  }
  const auto reply = co_await wire_.command("STARTTLS\r\n", limits::kMail);
  if (!reply) co_return fail(site_trouble(Step::tls, peer_, "STARTTLS", reply.error()));
  if (judge_opening(Step::tls, *reply) != Opening::go_on) {
    co_return fail(site_trouble(Step::tls, peer_, "the server refuses STARTTLS", *reply));
  }
  if (wire_.unread()) {
    const Error error{Failure::protocol,
                      "bytes after the STARTTLS reply: somebody between us and the server may have put them there"};
    co_return fail(site_trouble(Step::tls, peer_, "STARTTLS", error));
  }
  const auto started = co_await wire_.start_tls(limits::kHandshake);
  if (!started) co_return fail(site_trouble(Step::tls, peer_, "TLS", started.error()));
  doubt_resumption(resumed);
  co_return true;
}

Task<mail::DeliveryReport> ClientSession::send(mail::Message& message) {
  wire_.allow(limits::kAttempt + Seconds(message.envelope().wire_size / limits::kSlowest));
  TransactionInput input = input_for(message);
  TransactionOutcome outcome = co_await transact(input, message);

  const bool unanswered = outcome.progress == TransactionOutcome::Progress::none && outcome.report.site.has_value();
  stale_ = unanswered || (messages_ > 0 && may_be_of_connection(outcome));
  rest_ = outcome.rest;
  if (outcome.accepted > 0) reached_ = message.envelope().id;
  if (outcome.report.site) wire_.give_up();
  if (const std::string from = policy_.one_sender(); !from.empty()) {
    outcome.report.sent_as = input.form.reverse_path + '\n' + from;
  }
  learn(message, input, outcome);
  ++messages_;
  co_return std::move(outcome.report);
}

Task<TransactionOutcome> ClientSession::transact(TransactionInput& input, mail::Message& message) {
  Outgoing text(message, terms_of(input.form, policy_, server_, smarthost_.texts));
  const auto prepared = co_await text.prepare();
  if (!prepared) co_return unreadable_message(prepared.error(), message);
  input.form.eight_bit = text.eight_bit();
  input.form.sized = !text.changes();
  tell_doubts(text);
  TransactionOutcome outcome = co_await run_transaction(wire_, input, text);
  const bool null_refused = outcome.sender_refused && input.form.reverse_path.empty() && !outcome.report.site;
  if (null_refused && smarthost_.own_sender.empty()) name_what_is_missing(outcome.report, peer_);
  if (null_refused && !smarthost_.own_sender.empty() && wire_.broken()) {
    learnt_.notes.note_null_sender(true);  // it hung up: the next time
  } else if (null_refused && !smarthost_.own_sender.empty()) {
    refusals_ += outcome.refusals;
    input.form.reverse_path = smarthost_.own_sender;
    input.form.quiet = true;
    input.reset_first = outcome.needs_reset;
    input.refusals = 0;
    outcome = co_await run_transaction(wire_, input, text);
    if (outcome.accepted > 0) learnt_.notes.note_null_sender(true);
  } else if (input.form.quiet && outcome.sender_refused) {
    // The address has changed, or may not be used any more: the next one is offered from "<>" first.
    learnt_.notes.note_null_sender(false);
  }
  refusals_ = outcome.taken ? 0 : refusals_ + outcome.refusals;
  needs_reset_ = outcome.needs_reset;
  if (may_be_of_recipients(outcome) && !wire_.broken()) co_await settle_doubt(input, message, outcome);
  co_return outcome;
}

/// Were it the account or this machine, the others would be refused, too; and the message's others, who were accepted
/// in a transaction just before, were not.
Task<void> ClientSession::settle_doubt(const TransactionInput& input, const mail::Message& message,
                                       TransactionOutcome& outcome) {
  const mail::Envelope& envelope = message.envelope();
  const auto address_of = [&](std::size_t index) { return envelope.recipients[message.pending()[index]].address; };
  std::optional<mail::SiteTrouble>& sender = outcome.report.sender;
  const bool troubled = outcome.report.site || sender;
  if (!troubled && reached_ == envelope.id) {
    for (const std::size_t index : outcome.doubted) fail_for_good(*outcome.report.recipients[index]);
    co_return;
  }
  if (sender && !outcome.report.site && met_in_two_domains(address_of, outcome)) sender->in_transaction = false;
  // Of the site and the sender any address tells something.
  std::vector<std::string> refused;
  for (std::size_t i = 0; !troubled && i < outcome.doubted.size(); ++i) {
    refused.push_back(address_of(outcome.doubted[i]));
  }
  const std::optional<Control> control = learnt_.control(envelope, home_of(input.form), refused);
  if (!control) co_return;
  needs_reset_ = false;
  const Others others = co_await ask_for_others(wire_, input, envelope, control->address);
  // The same was said of the sender to two who have no domain in common: it is not their list that the sender is on.
  const auto is_elsewhere = [&](const auto& one) { return !share_domain(control->address, address_of(one.first)); };
  const bool elsewhere = std::ranges::all_of(outcome.rebuffed, is_elsewhere);
  if (sender && others == Others::sender_refused && elsewhere) sender->in_transaction = false;
  if (outcome.report.site && others == Others::site_refused) outcome.report.site->in_transaction = false;
  if (others != Others::taken) {
    ++refusals_;
    co_return;
  }
  if (troubled) blame_rebuffed(*control, address_of, outcome);
  for (const std::size_t index : outcome.doubted) {
    if (control->speaks_for(address_of(index))) fail_for_good(*outcome.report.recipients[index]);
  }
}

Home ClientSession::home_of(const MailForm& form) const {
  Home home;
  home.logged_in = smarthost_.credentials != nullptr;
  if (home.logged_in) home.own = smarthost_.credentials->kinds().user;
  home.host = smarthost_.host;
  home.sender = form.reverse_path.empty() ? smarthost_.own_sender : form.reverse_path;
  return home;
}

TransactionOutcome ClientSession::unreadable_message(const Error& error, const mail::Message& message) const {
  TransactionOutcome outcome;
  outcome.report.recipients.assign(message.pending().size(), unreadable(error));
  outcome.needs_reset = needs_reset_;
  return outcome;
}

TransactionInput ClientSession::input_for(const mail::Message& message) const {
  TransactionInput input;
  input.peer = peer_;
  input.server = server_;
  input.server.pipelining = server_.pipelining && !learnt_.pipelining_fails;
  input.reset_first = needs_reset_;
  const std::string stand_in = learnt_.notes.refuses_null_sender() ? smarthost_.own_sender : std::string();
  input.form = form_of(message, policy_, stand_in, server_);
  input.refusals = refusals_;
  const SteadyTime now = std::chrono::steady_clock::now();
  input.server.dsn = server_.dsn && !learnt_.without_dsn.applies(now);
  input.most_recipients = std::min(server_.rcpt_max.value_or(SIZE_MAX), learnt_.most_recipients.at(now));
  return input;
}

void ClientSession::learn(const mail::Message& message, const TransactionInput& input,
                          const TransactionOutcome& outcome) {
  if (outcome.pipelining_failed && messages_ == 0) {
    learnt_.pipelining_fails = true;
    log(Level::notice, "pipelining does not work with this server and is not used from now on", {{"host", peer_}});
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  learn_of_dsn(input, outcome, now);
  if (outcome.enough && messages_ > 0) learnt_.most_messages.found(messages_, now);
  if (outcome.most_recipients != SIZE_MAX) learnt_.most_recipients.found(outcome.most_recipients, now);
  if (!outcome.taken) return;
  const auto& recipients = outcome.report.recipients;
  const auto reached = std::ranges::find_if(
      recipients, [](const auto& status) { return status && status->verdict == mail::Verdict::delivered; });
  if (reached == recipients.end()) return;
  const std::size_t index = message.pending()[static_cast<std::size_t>(reached - recipients.begin())];
  learnt_.note_taken(message.envelope().recipients[index].address, home_of(input.form));
}

void ClientSession::learn_of_dsn(const TransactionInput& input, const TransactionOutcome& outcome, SteadyTime now) {
  if (outcome.dsn_doubted) learnt_.without_dsn.doubt();
  const bool left_out = server_.dsn && !input.server.dsn && outcome.progress != TransactionOutcome::Progress::none;
  if (!left_out || !learnt_.without_dsn.tried(outcome.accepted > 0, now)) return;
  log(Level::notice, "the server refuses parameters of DSN, which it offers, and gets none for a day",
      {{"host", peer_}});
}

bool ClientSession::worn() const {
  const std::size_t learnt = learnt_.most_messages.at(std::chrono::steady_clock::now());
  const std::size_t most = std::min(server_.mail_max.value_or(SIZE_MAX), learnt);
  return messages_ >= std::min(most, smarthost_.messages_per_connection) || refusals_ >= kMostRefusals;
}

Task<void> ClientSession::quit(Milliseconds patience) {
  if (wire_.broken()) co_return;
  // Whatever comes back changes nothing (RFC 5321 4.1.1.10).
  const auto reply = co_await wire_.command("QUIT\r\n", patience);
  static_cast<void>(reply);
  wire_.give_up();
}

void ClientSession::identify(mail::DeliveryReport& report) const {
  report.host = peer_;
  report.mechanism = mechanism_;
  report.tls.clear();
  report.certificate_expires.clear();
  const net::TlsInfo* tls = stream_->tls();
  if (tls == nullptr) return;
  report.tls = tls->version + ' ' + tls->cipher;
  if (smarthost_.tls_pin.empty()) report.certificate_expires = tls->not_after;  // else its dates do not count
}

void ClientSession::describe(mail::CheckReport& report) const {
  report.host = peer_;
  report.greeting = greeting_;
  report.extensions = extensions_;
  report.offered.clear();
  for (const std::string& name : server_.auth) report.offered.push_back(printable(name));
  report.mechanism = mechanism_;
  report.weaker = weaker_;
  report.trouble = trouble_;
  const net::TlsInfo* tls = stream_->tls();
  if (tls == nullptr) return;
  report.tls_version = tls->version;
  report.tls_cipher = tls->cipher;
  report.certificate_subject = tls->subject;
  report.certificate_issuer = tls->issuer;
  if (smarthost_.tls_pin.empty()) report.certificate_expires = tls->not_after;
  report.pin = tls->pin;
  if (const std::string short_key = short_pinned_key(smarthost_, *tls); !short_key.empty()) {
    report.warnings.push_back(short_key);
  }
}

}  // namespace postern::relay
