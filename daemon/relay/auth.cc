#include "relay/auth.h"

#include "base/base64.h"
#include "base/text.h"
#include "relay/verdict.h"
#include "sasl/negotiate.h"
#include "smtp/limits.h"

#include <algorithm>
#include <utility>

namespace postern::relay {
namespace {

namespace limits = smtp::limits;
using mail::Step;

constexpr int kContinue = 334;

/// How one attempt with one mechanism ended.
struct Attempt {
  enum class End { accepted, refused, nonsense, failed };
  End end = End::failed;
  int code = 0;
  std::string words;           ///< for people: the server's, or why it ended
  std::optional<Error> error;  ///< failed: of the connection
};

enum class Inline { yes, no };

Attempt ended(Attempt::End end, const smtp::Reply& reply) {
  Attempt attempt;
  attempt.end = end;
  attempt.code = reply.code;
  attempt.words = reply.text();
  return attempt;
}

/// Servers exist that repeat the line they refuse. What they say goes into the log and is shown to every user, so
/// words that hold the password, or the response that encodes it, are not kept.
void hide_secrets(std::string& words, const sasl::Credentials& credentials) {
  constexpr std::size_t kTelling = 8;  // enough of the encoded response to know it by, were it cut off
  std::string both = std::string(1, '\0') + credentials.user + '\0';
  both += credentials.password.reveal();
  std::string plain = base64_encode(both).substr(0, kTelling);
  std::string password(credentials.password.reveal());
  std::string encoded = base64_encode(password);
  encoded.resize(std::min(encoded.find('='), encoded.size()));
  const std::string said = to_lower(words);
  for (std::string* secret : {&plain, &password, &encoded}) {
    if (!secret->empty() && said.find(to_lower(*secret)) != std::string::npos) {
      const bool has_code = words.size() > 3 && parse_number(words.substr(0, 3));
      words = (has_code ? words.substr(0, 4) : std::string()) + "(words that repeat the login are not shown)";
    }
    wipe(*secret);
  }
  wipe(both);
}

Attempt failed(const Error& error) {
  Attempt attempt;
  attempt.words = error.text;
  attempt.error = error;
  return attempt;
}

sasl::Challenge challenge_of(const smtp::Reply& reply) {
  sasl::Challenge challenge;
  if (!reply.lines.empty()) challenge.raw = reply.lines.front();
  challenge.decoded = base64_decode(trim(challenge.raw));
  return challenge;
}

/// Sends a line that holds a secret, and wipes it.
Task<Result<smtp::Reply>> secret_command(Wire& wire, std::string line) {
  // A string that grows leaves its old bytes behind.
  std::string whole;
  whole.reserve(line.size() + 2);
  whole.append(line).append("\r\n");
  wipe(line);
  line = std::move(whole);
  auto reply = co_await wire.command(line, limits::kMail);
  wipe(line);
  co_return reply;
}

std::string encode(sasl::Response& response) {
  std::string line = response.encoded ? base64_encode(response.bytes) : response.bytes;
  wipe(response.bytes);
  return line;
}

/// A response in clear text must stay one line.
bool fits_a_line(const sasl::Response& response) { return response.encoded || !has_control(response.bytes); }

/// RFC 4954 section 4: "*" ends the exchange, and the server answers 501.
Task<Attempt> cancel(Wire& wire, std::string why) {
  const auto reply = co_await wire.command("*\r\n", limits::kMail);
  if (!reply) co_return failed(reply.error());
  if (reply->code == kClosing) co_return ended(Attempt::End::refused, *reply);
  Attempt attempt;
  attempt.end = Attempt::End::nonsense;
  attempt.words = std::move(why);
  co_return attempt;
}

std::string auth_command(sasl::Mechanism& mechanism, Inline with) {
  std::string line = "AUTH ";
  line += mechanism.name();
  if (with == Inline::no) return line;
  std::optional<std::string> initial = mechanism.initial();
  if (!initial) return line;
  // An empty initial response is written "=" (RFC 4954 section 4).
  std::string encoded = initial->empty() ? "=" : base64_encode(*initial);
  wipe(*initial);
  if (line.size() + 1 + encoded.size() + 2 <= limits::kInlineCommand) {
    line.reserve(line.size() + 1 + encoded.size());
    line.append(" ").append(encoded);
  }
  wipe(encoded);
  return line;
}

Task<Attempt> attempt(Wire& wire, sasl::Mechanism& mechanism, std::string command) {
  auto reply = co_await secret_command(wire, std::move(command));
  while (reply && reply->code == kContinue) {
    const sasl::Challenge challenge = challenge_of(*reply);
    auto response = mechanism.step(challenge);
    if (!response) co_return co_await cancel(wire, response.error().text);
    if (!fits_a_line(*response)) co_return co_await cancel(wire, "the credentials do not fit into a line of text");
    std::string line = encode(*response);
    reply = co_await secret_command(wire, std::move(line));
  }
  if (!reply) co_return failed(reply.error());
  // 235 by RFC 4954; of a code that is not foreseen the first digit counts (RFC 5321 4.3.2).
  if (reply->positive()) co_return ended(Attempt::End::accepted, *reply);
  if (reply->transient() || reply->permanent()) co_return ended(Attempt::End::refused, *reply);
  wire.give_up();  // out of step: every later reply would be taken for another
  const Error error{Failure::protocol, "unexpected reply to AUTH: \"" + reply->text() + "\""};
  co_return failed(error);
}

void hide_secrets(Attempt& attempt, const sasl::Credentials& credentials) {
  hide_secrets(attempt.words, credentials);
  if (attempt.error) hide_secrets(attempt.error->text, credentials);
}

/// Some servers refuse the initial response for its form alone (501, 504): they get it when they ask for it.
Task<Attempt> attempt_both_ways(Wire& wire, std::string_view name, const sasl::Credentials& credentials) {
  const auto mechanism = sasl::make_mechanism(name, credentials);
  std::string command = auth_command(*mechanism, Inline::yes);
  const std::string bare = auth_command(*mechanism, Inline::no);
  const bool had_initial = command != bare;
  Attempt first = co_await attempt(wire, *mechanism, std::move(command));
  hide_secrets(first, credentials);
  const bool form = first.end == Attempt::End::refused && (first.code == 501 || first.code == 504);
  if (!had_initial || !form) co_return first;
  const auto again = sasl::make_mechanism(name, credentials);
  Attempt second = co_await attempt(wire, *again, bare);
  hide_secrets(second, credentials);
  // What the server said of the first try is an answer; that it hung up on the second one is none.
  if (second.end == Attempt::End::failed && second.error->failure == Failure::closed) co_return first;
  co_return second;
}

std::string list(const std::vector<mail::AuthAttempt>& tried) {
  std::string text;
  for (const mail::AuthAttempt& attempt : tried) {
    if (!text.empty()) text += "; ";
    text += attempt.mechanism + ": " + attempt.reply;
  }
  return text;
}

mail::SiteTrouble nothing_usable(std::string_view host, const smtp::Capabilities& server, const AuthRound& round) {
  std::string text;
  for (const std::string& name : server.auth) text.append(text.empty() ? "" : " ").append(printable(name));
  text = server.auth.empty() ? "the server offers no AUTH, but a user is configured"
                             : "no usable mechanism; the server offers " + text;
  for (const mail::AuthSkip& skip : round.skipped) text += "; " + printable(skip.mechanism) + ": " + skip.reason;
  const Error error{Failure::denied, text};
  return site_trouble(Step::auth, host, "cannot log in", error);
}

mail::SiteTrouble all_refused(std::string_view host, const AuthRound& round, int code) {
  const Error error{Failure::denied, list(round.tried)};
  mail::SiteTrouble result = site_trouble(Step::auth, host, "every mechanism was refused", error);
  result.code = code;
  result.login_refused = round.refused && !round.transient;
  return result;
}

bool is_tried(const AuthRound& round, std::string_view name) {
  return std::ranges::any_of(round.tried, [&](const mail::AuthAttempt& t) { return t.mechanism == name; });
}

void note(AuthRound& round, const std::string& name, const Attempt& attempt) {
  mail::AuthAttempt tried;
  tried.mechanism = name;
  tried.succeeded = attempt.end == Attempt::End::accepted;
  tried.reply = attempt.words;
  round.tried.push_back(std::move(tried));
  const bool temporary = attempt.end == Attempt::End::refused && attempt.code / 100 == 4;
  if (attempt.end == Attempt::End::nonsense || (attempt.end == Attempt::End::refused && !temporary)) {
    round.refused = true;
  }
  round.transient = temporary;
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

/// 421, or the connection is gone: the server talks to nobody any more on this one.
bool hung_up(const Attempt& attempt) {
  if (attempt.end == Attempt::End::failed) return attempt.error->failure == Failure::closed;
  return attempt.end == Attempt::End::refused && attempt.code == kClosing;
}

Result<sasl::Credentials> credentials_of(const Smarthost& smarthost) {
  sasl::Credentials credentials;
  credentials.user = smarthost.user;
  if (!smarthost.password) return Error{Failure::not_found, "a user is configured but no password"};
  auto password = smarthost.password();
  if (!password) return password.error();
  credentials.password = std::move(*password);
  return credentials;
}

/// What is left to try in this round, best first.
std::vector<std::string> choose(Wire& wire, const smtp::Capabilities& server, const Smarthost& smarthost,
                                const sasl::Credentials& credentials, std::string_view remembered, AuthRound& round) {
  sasl::Channel channel;
  channel.encrypted = wire.stream().secure();
  channel.verified = channel.encrypted;  // a client's stream is secure only after the peer was verified
  sasl::Policy policy;
  policy.allow_cleartext = smarthost.allow_cleartext_auth;
  policy.remembered = remembered;
  sasl::Choice choice = sasl::negotiate(server.auth, channel, credentials, policy);
  round.skipped.clear();
  for (sasl::Skipped& skip : choice.skipped) {
    round.skipped.push_back(mail::AuthSkip{std::move(skip.mechanism), std::move(skip.reason)});
  }
  std::erase_if(choice.usable, [&](const std::string& name) { return is_tried(round, name); });
  return std::move(choice.usable);
}

}  // namespace

Task<AuthResult> authenticate(Wire& wire, const smtp::Capabilities& server, const Smarthost& smarthost,
                              std::string_view host, std::string_view remembered, AuthRound& round) {
  const auto credentials = credentials_of(smarthost);
  if (!credentials) co_return failure(site_trouble(Step::auth, host, "cannot log in", credentials.error()));
  const std::vector<std::string> names = choose(wire, server, smarthost, *credentials, remembered, round);
  if (names.empty() && round.tried.empty()) co_return failure(nothing_usable(host, server, round));

  bool refused_here = false;
  int code = 0;
  for (const std::string& name : names) {
    const Attempt outcome = co_await attempt_both_ways(wire, name, *credentials);
    // After a refusal it was the refusal that ended the connection: this mechanism has not had its turn.
    if (hung_up(outcome) && refused_here) co_return reconnect();
    note(round, name, outcome);
    if (outcome.end == Attempt::End::accepted) co_return done(name);
    const bool dropped = outcome.end == Attempt::End::failed && outcome.error->failure == Failure::closed;
    if (outcome.end == Attempt::End::failed && !dropped) {
      co_return failure(site_trouble(Step::auth, host, "AUTH " + name, *outcome.error));
    }
    code = outcome.code;
    if (code == kClosing) break;
    if (dropped && name != names.back()) co_return reconnect();
    refused_here = true;
  }
  co_return failure(all_refused(host, round, code));
}

}  // namespace postern::relay
