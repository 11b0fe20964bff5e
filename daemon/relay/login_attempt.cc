#include "relay/login_attempt.h"

#include "base/base64.h"
#include "base/text.h"
#include "relay/redact.h"
#include "relay/refusals.h"
#include "relay/verdict.h"
#include "sasl/negotiate.h"
#include "smtp/limits.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::relay {
namespace {

namespace limits = smtp::limits;
using End = LoginAttempt::End;

constexpr int kContinue = 334;

enum class Inline { yes, no };

struct Exchange {
  Wire& wire;
  std::shared_ptr<sasl::Mechanism> mechanism;
  const credentials::Blocking& blocking;
  bool repeated = false;  ///< a challenge may repeat a secret
};

LoginAttempt ended(End end, const Exchange& exchange, const smtp::Reply& reply) {
  LoginAttempt attempt;
  attempt.end = end;
  attempt.code = reply.code;
  attempt.words = shown(exchange.wire.secrets(), reply);
  return attempt;
}

LoginAttempt failed(const Error& error) {
  LoginAttempt attempt;
  attempt.words = error.text;
  attempt.error = error;
  return attempt;
}

/// What the parser quotes of a line is cut off, and its end might be most of a secret.
LoginAttempt unanswered(Error error) {
  if (error.failure == Failure::protocol) error.text.resize(std::min(error.text.find(": \""), error.text.size()));
  return failed(error);
}

/// What the reply says is decided by the reply itself, not by what is shown of it.
LoginAttempt refused(const Exchange& exchange, const smtp::Reply& reply) {
  LoginAttempt attempt = ended(End::refused, exchange, reply);
  attempt.temporary = login_postponed(reply);
  attempt.crowded = attempt.temporary && says_crowded(reply);
  attempt.judged = !attempt.temporary && !login_form_refused(reply);
  return attempt;
}

/// Not even "*" or QUIT: whoever this is learns nothing more.
LoginAttempt distrusted(Wire& wire, const Error& error) {
  wire.give_up();
  LoginAttempt attempt = failed(error);
  attempt.end = End::distrusted;
  return attempt;
}

/// Only if the credentials changed after the choice was made.
LoginAttempt unusable() {
  LoginAttempt attempt;
  attempt.end = End::nonsense;
  attempt.words = "the credentials for it are gone";
  return attempt;
}

sasl::Challenge challenge_of(const smtp::Reply& reply) {
  sasl::Challenge challenge;
  if (!reply.lines.empty()) challenge.raw = reply.lines.front();
  challenge.decoded = base64_decode(trim(challenge.raw));
  return challenge;
}

/// Challenges may echo what was sent, and so may every other reply.
void trace(const Exchange& exchange, const smtp::Reply& reply) {
  if (reply.code == kContinue) return exchange.wire.trace("S: 334 (challenge)");
  exchange.wire.trace(reply);
}

/// Sends a line that holds a secret, and wipes it.
Task<Result<smtp::Reply>> secret_command(const Exchange& exchange, std::string line, std::string shown) {
  // A string that grows leaves its old bytes behind.
  std::string whole;
  whole.reserve(line.size() + 2);
  whole.append(line).append("\r\n");
  wipe(line);
  auto reply = co_await exchange.wire.secret_command(whole, shown, limits::kMail);
  wipe(whole);
  if (reply) trace(exchange, *reply);
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
Task<LoginAttempt> cancel(const Exchange& exchange, std::string why) {
  const auto reply = co_await secret_command(exchange, "*", "*");
  if (!reply) co_return unanswered(reply.error());
  if (reply->code == kClosing) co_return refused(exchange, *reply);
  LoginAttempt attempt;
  attempt.end = End::nonsense;
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

LoginAttempt judged(const Exchange& exchange, const smtp::Reply& reply) {
  // 235 by RFC 4954; of a code that is not foreseen the first digit counts (RFC 5321 4.3.2).
  if (reply.positive()) {
    const auto proved = exchange.mechanism->accepted();
    return proved ? ended(End::accepted, exchange, reply) : distrusted(exchange.wire, proved.error());
  }
  if (is_refusal(reply)) return refused(exchange, reply);
  exchange.wire.give_up();  // out of step: every later reply would be taken for another
  const std::string words = shown(exchange.wire.secrets(), reply);
  return failed(Error{Failure::protocol, "unexpected reply to AUTH: \"" + words + "\""});
}

/// What a step on another thread needs; it stays alive if nobody waits for the step any more.
struct PendingStep {
  std::shared_ptr<sasl::Mechanism> mechanism;
  sasl::Challenge challenge;
  std::optional<Result<sasl::Response>> response;
};

Task<Result<sasl::Response>> step(const Exchange& exchange, const sasl::Challenge& challenge) {
  if (!exchange.blocking) co_return exchange.mechanism->step(challenge);
  const auto state = std::make_shared<PendingStep>();
  state->mechanism = exchange.mechanism;
  state->challenge = challenge;
  std::function<Result<std::string>()> work = [state] {
    state->response = state->mechanism->step(state->challenge);
    return Result<std::string>(std::string());
  };
  const auto ran = co_await exchange.blocking(std::move(work));
  if (!ran) co_return ran.error();
  co_return std::move(*state->response);
}

Task<LoginAttempt> converse(Exchange& exchange, std::string command, std::string shown) {
  auto reply = co_await secret_command(exchange, std::move(command), std::move(shown));
  while (reply && reply->code == kContinue) {
    const sasl::Challenge challenge = challenge_of(*reply);
    const Redactor& secrets = exchange.wire.secrets();
    if (secrets.repeats(challenge.decoded.value_or(challenge.raw))) exchange.repeated = true;
    auto response = co_await step(exchange, challenge);
    if (!response && response.error().failure == Failure::tls) co_return distrusted(exchange.wire, response.error());
    if (!response) co_return co_await cancel(exchange, response.error().text);
    if (!fits_a_line(*response)) co_return co_await cancel(exchange, "the credentials do not fit into a line of text");
    std::string line = encode(*response);
    reply = co_await secret_command(exchange, std::move(line), "(response)");
  }
  if (!reply) co_return unanswered(reply.error());
  co_return judged(exchange, *reply);
}

/// Adds what the server said inside the exchange.
void finish(LoginAttempt& attempt, const Exchange& exchange) {
  const std::string why = exchange.mechanism->refusal();
  if (!why.empty() && attempt.end != End::accepted) {
    attempt.words += " (" + (exchange.repeated ? std::string(Redactor::kRemark) : why) + ")";
    attempt.judged = !attempt.temporary;
    attempt.other_binding = why == "unsupported-channel-binding-type";
  }
}

Task<LoginAttempt> attempt(Exchange& exchange, std::string command, std::string shown) {
  LoginAttempt result = co_await converse(exchange, std::move(command), std::move(shown));
  finish(result, exchange);
  co_return result;
}

}  // namespace

bool LoginAttempt::hung_up() const {
  if (end == End::failed) return error->failure == Failure::closed;
  return end == End::refused && code == kClosing;
}

bool LoginAttempt::garbled() const {
  return end == End::failed && (error->failure == Failure::limit || error->failure == Failure::protocol);
}

Task<LoginAttempt> attempt_login(Wire& wire, std::string_view name, const sasl::Credentials& credentials,
                                 const sasl::Situation& situation, const credentials::Blocking& blocking) {
  const std::shared_ptr<sasl::Mechanism> mechanism = sasl::make_mechanism(name, credentials, situation);
  if (!mechanism) co_return unusable();
  teach(wire.secrets(), credentials);
  Exchange exchange{wire, mechanism, blocking};
  const std::string bare = auth_command(*mechanism, Inline::no);
  std::string command = auth_command(*mechanism, Inline::yes);
  const bool had_initial = command != bare;
  std::string shown = had_initial ? bare + " (credentials)" : bare;
  LoginAttempt first = co_await attempt(exchange, std::move(command), std::move(shown));
  const bool form = first.end == End::refused && initial_response_refused(first.code);
  if (!had_initial || !form) co_return first;
  const std::shared_ptr<sasl::Mechanism> fresh = sasl::make_mechanism(name, credentials, situation);
  Exchange anew{wire, fresh, blocking};
  LoginAttempt second = co_await attempt(anew, bare, bare);
  // What the server said of the first try is an answer; that it hung up on the second one is none.
  if (second.end == End::failed && second.error->failure == Failure::closed) co_return first;
  co_return second;
}

}  // namespace postern::relay
