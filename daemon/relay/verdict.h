// Failure policy: what an answer of the server means, or that none came, and for whom. The rest of the room asks here
// and does what it is told. What follows for the queue stands there: queue/decide for recipients, queue/site for sites.
// Pure.
//
// Four grains. *Site*: nothing is charged to the message, which waits with all others. *Sender*: the message waits,
// others pass. *Message*: the verdict is everybody's who has none yet. *Recipient*: the verdict is that one's alone. A
// verdict is delivered (2xx), deferred (4.x.y) or failed (5.x.y), and its enhanced code agrees with that; only a
// doubtful one is deferred with the 5.x.y that the server said.
//
// DIAGNOSTICS
//
//   where        what came                                  grain      and then
//   ----------   ----------------------------------------   --------   ------------------------------------------------
//   before the   control bytes in an address                message    failed 5.1.3
//   server is    more bytes than its SIZE                   message    failed 5.3.4
//   asked        sender needs SMTPUTF8, which it has not    message    failed 5.6.7
//                recipient needs SMTPUTF8, likewise         recipient  failed 5.6.7
//   resolve,     any error                                  site
//   connect
//   greeting     anything but 220, or nothing               site
//   ehlo         5xx                                        site       unless neither STARTTLS nor AUTH is needed: HELO
//                anything else but 250; to HELO: but 250    site
//   tls          not offered, not 220, bytes behind the     site
//                220, a failed handshake
//   auth         4xx, 5xx with 4.x.y, words of a limit      -          the mechanism is refused for now: the next one
//                500 to 504, 538                            -          the mechanism or its form is refused: the next
//                501, 504 to an initial response            -          the same once more without it
//                any other 5xx                              -          the credentials are refused: the next one, or
//                                                                      once more with a renewed token
//                the last is refused, the one that          site       login_refused, unless that was for now
//                decides for good
//                no login had an answer, one broke off      site       login_spent
//                the server proved not who it is            site       login_refused; nothing else is tried
//                nothing usable, no credentials             site       login_refused if a token server said no for good
//   anywhere     a refusal that speaks of too many          site       crowded; by words alone not at the dot
//                connections
//   in a         421                                        site       whoever is not answered yet waits. After MAIL
//   transaction                                                        was accepted it may be the message's doing:
//                                                                      in_transaction, unless a row says whose (of
//                                                                      the site: by a code). If it says the sender's:
//                                                                      sender, likewise closed
//                421 or a hang-up at RCPT after refusals,   -          no trouble: who is not answered yet goes by
//                421 that says too many recipients                     another connection at once
//                a reply of another kind, a lost            site       likewise in_transaction after MAIL
//                connection
//                a row of relay/refusals says site or       site       quota, login, suspension, relaying, host name;
//                crowded, with 4xx or 5xx                              530, 535 unless of a sender. At RCPT who is
//                                                                      taken has the message, and in_transaction then,
//                                                                      or if a control question is answered well; if
//                                                                      that speaks for all of them, it is no trouble
//                                                                      but theirs: failed of relaying, else deferred
//                                                                      (at home: in_transaction). At the dot
//                                                                      in_transaction, unless a code says so: words
//                                                                      may be said of the message, or quote it
//                a row says sender, with 4xx or 5xx         sender     the connection stands; the null sender is
//                                                                      offered again with our own address. By words
//                                                                      in_transaction at the dot, and at RCPT until a
//                                                                      control question, or a recipient in another
//                                                                      domain, meets the same; if that question is
//                                                                      answered well, theirs, as above: failed
//                site, sender or doubt at whatever step,    -          nothing yet: once more on a new connection
//                on a kept connection, and nobody has it
//                a row says connection                      as asked   deferred; on a kept connection at once on a new
//                                                                      one, see ClientSession
//   RSET         anything but 2xx                           site
//   mail, rcpt   455, 500, 501, 504, 555, x.5.1, x.5.2,     -          with parameters of DSN (RFC 3461) alone: nothing
//   with them    x.5.4, words about parameters, or 5xx in              yet. Without them in another transaction at
//   once;
//                words that nobody knows                               who is accepted there has shown that this site
//                                                                      gets none for a day
//   mail, data   4xx                                        message    deferred; on a kept connection likewise
//                5xx, a row says size (anywhere), content   message    failed
//                (by 5.6.x at any step, by words at the dot)
//                any other 5xx                              message    *doubtful*: deferred, as said; on a kept
//                                                                      connection at once on a new one
//   rcpt         4xx                                        recipient  deferred
//                5.5.3, "too many recipients"; 452, 552     recipient  deferred 4.5.3: another transaction at once, if
//                without an enhanced code                              this one delivered to somebody
//                a row says recipient, size                 recipient  failed
//                552                                        recipient  deferred, 4.x.y
//                any other 5xx                              recipient  *doubtful*: settled as failed if another one is
//                                                                      accepted, now, in the transaction of the same
//                                                                      message before, or for a control question
//                5xx, and it says "try again later"         recipient  *doubtful*, and nobody else settles it
//   in the       4xx, 5xx, and it hung up                   message    as after the dot: no further answer can come
//   text         4xx, 5xx, and the connection stands        message    deferred: it may belong to another command
//                nothing, or any other                      site       nobody can have taken the message
//   after the    as at mail; 2xx                            message    of those who were accepted
//   dot          nothing, or nothing clear                  site       *uncertain*: it may have been delivered
//   our disk     the stored message cannot be read          message    deferred 4.3.0
#pragma once

#include "base/result.h"
#include "mail/envelope.h"
#include "mail/report.h"
#include "mail/status.h"
#include "relay/commands.h"
#include "relay/refusals.h"
#include "smtp/capabilities.h"
#include "smtp/reply.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace postern::relay {

/// 421: the server closes; whatever it has not answered is tried again (RFC 5321 3.8).
inline constexpr int kClosing = 421;

/// "host: what: the error's text".
[[nodiscard]] mail::SiteTrouble site_trouble(mail::Step step, std::string_view host, std::string_view what,
                                             const Error& error);
/// "host: what: "the server's words"". Crowded if these say so, whatever was asked.
[[nodiscard]] mail::SiteTrouble site_trouble(mail::Step step, std::string_view host, std::string_view what,
                                             const smtp::Reply& reply);
/// No connection could be made; the error's text already names the host and what was tried.
[[nodiscard]] mail::SiteTrouble unreachable(const Error& error);

/// What the answer to greeting, ehlo or tls (STARTTLS) means.
enum class Opening {
  go_on,
  only_helo,  ///< the server knows no EHLO
  trouble,    ///< of the site: a refusal here is the server's state, never a verdict on a message
};
[[nodiscard]] Opening judge_opening(mail::Step step, const smtp::Reply& reply);

/// The server refuses a login for now: a 4xx, or a 5xx whose words say that it is a limit or a passing fault. It says
/// nothing about the password.
[[nodiscard]] bool login_postponed(const smtp::Reply& refusal);
/// The server does not want the mechanism or the form of the command; it has not looked at the credentials.
[[nodiscard]] bool login_form_refused(const smtp::Reply& refusal);
/// Some servers refuse the initial response for its form alone, and take it when they ask for it.
[[nodiscard]] bool initial_response_refused(int code);

/// How a round of logins ended that let nobody in.
enum class LoginEnd {
  untried,     ///< nothing was sent that a server could count
  postponed,   ///< refused for now
  refused,     ///< for good, or by somebody who is not who it should be
  unanswered,  ///< begun, and there was no answer: servers that hang up in place of a 535 count it all the same
};
[[nodiscard]] mail::SiteTrouble login_trouble(LoginEnd end, std::string_view host, std::string_view what,
                                              const Error& error);
/// The credentials could not be had. An authorization server that refuses for good refuses the login: it is not asked
/// again and again either.
[[nodiscard]] LoginEnd end_without_credentials(const Error& error);

/// Why this message cannot go to this server at all, found without asking it.
[[nodiscard]] std::optional<mail::Status> obstacle(const mail::Envelope& envelope,
                                                   const std::vector<std::size_t>& pending, const MailForm& form,
                                                   const smtp::Capabilities& server);
/// Of a message or recipient for whose address ("the address", "the sender's address") a server without SMTPUTF8 has no
/// words.
[[nodiscard]] mail::Status unspeakable(std::string_view whose);

[[nodiscard]] mail::Step step_of(Asked asked);

/// Of the site or of the sender: nothing is charged to the message.
[[nodiscard]] bool is_trouble(Blame blame);

struct Judgement {
  enum class About {
    nobody,     ///< as hoped for
    closing,    ///< 421: trouble of the site, whatever was refused before it
    site,       ///< trouble of the site
    sender,     ///< trouble of this sender; the connection stands
    protocol,   ///< no answer to what was asked: trouble of the site. To the text: nobody knows what became of it
    message,    ///< `status` is the verdict on the whole of it
    recipient,  ///< `status` is the verdict on the one who was asked about
  };
  About about = About::nobody;
  Blame blame = Blame::unknown;  ///< of a refusal
  std::string_view what{};       ///< happened: of closing, site and sender
  mail::Status status{};
};
[[nodiscard]] Judgement judge(Asked asked, const smtp::Reply& reply);

/// The server said something before it had the whole text, and hung up; or the connection stands.
enum class Early { hung_up, stands };
[[nodiscard]] Judgement judge_early(const smtp::Reply& reply, Early how);
/// 4xx or 5xx: of what a server says out of turn, that alone can be an answer.
[[nodiscard]] bool is_refusal(const smtp::Reply& reply);
/// As the server said it, and final.
[[nodiscard]] mail::Status failed_by(const smtp::Reply& refusal);
/// A doubtful refusal has turned out to be the recipient's.
void fail_for_good(mail::Status& status);
/// What a recipient has whose refusal speaks of the site or the sender, and has turned out to be its own: final of the
/// sender or of relaying, unless it says that it is for now.
[[nodiscard]] mail::Status of_recipient(Blame blame, const smtp::Reply& refusal);
/// Nobody asked: so many recipients were refused that the attempt was ended.
[[nodiscard]] mail::Status not_asked();

/// Our own disk, not the server.
[[nodiscard]] mail::Status unreadable(const Error& error);

/// "Too many recipients" (RFC 5321 4.5.3.1.10): worth another transaction at once, if this one delivered to somebody.
[[nodiscard]] bool too_many_recipients(const mail::Status& status);

}  // namespace postern::relay
