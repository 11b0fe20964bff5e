// The tables of mail/advice, one for each duty. A row is data: where it applies, what was said there, what to do.
#pragma once

#include "base/result.h"

#include <optional>
#include <span>
#include <string_view>

namespace postern::mail {

/// Where a row applies. A number or a word means one thing at the login and another in a transaction.
enum class At {
  anywhere,
  session,  ///< anywhere but at the login: greeting, EHLO, transaction
  login,
  refused_login,
  refusing_host,  ///< at a refused login; the words stand in the server's name
  transaction,
  greeting,
  ehlo,
  tls,
  resolve,
  connect,
};

struct AdviceRow {
  At at;
  std::string_view code;   ///< "535", or the enhanced code "5.7.139"; empty: any
  std::string_view words;  ///< lower case, somewhere in what was said; "*" stands for any text; empty: any
  std::string_view text;   ///< NAME is the smarthost's. Empty: known to be nothing that settings mend, the search ends
  std::optional<Failure> failure = {};  ///< nothing: any
};

// What more than one table says.
inline constexpr std::string_view kNoAdvice;
inline constexpr std::string_view kNeedsLogin =
    "the server takes mail only after a login: set user and a password (password_file) for this smarthost; if they "
    "are set, look with `postern check NAME` whether the server offers AUTH";
inline constexpr std::string_view kNeedsTls = "the server wants encryption first: set tls: starttls for this smarthost";
inline constexpr std::string_view kQuota =
    "the account has used up what the provider lets it send: wait (often a day), send less, or get a larger plan; a "
    "rate set for this smarthost keeps the mail below the limit";
inline constexpr std::string_view kBlocked =
    "the server does not take mail from this machine's address, which stands on a list of doubtful ones or has no name "
    "in the DNS: use port 587 or 465 with a login (user, password_file), where such lists seldom count, or ask the "
    "provider";
inline constexpr std::string_view kSuspended =
    "the provider has closed this account for sending: log in at its web page, which says why and what to do, or ask "
    "its support; if somebody else has sent mail with it, change the password first";

using AdviceRows = std::span<const AdviceRow>;

/// What servers answer to STARTTLS and AUTH, and token servers to who asks for a token.
[[nodiscard]] AdviceRows login_answers();
/// What is known to be about the message or its recipients, in words that may sound like the following tables'.
[[nodiscard]] AdviceRows message_answers();
[[nodiscard]] AdviceRows sender_answers();
/// Against this machine: its name in EHLO, its address.
[[nodiscard]] AdviceRows machine_answers();
/// The account is closed for sending.
[[nodiscard]] AdviceRows account_answers();
/// Too much: connections, messages on one of them, recipients, mail in a time.
[[nodiscard]] AdviceRows amount_answers();
/// A login or encryption is missing, seen where it was needed.
[[nodiscard]] AdviceRows missing_login_answers();
/// What we found ourselves before a server said anything: names, connections, TLS, credentials.
[[nodiscard]] AdviceRows own_findings();
/// For a refused login of which nothing is known.
[[nodiscard]] AdviceRows refused_logins();

}  // namespace postern::mail
