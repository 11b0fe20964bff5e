// A server made of the server sides of the mechanisms: it speaks EHLO, AUTH and QUIT, and keeps its own counsel.
#pragma once

#include "base/base64.h"
#include "base/text.h"
#include "net/stream.h"
#include "sasl/negotiate.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::relay {

/// What all connections of one test share.
struct AuthServer {
  std::string offer = "AUTH PLAIN";                        ///< lines of EHLO, joined by '\n'
  std::map<std::string, std::string, std::less<>> users;   ///< and passwords
  std::set<std::string, std::less<>> tokens;               ///< that are valid
  std::map<std::string, std::string, std::less<>> broken;  ///< by mechanism: what it says to every step
  std::vector<std::pair<std::string, std::string>> bindings;
  std::vector<std::pair<std::string, std::string>> client_bindings;  ///< what the client sees of the channel
  std::string certificate_user;
  bool hangs_up = false;  ///< after each failure

  std::vector<std::string> tried;  ///< mechanisms, in order
  std::vector<std::string> heard;  ///< every line
  std::size_t logins = 0;
  std::size_t connections = 0;

  /// The Nth operation of the stream (reads and writes) fails; 0: none.
  std::size_t fail_at = 0;
  Failure failure = Failure::timeout;
  std::size_t operations = 0;

  [[nodiscard]] sasl::ServerSide side() const {
    sasl::ServerSide side;
    side.password_of = [this](std::string_view user) {
      const auto found = users.find(user);
      return found == users.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    side.token_valid = [this](std::string_view, std::string_view token) { return tokens.contains(token); };
    for (const auto& [name, data] : bindings) side.bindings.push_back(sasl::ChannelBinding{name, data});
    side.certificate_user = certificate_user;
    return side;
  }
};

class AuthServerStream final : public net::Stream {
 public:
  explicit AuthServerStream(AuthServer& server) : server_(server) {
    ++server_.connections;
    tls_.version = "TLSv1.3";
    tls_.verified = true;
    tls_.bindings = server_.client_bindings;
  }
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (failing()) co_return Error{server_.failure, "scripted failure"};
    const std::size_t count = std::min(into.size(), replies_.size());
    std::copy_n(replies_.begin(), count, into.begin());
    replies_.erase(0, count);
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (failing()) co_return Error{server_.failure, "scripted failure"};
    if (closed_) co_return Error{Failure::closed, "write: Broken pipe"};
    lines_ += bytes;
    for (std::size_t end = lines_.find("\r\n"); end != std::string::npos; end = lines_.find("\r\n")) {
      const std::string line = lines_.substr(0, end);
      lines_.erase(0, end + 2);
      server_.heard.push_back(line);
      hear(line);
    }
    co_return Result<void>();
  }
  Task<Result<void>> start_tls() override { co_return Error{Failure::tls, "TLS is there already"}; }
  [[nodiscard]] bool secure() const override { return true; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return &tls_; }
  void expires_after(Milliseconds) override {}
  void cancel() override {}

 private:
  bool failing() {
    broken_ = broken_ || ++server_.operations == server_.fail_at;
    return broken_;
  }

  void say(std::string_view line) { replies_.append(line).append("\r\n"); }

  void hear(const std::string& line) {
    if (mechanism_ || !misbehaviour_.empty()) return respond(line);
    const auto words = split_words(line);
    const std::string_view verb = words.empty() ? std::string_view() : words.front();
    if (verb == "EHLO") return greet();
    if (verb == "QUIT") return say("221 bye");
    if (verb != "AUTH" || words.size() < 2) return say("500 what?");
    server_.tried.emplace_back(words[1]);
    if (const auto found = server_.broken.find(words[1]); found != server_.broken.end()) {
      misbehaviour_ = found->second;
      return say(misbehaviour_);
    }
    sasl::ServerSide side = server_.side();
    if (words[1] == "CRAM-MD5") side.challenge_seed = "<1896.697170952@mx>";
    mechanism_ = sasl::make_server_mechanism(words[1], std::move(side));
    if (!mechanism_) return say("504 unknown");
    if (words.size() < 3) return answer(std::nullopt);
    answer(words[2] == "=" ? std::string() : base64_decode(words[2]));
  }

  void greet() {
    say("250-mx");
    for (std::string_view rest = server_.offer; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const bool last = end == rest.size();
      say((last ? "250 " : "250-") + std::string(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void respond(const std::string& line) {
    if (line == "*") {
      mechanism_.reset();
      misbehaviour_.clear();
      return say("501 cancelled");
    }
    if (!misbehaviour_.empty()) return say(misbehaviour_);
    answer(base64_decode(line));
  }

  void answer(const std::optional<std::string>& response) {
    // The server's final message has been taken: the empty response to it ends the exchange.
    const auto step = mechanism_->step(response);
    using Outcome = sasl::ServerMechanism::Outcome;
    if (step.outcome == Outcome::challenge) return say("334 " + base64_encode(step.challenge));
    mechanism_.reset();
    if (step.outcome == Outcome::success) {
      ++server_.logins;
      return say("235 2.7.0 ok");
    }
    say("535 5.7.8 no");
    closed_ = server_.hangs_up;
  }

  AuthServer& server_;
  net::TlsInfo tls_;
  std::unique_ptr<sasl::ServerMechanism> mechanism_;
  std::string misbehaviour_;
  std::string lines_;
  std::string replies_ = "220 mx\r\n";
  bool broken_ = false;
  bool closed_ = false;
};

}  // namespace postern::relay
