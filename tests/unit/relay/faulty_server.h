// A smarthost in memory that does one thing wrong, at one step of the protocol, once. Until then, and before and after
// on other connections, it behaves well. Where that one thing concerns RSET it knows no recipient of the first message,
// so that there is something to reset. Time passes only where the fault takes some.
#pragma once

#include "net/stream.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace postern::relay {

// NOLINTNEXTLINE(performance-enum-size)
enum class At {
  connect,
  greeting,
  ehlo,
  starttls,
  handshake,
  inside,
  auth,
  challenge,
  login,
  mail,
  rcpt,
  data,
  text,
  dot,
  reset,
  quit
};
enum class Fault {
  later,
  never,
  closing,
  fin,
  reset,
  garbage,
  long_line,
  endless,
  stall,
  drip,
  wrong,
  extra,
  changes,
  notify,
  alert
};

/// What it was told, shared with the test: the relay destroys its streams.
struct Witness {
  bool done = false;         ///< the fault has happened
  std::string in_clear;      ///< everything written before TLS
  std::string afterwards;    ///< everything written on the same connection after the fault was read
  std::size_t consumed = 0;  ///< bytes of an endless reply that were taken
  Milliseconds patience{0};  ///< the deadline of the operation that timed out
  std::size_t begun = 0;     ///< answers to MAIL
  std::size_t taken = 0;     ///< messages it answered 250 for
};

class FaultyServer final : public net::Stream {
 public:
  struct Plan {
    At at = At::quit;
    Fault fault = Fault::later;
    std::size_t recipient = 1;  ///< the one whose RCPT it concerns, from 0
    bool pipelining = true;
    bool implicit = false;  ///< TLS from the first byte
    bool resumed = false;   ///< the handshake resumes an earlier session
  };

  FaultyServer(Plan plan, std::shared_ptr<Witness> witness) : plan_(plan), witness_(std::move(witness)) {
    tls_.version = "TLSv1.3";
    tls_.cipher = "TEST";
    tls_.verified = true;
    tls_.resumed = plan_.resumed;
    secure_ = plan_.implicit;
    answer(At::greeting, "220 mx ready\r\n");
  }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (!say_.empty() || ended_ || broken_ || silent_ || !endless_.empty()) seen_ = seen_ || wrong_;
    if (say_.empty() && !endless_.empty()) {
      say_ = endless_;
      witness_->consumed += say_.size();
    }
    if (!say_.empty()) {
      if (slowly_ && (left_ -= Seconds(4)) < Milliseconds(0)) co_return fail(Failure::timeout);
      const std::size_t count = slowly_ ? 1 : std::min(into.size(), say_.size());
      std::copy_n(say_.begin(), count, into.begin());
      say_.erase(0, count);
      co_return count;
    }
    if (broken_) co_return fail(*broken_);
    if (ended_ && secure_ && plan_.fault == Fault::fin) co_return fail(Failure::closed);  // TLS was not ended
    if (ended_) co_return std::size_t{0};
    co_return fail(Failure::timeout);
  }

  Task<Result<void>> write(std::string_view bytes) override {
    if (!secure_) witness_->in_clear += bytes;
    if (seen_) witness_->afterwards += bytes;
    if (broken_) co_return fail(*broken_);
    heard_ += bytes;
    hear();
    if (interrupted_ && silent_) co_return fail(Failure::timeout);  // its receive window is full
    if (interrupted_ && broken_) co_return fail(*broken_);
    co_return Result<void>();
  }

  Task<Result<void>> start_tls() override {
    if (plan_.at == At::handshake && !std::exchange(witness_->done, true)) {
      const bool quiet = plan_.fault == Fault::stall || plan_.fault == Fault::drip;
      const bool gone = plan_.fault == Fault::fin || plan_.fault == Fault::reset || plan_.fault == Fault::notify;
      seen_ = wrong_ = true;
      co_return fail(quiet ? Failure::timeout : gone ? Failure::closed : Failure::tls);
    }
    secure_ = true;
    co_return Result<void>();
  }

  [[nodiscard]] bool readable() override { return !say_.empty() || ended_ || broken_ || !endless_.empty(); }
  [[nodiscard]] bool secure() const override { return secure_; }
  [[nodiscard]] const net::TlsInfo* tls() const override { return secure_ ? &tls_ : nullptr; }
  void expires_after(Milliseconds deadline) override { left_ = deadline_ = deadline; }
  void cancel() override { broken_ = Failure::cancelled; }

 private:
  Error fail(Failure failure) {
    broken_ = failure;
    if (failure == Failure::timeout && witness_->patience == Milliseconds(0)) witness_->patience = deadline_;
    return Error{failure, "scripted: " + std::string(name(failure))};
  }

  void hear() {
    while (!deaf_ && !silent_ && !ended_ && !broken_) {
      if (in_text_) {
        // The text has begun: this is where it is interrupted.
        if (heard_.empty()) return;
        if (plan_.at == At::text && !witness_->done) {
          interrupted_ = true;
          answer(At::text, "");
        }
        const std::size_t end = heard_.find("\r\n.\r\n");
        const bool lone = heard_.starts_with(".\r\n");
        if (end == std::string::npos && !lone) {
          heard_.erase(0, heard_.size() > 4 ? heard_.size() - 4 : 0);
          return;
        }
        heard_.erase(0, lone ? 3 : end + 5);
        in_text_ = false;
        if (!interrupted_) {
          answer(At::dot, accepted_ > 0 ? "250 2.0.0 taken\r\n" : "554 5.5.1 nobody\r\n");
        }
        mail_ = false;
        continue;
      }
      const std::size_t end = heard_.find("\r\n");
      if (end == std::string::npos) return;
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 2);
      obey(line);
    }
  }

  void obey(const std::string& line) {
    if (login_ == 2) return void((--login_, answer(At::challenge, "334 UGFzc3dvcmQ6\r\n")));
    if (login_ == 1) return void((--login_, answer(At::login, "235 2.7.0 welcome\r\n")));
    const std::string verb = line.substr(0, 4);
    if (verb == "EHLO") {
      const std::string more = plan_.pipelining ? "250-PIPELINING\r\n" : "";
      if (secure_) return answer(At::inside, "250-mx\r\n" + more + "250 AUTH LOGIN\r\n");
      return answer(At::ehlo, "250-mx\r\n" + more + "250 STARTTLS\r\n");
    }
    if (verb == "HELO") return say("502 5.5.1 EHLO\r\n");
    if (verb == "STAR") return answer(At::starttls, "220 go\r\n");
    if (verb == "AUTH") {
      login_ = 2;
      return answer(At::auth, "334 VXNlcm5hbWU6\r\n");
    }
    if (verb == "MAIL") {
      recipients_ = accepted_ = 0;
      mail_ = true;
      unknown_ = plan_.at == At::reset && witness_->begun++ == 0;
      return answer(At::mail, "250 2.1.0 ok\r\n");
    }
    if (verb == "RCPT") {
      if (!mail_) return say("503 5.5.1 MAIL first\r\n");
      if (unknown_) return say("550 5.1.1 nobody\r\n");
      ++accepted_;
      if (recipients_++ == plan_.recipient) return answer(At::rcpt, "250 2.1.5 ok\r\n");
      return say("250 2.1.5 ok\r\n");
    }
    if (verb == "DATA") {
      if (!mail_ || accepted_ == 0) return say("503 5.5.1 RCPT first\r\n");
      in_text_ = true;
      return answer(At::data, "354 go\r\n");
    }
    if (verb == "RSET") {
      mail_ = false;
      return answer(At::reset, "250 2.0.0 ok\r\n");
    }
    if (verb == "QUIT") return answer(At::quit, "221 2.0.0 bye\r\n");
    say("500 5.5.2 what?\r\n");
  }

  void say(std::string_view reply) { say_ += reply; }

  void answer(At at, const std::string& well) {
    if (at != plan_.at || std::exchange(witness_->done, true)) {
      if (at == At::dot && accepted_ > 0) ++witness_->taken;
      return say(well);
    }
    go_wrong(well);
    if (plan_.fault == Fault::extra) return;  // otherwise it does what it says
    if (at == At::mail) mail_ = false;
    if (at == At::rcpt) --accepted_;
    if (at == At::data) in_text_ = false;
    if (at == At::auth || at == At::challenge) login_ = 0;
  }

  void go_wrong(const std::string& well) {
    wrong_ = true;
    switch (plan_.fault) {
      case Fault::later: return say("451 4.3.0 not now\r\n");
      case Fault::never: return say("550 5.7.1 never\r\n");
      case Fault::closing: ended_ = true; return say("421 4.3.2 closing\r\n");
      case Fault::fin:
      case Fault::notify: ended_ = true; return;
      case Fault::reset: broken_ = Failure::io; return;
      case Fault::garbage: return say(std::string("\x16\x03\x01\0\xffgarbage\r\n", 14));
      case Fault::long_line:
        deaf_ = true;
        endless_ = std::string(1000, 'x');
        return;
      case Fault::endless:
        deaf_ = true;
        endless_ = "250-more\r\n";
        return;
      case Fault::stall: silent_ = true; return;
      case Fault::drip:
        deaf_ = true;
        endless_ = "250-more and more";
        slowly_ = true;
        return;
      case Fault::wrong: return say(well.starts_with("354") || well.empty() ? "250 ok\r\n" : "354 go on\r\n");
      case Fault::extra: return say(well.empty() ? "250 ok\r\n250 ok\r\n" : well + well);
      case Fault::changes: return say("250-ok\r\n550 no\r\n");
      case Fault::alert: broken_ = Failure::tls; return;
    }
  }

  Plan plan_;
  std::shared_ptr<Witness> witness_;
  net::TlsInfo tls_;
  std::string heard_;
  std::string say_;
  std::string endless_;       ///< said again and again
  bool slowly_ = false;       ///< one byte in four seconds
  bool deaf_ = false;         ///< reads on, but answers nothing any more
  bool interrupted_ = false;  ///< the fault came in the middle of the text
  bool silent_ = false;       ///< reads and answers nothing any more
  bool ended_ = false;
  bool wrong_ = false;  ///< the fault has happened on this connection
  bool seen_ = false;   ///< and the client has met it
  bool secure_ = false;
  bool in_text_ = false;
  bool mail_ = false;
  bool unknown_ = false;   ///< nobody that this message is for is known
  std::size_t login_ = 0;  ///< lines of AUTH LOGIN still to come
  std::size_t recipients_ = 0;
  std::size_t accepted_ = 0;
  std::optional<Failure> broken_;
  Milliseconds left_{0};
  Milliseconds deadline_{0};
};

}  // namespace postern::relay
