#include "session.h"

#include "base/base64.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "sasl/negotiate.h"
#include "smtp/command.h"
#include "smtp/dialogue.h"
#include "smtp/limits.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace postern::practice {
namespace {

namespace limits = smtp::limits;

constexpr Seconds kSessionTime{24 * 3600};  // longer than any stall
constexpr Milliseconds kDripPause{5};

Task<void> pause(Milliseconds time) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

smtp::DialogueConfig dialogue_config(const Server& server) {
  smtp::DialogueConfig config;
  config.utf8_needs_parameter = true;
  config.needs_hello = true;
  config.hostname = server.hostname;
  config.starttls = server.starttls;
  config.require_auth = !server.accounts.user.empty();
  if (config.require_auth) config.auth = server.mechanisms;
  return config;
}

struct StepOfVerb {
  std::string_view verb;
  std::string_view step;
};
constexpr std::array kSteps{StepOfVerb{"EHLO", "ehlo"},         StepOfVerb{"HELO", "ehlo"}, StepOfVerb{"MAIL", "mail"},
                            StepOfVerb{"STARTTLS", "starttls"}, StepOfVerb{"AUTH", "auth"}, StepOfVerb{"RCPT", "rcpt"},
                            StepOfVerb{"DATA", "data"},         StepOfVerb{"QUIT", "quit"}};

std::string_view step_of(std::string_view verb) {
  const auto* const found =
      std::find_if(kSteps.begin(), kSteps.end(), [&](const auto& row) { return row.verb == verb; });
  return found == kSteps.end() ? std::string_view() : found->step;
}

class Session {
 public:
  Session(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Server> server)
      : stream_(std::move(stream)),
        peer_(std::move(peer)),
        server_(std::move(server)),
        dialogue_(dialogue_config(*server_)) {}

  // Every step returns false where the connection has ended.
  Task<void> run() {
    stream_->expires_after(kSessionTime);
    step("connect", "");
    bool open = co_await greet();
    while (open) open = co_await one_command();
    step("end", "");
  }

 private:
  enum class Verdict { go_on, answered, ended };

  void step(std::string_view what, std::string_view detail) const {
    log(Level::info, what, {{"peer", peer_.address}, {"detail", detail}});
  }

  Task<bool> say(std::string reply) {
    if (!drip_) co_return static_cast<bool>(co_await stream_->write(reply));
    drip_ = false;
    for (std::size_t i = 0; i < reply.size(); ++i) {
      if (!co_await stream_->write(std::string_view(reply).substr(i, 1))) co_return false;
      co_await pause(kDripPause);
    }
    co_return true;
  }

  /// A line without its end; nothing where the connection has ended or the line is too long.
  Task<std::optional<std::string>> read_line() {
    while (true) {
      if (const std::size_t end = input_.find('\n'); end != std::string::npos) {
        std::string line = input_.substr(0, end);
        input_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        co_return line;
      }
      if (input_.size() > limits::kAuthLine) co_return std::nullopt;
      if (!co_await fill()) co_return std::nullopt;
    }
  }

  Task<bool> fill() {
    std::array<char, 16 * 1024> piece;
    const Result<std::size_t> got = co_await stream_->read_some(piece);
    if (!got || *got == 0) co_return false;
    input_.append(piece.data(), *got);
    co_return true;
  }

  /// What the script wants at this step.
  Task<Verdict> misbehave(std::string_view at, std::string_view detail = {}) {
    const Action action = server_->script.reached(at, detail);
    if (action.kind != Action::Kind::none) log(Level::info, "misbehaving", {{"peer", peer_.address}, {"step", at}});
    switch (action.kind) {
      case Action::Kind::none: co_return Verdict::go_on;
      case Action::Kind::close: co_return Verdict::ended;
      case Action::Kind::drip: drip_ = true; co_return Verdict::go_on;
      case Action::Kind::stall: co_await pause(action.stall); co_return Verdict::go_on;
      case Action::Kind::garbage: {
        const bool said = co_await say("\x01\xff?? no reply at all\r\n");
        co_return said ? Verdict::answered : Verdict::ended;
      }
      case Action::Kind::reply: break;
    }
    const bool said = co_await say(action.reply + "\r\n");
    // A challenge wants the client's line before it can be refused.
    if (said && at == "auth" && action.reply.starts_with('3')) {
      if (!co_await read_line()) co_return Verdict::ended;
      if (!co_await say("535 5.7.8 Authentication failed\r\n")) co_return Verdict::ended;
    }
    co_return said ? Verdict::answered : Verdict::ended;
  }

  Task<bool> greet() {
    Verdict verdict = co_await misbehave("connect");
    if (verdict == Verdict::go_on) verdict = co_await misbehave("greeting");
    if (verdict != Verdict::go_on) co_return verdict == Verdict::answered;
    co_return co_await say(dialogue_.greeting());
  }

  Task<bool> one_command() {
    const std::optional<std::string> line = co_await read_line();
    if (!line) co_return false;
    const Result<smtp::CommandLine> command = smtp::parse_command(*line);
    const std::string verb = command ? command->verb : std::string();
    // What follows AUTH may be a password.
    step(verb.empty() ? "unknown command" : verb, verb == "AUTH" || verb.empty() ? "" : command->argument);
    if (const std::string_view at = step_of(verb); !at.empty()) {
      const std::string mechanism = verb == "AUTH" ? first_word(command->argument) : std::string();
      const Verdict verdict = co_await misbehave(at, mechanism);
      if (verdict != Verdict::go_on) co_return verdict == Verdict::answered;
    }
    const smtp::Reaction reaction = dialogue_.on_line(*line);
    switch (reaction.next) {
      case smtp::Next::command: co_return co_await say(reaction.reply);
      case smtp::Next::close: (void)co_await say(reaction.reply); co_return false;
      case smtp::Next::data: co_return co_await receive(reaction.reply);
      case smtp::Next::start_tls: co_return co_await start_tls(reaction.reply);
      case smtp::Next::auth: co_return co_await authenticate(reaction);
    }
    co_return false;
  }

  static std::string first_word(std::string_view text) {
    const std::vector<std::string_view> words = split_words(text);
    return words.empty() ? std::string() : std::string(words.front());
  }

  Task<bool> start_tls(std::string reply) {
    input_.clear();  // what came before the handshake is not to be believed (RFC 3207 6)
    if (!co_await say(std::move(reply))) co_return false;
    const Result<void> started = co_await stream_->start_tls();
    step("TLS", started ? stream_->tls()->version : started.error().text);
    if (!started) co_return false;
    dialogue_.on_tls();
    co_return true;
  }

  Task<bool> authenticate(const smtp::Reaction& reaction) {
    const std::string seed = "<" + std::to_string(random_number()) + "@" + server_->hostname + ">";
    sasl::ServerSide side = server_side(server_->accounts, stream_->tls(), seed);
    const std::unique_ptr<sasl::ServerMechanism> mechanism =
        sasl::make_server_mechanism(reaction.mechanism, std::move(side));
    if (!mechanism) co_return co_await say("504 5.5.4 Mechanism not known\r\n");

    std::optional<std::string> response;
    if (reaction.initial_response) {
      response = *reaction.initial_response == "=" ? std::string() : base64_decode(*reaction.initial_response);
      if (!response) co_return co_await say("501 5.5.2 Not base64\r\n");
    }
    while (true) {
      const sasl::ServerMechanism::Answer answer = mechanism->step(response);
      const bool ended = answer.outcome != sasl::ServerMechanism::Outcome::challenge;
      if (ended && answer.challenge.empty()) co_return co_await end_login(answer.outcome, reaction.mechanism);
      // SMTP has no room for data in the 235: what a mechanism says last is a challenge with an empty answer (RFC 4954
      // 4).
      response = co_await ask(answer.challenge);
      if (!response) co_return open_;
      if (ended) co_return co_await end_login(answer.outcome, reaction.mechanism);
    }
  }

  /// The client's answer to a challenge; nothing where there is none, and then open_ tells whether the session goes on.
  Task<std::optional<std::string>> ask(const std::string& challenge) {
    open_ = co_await say("334 " + base64_encode(challenge) + "\r\n");
    if (!open_) co_return std::nullopt;
    const std::optional<std::string> line = co_await read_line();
    open_ = line.has_value();
    if (!line) co_return std::nullopt;
    std::optional<std::string> response;
    if (*line != "*") response = base64_decode(*line);
    if (response) co_return response;
    open_ = co_await say(*line == "*" ? "501 5.7.0 Authentication cancelled\r\n" : "501 5.5.2 Not base64\r\n");
    co_return std::nullopt;
  }

  Task<bool> end_login(sasl::ServerMechanism::Outcome outcome, const std::string& mechanism) {
    const bool good = outcome == sasl::ServerMechanism::Outcome::success;
    if (good) mechanism_ = mechanism;
    step(good ? "login accepted" : "login refused", mechanism);
    const smtp::Reaction last = dialogue_.on_auth(good);
    co_return co_await say(last.reply) && last.next != smtp::Next::close;
  }

  Task<bool> receive(std::string reply) {
    if (!co_await say(std::move(reply))) co_return false;
    smtp::DataDecoder decoder;
    std::string text;
    bool ended = false;
    while (!ended) {
      std::string_view wire = input_;
      ended = decoder.feed(wire, text);
      input_.erase(0, input_.size() - wire.size());
      if (decoder.wire_size() > smtp::DialogueConfig().message_size) text.clear();
      if (!ended && !co_await fill()) co_return false;
    }
    const Verdict verdict = co_await misbehave("end-of-data");
    if (verdict == Verdict::ended) co_return false;
    if (verdict == Verdict::answered) {
      (void)dialogue_.on_refused(smtp::Refusal{451, "4.3.0", "scripted"});  // the transaction is over
      co_return true;
    }
    const smtp::Reaction reaction = finish(decoder, text);
    co_return co_await say(reaction.reply) && reaction.next != smtp::Next::close;
  }

  smtp::Reaction finish(const smtp::DataDecoder& decoder, const std::string& text) {
    if (decoder.wire_size() > smtp::DialogueConfig().message_size) return dialogue_.on_refused(dialogue_.too_large());
    // As strict servers are. An LF alone is taken: other clients than Postern send some (curl).
    const mail::Mended mended = decoder.mended();
    if (mended.blanks + mended.line_ends + mended.nuls > 0) {
      return dialogue_.on_refused(smtp::Refusal{550, "5.6.0", "the message holds a CR that ends no line, or a NUL"});
    }
    const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const QueueId id = QueueId::make(now, random_number());
    const net::TlsInfo* tls = stream_->tls();
    std::string session = tls != nullptr ? tls->version + " " + tls->cipher : std::string("cleartext");
    if (!mechanism_.empty()) session += " AUTH " + mechanism_;
    const Result<void> stored = server_->maildir.store(id, dialogue_.envelope(), session, text);
    step(stored ? "stored" : "not stored", stored ? id.str() : stored.error().text);
    if (!stored) return dialogue_.on_refused(smtp::Refusal{452, "4.3.1", stored.error().text});
    return dialogue_.on_stored(id);
  }

  std::unique_ptr<net::Stream> stream_;
  net::Peer peer_;
  std::shared_ptr<Server> server_;
  smtp::Dialogue dialogue_;
  std::string input_;
  std::string mechanism_;
  bool drip_ = false;
  bool open_ = true;
};

}  // namespace

Task<void> serve(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Server> server) {
  Session session(std::move(stream), std::move(peer), std::move(server));
  co_await session.run();
}

}  // namespace postern::practice
