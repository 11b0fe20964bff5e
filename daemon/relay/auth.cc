#include "relay/auth.h"

#include "base/text.h"
#include "relay/login_attempt.h"
#include "relay/verdict.h"
#include "sasl/negotiate.h"

#include <algorithm>
#include <utility>

namespace postern::relay {
namespace {

using credentials::Source;
using End = LoginAttempt::End;

constexpr std::string_view kDistrusted =
    "; the server did not prove that it is who it should be, or somebody sits between it and us. The login was "
    "stopped, "
    "and nothing else is tried: find out who answers there (postern check), and change the password if it may have "
    "been read";

/// `PLAIN, LOGIN: "535 no"; CRAM-MD5: "454 not now"`: what was said to several in a row stands once.
std::string list(const std::vector<mail::AuthAttempt>& tried) {
  std::string text;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    text.append(tried[i].mechanism);
    if (i + 1 < tried.size() && tried[i + 1].reply == tried[i].reply) {
      text += ", ";
      continue;
    }
    text.append(": \"").append(tried[i].reply).append(i + 1 < tried.size() ? "\"; " : "\"");
  }
  return text;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : " ").append(printable(name));
  return text;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [name](const std::string& each) { return iequals(each, name); });
}

mail::SiteTrouble nothing_usable(std::string_view host, const smtp::Capabilities& server, const Smarthost& smarthost,
                                 const AuthRound& round) {
  std::string text = "the server offers no AUTH, but a login is configured";
  if (!server.auth.empty()) text = "no usable mechanism; the server offers " + list(server.auth);
  if (!smarthost.mechanisms.empty()) text += "; the settings (mechanisms) allow " + list(smarthost.mechanisms);
  for (const mail::AuthSkip& skip : round.skipped) {
    if (contains(server.auth, skip.mechanism)) text += "; " + printable(skip.mechanism) + ": " + skip.reason;
  }
  const Error error{Failure::denied, text};
  return login_trouble(LoginEnd::untried, host, "cannot log in", error);
}

/// In the middle of a login, which the server may have counted.
mail::SiteTrouble broken_off(std::string_view host, const std::string& name, const Error& error) {
  const LoginEnd end = error.failure == Failure::cancelled ? LoginEnd::untried : LoginEnd::unanswered;
  return login_trouble(end, host, "AUTH " + name, error);
}

mail::SiteTrouble all_refused(std::string_view host, const AuthRound& round) {
  Error error{Failure::denied, list(round.tried)};
  if (!round.deciding) {
    error.failure = Failure::closed;
    return login_trouble(LoginEnd::unanswered, host, "every login ended without an answer", error);
  }
  const LoginEnd end = round.deciding->temporary ? LoginEnd::postponed : LoginEnd::refused;
  mail::SiteTrouble result = login_trouble(end, host, "every mechanism was refused", error);
  const mail::AuthAttempt& attempt = round.tried[round.deciding->tried];
  result.code = round.deciding->code;
  result.answer = attempt.mechanism + ": " + attempt.reply;
  result.crowded = round.deciding->temporary && round.deciding->crowded;
  return result;
}

mail::SiteTrouble no_credentials(std::string_view host, const Error& error) {
  return login_trouble(end_without_credentials(error), host, "cannot log in", error);
}

/// Waits like a refused login: trying again and again would give somebody in between more to work with.
mail::SiteTrouble distrust(std::string_view host, const std::string& name, const LoginAttempt& attempt) {
  Error error = *attempt.error;
  error.text += kDistrusted;
  mail::SiteTrouble result = login_trouble(LoginEnd::refused, host, "AUTH " + name, error);
  result.code = attempt.code;
  return result;
}

/// See AuthRound::deciding.
int weight(const std::string& name, const LoginAttempt& attempt) {
  if (attempt.end == End::nonsense) return 0;
  return sasl::shows_password(name) ? 2 : 1;
}

/// Of equal ones the last, but a refusal for good is not undone by "too many logins".
bool outweighs(const AuthRound::Refusal& known, const AuthRound::Refusal& next) {
  if (known.weight != next.weight) return known.weight > next.weight;
  return !known.temporary && next.temporary;
}

mail::AuthAttempt::End end_of(const LoginAttempt& attempt) {
  using Told = mail::AuthAttempt::End;
  switch (attempt.end) {
    case End::accepted: return Told::accepted;
    case End::refused: return attempt.temporary ? Told::postponed : Told::refused;
    case End::nonsense: return Told::nonsense;
    case End::distrusted: return Told::distrusted;
    case End::failed: return attempt.garbled() ? Told::nonsense : Told::dropped;
  }
  return Told::dropped;
}

void note(AuthRound& round, const std::string& name, const LoginAttempt& attempt) {
  mail::AuthAttempt tried;
  tried.mechanism = name;
  tried.end = end_of(attempt);
  tried.reply = attempt.words;
  round.tried.push_back(std::move(tried));
  const auto told = round.tried.back().end;
  if (told == mail::AuthAttempt::End::postponed || told == mail::AuthAttempt::End::dropped) round.unsettled = true;
  if (attempt.end != End::refused && attempt.end != End::nonsense) return;
  AuthRound::Refusal refusal;
  refusal.tried = round.tried.size() - 1;
  refusal.code = attempt.code;
  refusal.temporary = attempt.end == End::refused && attempt.temporary;
  refusal.crowded = attempt.crowded;
  refusal.weight = weight(name, attempt);
  if (round.deciding && outweighs(*round.deciding, refusal)) return;
  round.deciding = refusal;
}

AuthResult done(const std::string& mechanism) {
  AuthResult result;
  result.outcome = AuthResult::Outcome::done;
  result.mechanism = mechanism;
  return result;
}

AuthResult reconnect() {
  AuthResult result;
  result.outcome = AuthResult::Outcome::reconnect;
  return result;
}

AuthResult failure(mail::SiteTrouble trouble) {
  AuthResult result;
  result.trouble = std::move(trouble);
  return result;
}

/// One connection's part of the round.
class Login {
 public:
  Login(Wire& wire, const Smarthost& smarthost, std::string_view host, AuthRound& round)
      : wire_(wire), smarthost_(smarthost), host_(host), round_(round) {}

  Task<AuthResult> run(const smtp::Capabilities& server, const SiteNotes& notes) {
    if (!round_.credentials) {
      auto read = co_await round_.waiting.get(smarthost_.credentials, Source::Want::current);
      if (!read) co_return failure(no_credentials(host_, read.error()));
      round_.credentials = std::move(*read);
    }
    const std::vector<std::string> names = choose(server, notes);
    if (names.empty() && round_.tried.empty()) co_return failure(nothing_usable(host_, server, smarthost_, round_));
    for (const std::string& name : names) {
      auto ended = co_await turn(name);
      if (ended) co_return std::move(*ended);
      const bool last = name == names.back();
      if (last || code_ == kClosing) break;
      if (gone_) co_return reconnect();
    }
    co_return failure(all_refused(host_, round_));
  }

 private:
  /// What is left to try in this round, best first.
  std::vector<std::string> choose(const smtp::Capabilities& server, const SiteNotes& notes) {
    sasl::Channel channel;
    channel.encrypted = wire_.stream().secure();
    channel.verified = channel.encrypted;  // a client's stream is secure only after the peer was verified
    if (const net::TlsInfo* tls = wire_.stream().tls()) {
      for (const auto& [name, data] : tls->bindings) channel.bindings.push_back(sasl::ChannelBinding{name, data});
    }
    const sasl::Policy policy = login_policy(smarthost_, notes.mechanism(*round_.credentials));
    situation_ = sasl::situation(server.auth, channel, policy);
    situation_.host = smarthost_.host;
    situation_.port = smarthost_.port;
    sasl::Choice choice = sasl::negotiate(server.auth, channel, *round_.credentials, policy);
    round_.skipped.clear();
    for (sasl::Skipped& skip : choice.skipped) {
      round_.skipped.push_back(mail::AuthSkip{std::move(skip.mechanism), std::move(skip.reason)});
    }
    round_.order = choice.usable;
    std::erase_if(choice.usable, [&](const std::string& name) { return contains(round_.spent, name); });
    return std::move(choice.usable);
  }

  /// One mechanism, with a renewed token if the first one is not wanted. Nothing: the next one may be tried.
  Task<std::optional<AuthResult>> turn(const std::string& name) {
    for (;;) {
      const LoginAttempt attempt =
          co_await attempt_login(wire_, name, *round_.credentials, situation_, smarthost_.blocking);
      // After a refusal it was the refusal that ended the connection: this mechanism has not had its turn.
      if (attempt.hung_up() && refused_here_) co_return reconnect();
      note(round_, name, attempt);
      gone_ = attempt.end == End::failed && (attempt.hung_up() || attempt.garbled());
      code_ = attempt.code;
      if (attempt.end == End::accepted) co_return done(name);
      if (attempt.end == End::distrusted) co_return failure(distrust(host_, name, attempt));
      if (attempt.end == End::failed && !gone_) {
        co_return failure(broken_off(host_, name, *attempt.error));
      }
      refused_here_ = true;
      if (attempt.other_binding && next_binding() && !attempt.hung_up()) continue;
      if (!attempt.judged || !sasl::uses_token(name)) break;
      const bool renewed = co_await renew();
      if (!renewed) break;
      if (attempt.hung_up()) co_return reconnect();
    }
    round_.spent.push_back(name);
    co_return std::nullopt;
  }

  /// A server that knows none of our bindings is honest about it: then what comes after -PLUS has its turn.
  bool next_binding() {
    if (situation_.bindings.size() < 2) return false;
    situation_.bindings.erase(situation_.bindings.begin());
    return true;
  }

  /// A new token, once a round. Somebody else may have got one since ours was read: then that one is tried.
  Task<bool> renew() {
    const std::shared_ptr<Source>& source = smarthost_.credentials;
    if (round_.renewed || !source->renewable()) co_return false;
    round_.renewed = true;
    const auto now = co_await round_.waiting.get(source, Source::Want::current);
    const bool fresh =
        now && now->token && round_.credentials->token && now->token->reveal() != round_.credentials->token->reveal();
    if (fresh) {
      round_.credentials = *now;
      co_return true;
    }
    const auto renewed = co_await round_.waiting.get(source, Source::Want::renewed);
    if (renewed) {
      round_.credentials = *renewed;
      co_return true;
    }
    round_.tried.back().reply += "; the token could not be renewed: " + renewed.error().text;
    if (round_.deciding && round_.deciding->tried == round_.tried.size() - 1) {
      round_.deciding->temporary = renewed.error().failure != Failure::rejected;
    }
    co_return false;
  }

  Wire& wire_;
  const Smarthost& smarthost_;
  std::string_view host_;
  AuthRound& round_;
  sasl::Situation situation_;
  int code_ = 0;               // of the last refusal
  bool gone_ = false;          // the server closed the connection
  bool refused_here_ = false;  // something was refused on this connection
};

}  // namespace

sasl::Policy login_policy(const Smarthost& smarthost, std::string remembered) {
  return sasl::Policy{static_cast<const sasl::LoginOptions&>(smarthost), std::move(remembered)};
}

Task<AuthResult> authenticate(Wire& wire, const smtp::Capabilities& server, const Smarthost& smarthost,
                              std::string_view host, const SiteNotes& notes, AuthRound& round) {
  Login login(wire, smarthost, host, round);
  co_return co_await login.run(server, notes);
}

}  // namespace postern::relay
