// One connection to a smarthost from greeting to QUIT, reading like the RFC (5321, 3207 and 4954). No sockets: it talks
// to a Stream. After any trouble it is of no further use; only quit() and destruction remain.
#pragma once

#include "base/task.h"
#include "mail/check.h"
#include "mail/message.h"
#include "mail/report.h"
#include "net/stream.h"
#include "relay/auth.h"
#include "relay/learnt.h"
#include "relay/outgoing.h"
#include "relay/sender_policy.h"
#include "relay/smarthost.h"
#include "relay/transaction.h"
#include "relay/wire.h"
#include "smtp/capabilities.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::relay {

class ClientSession {
 public:
  /// `peer` names the server for people: "smtp.example.com[192.0.2.1]:465". The smarthost and `learnt` outlive the
  /// session.
  ClientSession(std::unique_ptr<net::Stream> stream, std::string peer, const Smarthost& smarthost, Learnt& learnt);
  /// Likewise, but the session keeps it.
  ClientSession(std::unique_ptr<net::Stream> stream, std::string peer,
                const std::shared_ptr<const Smarthost>& smarthost, Learnt& learnt);

  enum class Opened { ready, reconnect, failed };
  /// What is said from now on goes there too, secrets left out.
  void trace_to(Trace sink) { wire_.trace_to(std::move(sink)); }

  /// How long the opening takes at most.
  struct Patience {
    Milliseconds altogether{0};
    Milliseconds welcome{Milliseconds::max()};  ///< until the login
    /// Until the first word in a resumed TLS session.
    Milliseconds resumed{Milliseconds::max()};
  };

  /// Greeting, EHLO, STARTTLS, EHLO, AUTH. "reconnect": the server hung up on a refused login, and `round` has more to
  /// try on a new connection. On failure trouble() says why, and nothing was sent after it.
  Task<Opened> open(AuthRound& round, Patience patience);
  /// open() came as far as the login: what went wrong is no matter of this address.
  [[nodiscard]] bool welcomed() const { return welcomed_; }

  /// One message on an open session. The report's host, tls and mechanism are not filled in here but by identify().
  Task<mail::DeliveryReport> send(mail::Message& message);

  /// Best effort; waits so long at most.
  Task<void> quit(Milliseconds patience);

  /// Wire::waiting_since().
  [[nodiscard]] std::optional<SteadyTime> waiting_since() const { return wire_.waiting_since(); }
  /// The next message may be sent.
  [[nodiscard]] bool usable() const { return !wire_.broken(); }
  /// The last send() failed before the server had answered anything about the message; or a connection that had carried
  /// messages before put this one off, or refused it for the site's or the sender's sake or in words that nobody knows.
  /// That may be about the connection: another one tells.
  [[nodiscard]] bool stale() const { return stale_; }
  /// The connection has carried what it may, or so many refusals that the server may end it.
  [[nodiscard]] bool worn() const;
  /// The last send() left recipients for another transaction, at once: those without a status.
  [[nodiscard]] bool left_rest() const { return rest_; }
  [[nodiscard]] std::size_t messages() const { return messages_; }
  [[nodiscard]] const std::optional<mail::SiteTrouble>& trouble() const { return trouble_; }

  void identify(mail::DeliveryReport& report) const;
  void describe(mail::CheckReport& report) const;
  [[nodiscard]] const std::string& peer() const { return peer_; }
  void cancel();

 private:
  Task<TransactionOutcome> transact(TransactionInput& input, mail::Message& message);
  [[nodiscard]] TransactionOutcome unreadable_message(const Error& error, const mail::Message& message) const;
  Task<void> settle_doubt(const TransactionInput& input, const mail::Message& message, TransactionOutcome& outcome);
  [[nodiscard]] TransactionInput input_for(const mail::Message& message) const;
  [[nodiscard]] Home home_of(const MailForm& form) const;
  void learn(const mail::Message& message, const TransactionInput& input, const TransactionOutcome& outcome);
  void learn_of_dsn(const TransactionInput& input, const TransactionOutcome& outcome, SteadyTime now);
  Task<bool> welcome(Milliseconds resumed);
  void doubt_resumption(Milliseconds patience);
  Task<bool> greeting();
  Task<bool> hello();
  Task<bool> helo(const smtp::Reply& refusal);
  Task<bool> start_tls(Milliseconds resumed);
  Task<Opened> log_in(AuthRound& round);
  [[nodiscard]] Offer offer() const;
  [[nodiscard]] mail::SiteTrouble downgraded() const;
  bool fail(mail::SiteTrouble trouble);

  std::unique_ptr<net::Stream> stream_;
  Wire wire_;
  std::string peer_;
  std::shared_ptr<const Smarthost> kept_;
  const Smarthost& smarthost_;
  SenderPolicy policy_;
  Learnt& learnt_;
  smtp::Capabilities server_;
  std::optional<mail::SiteTrouble> trouble_;
  std::string greeting_;
  std::vector<std::string> extensions_;
  std::string mechanism_;
  std::vector<std::string> weaker_;
  CredentialWait* waiting_ = nullptr;  ///< during the login
  std::optional<QueueId> reached_;     ///< the message of which somebody was accepted last
  std::size_t messages_ = 0;
  std::size_t refusals_ = 0;  ///< since a message was taken
  bool welcomed_ = false;
  bool needs_reset_ = false;
  bool stale_ = false;
  bool rest_ = false;
};

}  // namespace postern::relay
