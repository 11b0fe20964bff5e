// The result of one attempt to deliver one message through one smarthost. Four grains: trouble of the site (nothing is
// charged to the message), of the sender (likewise, but others may pass), of the message, of single recipients.
#pragma once

#include "base/result.h"
#include "mail/status.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postern::mail {

/// At which step an attempt met trouble of the site; the name appears in logs and in `status`.
enum class Step { resolve, connect, greeting, ehlo, tls, auth, mail, rcpt, data, end_of_data, quit };

[[nodiscard]] std::string_view name(Step step);

/// Trouble of the smarthost: down, refused login, failed TLS, 421, broken protocol. The queue
/// waits; no message is bounced for it.
struct SiteTrouble {
  Step step = Step::connect;
  Failure failure = Failure::refused;
  int code = 0;                ///< reply code if the server said one
  std::string text;            ///< printable one line for the administrator, the server's words quoted
  bool login_refused = false;  ///< every usable mechanism was refused for good: pause, do not hammer
  bool login_spent = false;    ///< a login was begun and got no answer: counts as one that was refused for now
  /// Refused or ended for too many connections at a time, by the server's own word: fewer may do.
  bool crowded = false;
  /// It came after MAIL was accepted, and may be this message's doing: no word says whose (a lost connection, a 421,
  /// nonsense), or words say so that may be about one recipient, or about what the message holds. The same goes for
  /// trouble of a sender.
  bool in_transaction = false;
  std::string answer{};                 ///< of a refused round of logins: "PLAIN: 535 ...", the one that decides
  std::optional<std::string> advice{};  ///< mail/advice for a text that is kept from the reader; else it is looked up
};

struct DeliveryReport {
  /// Parallel to the recipients that were handed over. Empty optional: not answered, try again.
  std::vector<std::optional<Status>> recipients;
  std::optional<SiteTrouble> site;
  /// The account may not use this sender, or not now. The recipients concerned have no status; others may have theirs.
  std::optional<SiteTrouble> sender{};
  /// The answer to the end of data was lost: the message may have been delivered. The recipients
  /// concerned have no status. Retry late, with the same bytes.
  bool uncertain = false;
  /// Where the last refusal came that was doubtful (Status::doubtful).
  std::optional<Step> doubted_at{};
  /// Transactions that were begun for it: 30 recipients at a server that takes 3 at a time are 10 messages to its
  /// limits.
  std::size_t transactions = 0;
  /// The server has DSN and was given the parameters (RFC 3461): it reports successes and delays itself.
  bool dsn = false;

  // For the log line and for send-test:
  std::string host;                   ///< "smtp.example.com[192.0.2.1]:465"
  std::string tls;                    ///< "TLSv1.3 TLS_AES_256_GCM_SHA384", empty without TLS
  std::string mechanism;              ///< "PLAIN", empty without AUTH
  std::string certificate_expires{};  ///< the smarthost's; RFC 3339, empty without TLS

  /// The sender that the server saw, where that is one for many senders: equal for these, and for these alone. Empty:
  /// the sender as it is stored.
  std::string sent_as{};
};

}  // namespace postern::mail
