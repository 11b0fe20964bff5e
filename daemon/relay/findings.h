// What the answers of one transaction come to: the report, and what follows for the connection and for the next
// transaction. The other half of it, which talks, is Transaction. No I/O.
#pragma once

#include "mail/report.h"
#include "relay/transaction.h"
#include "relay/verdict.h"
#include "smtp/reply.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::relay {

class Findings {
 public:
  /// `peer` names the server for texts.
  Findings(std::string peer, std::size_t recipients);

  /// One reply. False: the connection is of no further use; if the report does not say why, another one will do.
  [[nodiscard]] bool take(Asked asked, std::size_t recipient, const smtp::Reply& reply);
  /// The same of a reply to a command with parameters of DSN (RFC 3461), if it may be about these: nobody's verdict,
  /// and who was asked for is for another transaction at once, without them. False: it is not, and nothing is taken.
  [[nodiscard]] bool set_aside(Asked asked, const smtp::Reply& reply);
  /// The answer to the dot, or to the text before it.
  void take_text(const Judgement& judged, const smtp::Reply& reply, mail::Step step);
  /// No answer came to a command, or a group of commands could not be written; the last words of the server if it had
  /// any.
  void lost(Asked asked, const Error& error);
  void hung_up(Asked asked, const smtp::Reply& words);
  /// The text did not go out to its end, and nothing was said.
  void interrupted(const Error& error);
  /// Our own disk, not the server.
  void unreadable(const Error& error);
  void uncertain(std::string_view what, const Error& error);
  /// There were fewer replies than commands, or more: nobody knows who was meant by those that came. Nobody of them has
  /// an answer then; after MAIL everybody.
  void miscounted(Asked asked, std::size_t recipient);
  /// Nothing more comes: what was accepted settles what was refused in words that nobody knows, and shows that trouble
  /// at another recipient is not all of the site's or the sender's.
  void conclude();

  [[nodiscard]] bool any_accepted() const { return outcome.accepted > 0; }
  [[nodiscard]] bool data_open() const { return data_open_; }
  /// The server takes no more recipients in this transaction.
  [[nodiscard]] bool crammed() const { return crammed_; }
  /// Nobody is to get the message in this transaction.
  [[nodiscard]] bool in_vain() const { return mail_refused_ || (troubled() && !any_accepted()); }

  TransactionOutcome outcome;

 private:
  [[nodiscard]] bool troubled() const { return outcome.report.site || outcome.report.sender; }
  void note_mail(const smtp::Reply& reply);
  void note_recipient(std::size_t recipient, Judgement& judged, const smtp::Reply& reply);
  void note_sender(Asked asked, std::string_view what, const smtp::Reply& reply);
  void postpone(Blame blame);
  void closed(Asked asked, const Judgement& judged, const smtp::Reply& reply);
  [[nodiscard]] bool had_enough_of(Asked asked) const;
  void judge_message(mail::Step step, const Judgement& judged);
  void settle(const mail::Status& status);
  void refused(Asked asked, std::string_view what, const smtp::Reply& reply);

  std::string peer_;
  std::vector<bool> accepted_;
  bool mail_accepted_ = false;
  bool mail_refused_ = false;
  bool crammed_ = false;
  bool data_open_ = false;
};

}  // namespace postern::relay
