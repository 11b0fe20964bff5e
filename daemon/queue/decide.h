// What follows from one attempt: a pure function from what is known to what is to be done.
//
//   delivered                          settled
//   failed (5xx)                       settled, and the sender is told
//   deferred (4xx)                     tried again; logged if it says something new; after retry.warn_after the
//                                      sender is told once
//   deferred after retry.expire        failed as 4.4.7, the sender is told
//   doubtful                           tried again and logged, each of the first kProvingRefusals; the sender is told
//                                      after kDoubtWarning
//   doubtful, and proven               failed in the server's words: it was refused kProvingRefusals times over
//                                      kProvingTime, and the site took other mail of the same sender meanwhile
//   no answer, trouble of the site     untouched, no write at all, due again as soon as the site is well
//     the same in a transaction        deferred: it may be this message's doing
//   no answer, trouble of the sender   as of the site; after retry.expire failed as 4.4.7
//   held, no attempt was made          nothing; after retry.expire failed as 4.4.7, the sender is told; before, the
//                                      sender is told once of the delay: of a site that refuses every message after
//                                      kDoubtWarning, of trouble of the sender or a limit after retry.warn_after
//   no answer, uncertain               tried again by the schedule, logged
//   no answer, no reason               tried again by the schedule, nothing written
#pragma once

#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/report.h"
#include "queue/notice.h"
#include "queue/queue_options.h"
#include "queue/schedule.h"
#include "spool/spool.h"

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

/// A doubtful refusal is proven to be about the message by so many of them ...
inline constexpr unsigned kProvingRefusals = 3;
/// ... over so long, if the site took another message of the same sender after the first.
inline constexpr Seconds kProvingTime{15 * 60};
/// The sender of a doubtful message is told of the delay by this age, or by retry.warn_after if that is shorter.
inline constexpr Seconds kDoubtWarning{60 * 60};

/// One recipient as the log of its file tells. Behind those of the recipients come those of Envelope::unread, which are
/// settled from the beginning: they failed, and the sender is told with the first attempt.
struct RecipientState {
  std::optional<mail::Status> last;
  unsigned doubtful = 0;  ///< refusals in doubt, as far as they were logged: exact below kProvingRefusals
  std::optional<WallTime> refused_since;  ///< the first of these
  std::optional<WallTime> untold;         ///< settled then, and the sender is yet to be told
  bool unreported = false;                ///< of Envelope::unread: nothing was done about it yet
  bool warned = false;                    ///< the sender knows of the delay
  bool uncertain = false;                 ///< it may have been delivered: the answer to the end of data was lost once
  [[nodiscard]] bool settled() const { return last && last->verdict != mail::Verdict::deferred; }
};

/// Whom the state of this number is of; one that could not be read has no address, and the NOTIFY of the first
/// recipient: sendmail gives all of them the same.
[[nodiscard]] mail::Recipient recipient_of(const mail::Envelope& envelope, std::size_t index);
/// Its text, if it is one that could not be read; else empty.
[[nodiscard]] std::string unread_text(const mail::Envelope& envelope, std::size_t index);

/// The envelope's recipients folded with the log: the last line of each counts, a settled one stays settled, a told one
/// told.
[[nodiscard]] std::vector<RecipientState> fold(const mail::Envelope& envelope, const std::vector<spool::LogLine>& log);
/// The sender of a message is to be told of its delay after so long; 0: never. `early`: for what may be its own fault.
[[nodiscard]] Milliseconds warning_after(bool early, const Retry& retry);
/// Indexes of those not settled.
[[nodiscard]] std::vector<std::size_t> pending(const std::vector<RecipientState>& states);

/// What an attempt is judged by that its report does not tell.
struct Evidence {
  std::optional<WallTime> taken;  ///< when this site last took another message of the same sender, see acceptances.h
  /// No attempt was made: the report has the trouble, of the sender or of the site, that the message waits in.
  bool held = false;
  bool by_limit = false;  ///< likewise, and it is a limit of the site, which is nobody's fault
  /// Who was tried, by the numbers of their states: the others go another way. None: all that are pending.
  std::vector<std::size_t> tried{};
  /// Of these so many were asked, the first: a limit of the site left no more.
  std::size_t part = std::numeric_limits<std::size_t>::max();
};
/// A doubtful refusal of such a recipient at this moment is about the message.
[[nodiscard]] bool proven(const RecipientState& state, const Evidence& evidence, WallTime now);

/// How a message that waits stands, beyond that.
struct Standing {
  bool doubtful = false;   ///< a recipient's last answer is a refusal in doubt
  bool uncertain = false;  ///< a recipient may have it already
};
[[nodiscard]] Standing standing_of(const std::vector<RecipientState>& states);

/// Since when a report is owed for this message; nothing: none is.
[[nodiscard]] std::optional<WallTime> owed_since(const std::vector<RecipientState>& states);

struct Finding {
  std::size_t recipient = 0;  ///< number of its state
  mail::Status status;
  Notice notice = Notice::none;          ///< what the sender is to be told, before anything is written
  spool::Note note = spool::Note::none;  ///< what came of that, for the log
  std::optional<WallTime> when{};        ///< if that was not just now
  bool news = false;                     ///< says something that the log does not
  bool repeats = false;                  ///< no attempt: a refusal of before is told, and is not one more
};

struct Actions {
  std::vector<Finding> findings;  ///< everything learnt, for the log of the program and for watchers
  spool::Durability durability = spool::Durability::lazy;  ///< of the lines that are appended
  bool done = false;                                       ///< nobody is waited for any more
  WallTime next;                                           ///< of the next attempt, unless done
  bool store_next = false;  ///< on disk as well: it is the message's own schedule, not the site's
};

/// One that was given up as 4.4.7: after how long ("5d"), and the last answer as it was received.
struct Expiry {
  std::string after;
  mail::Status last;
};
/// What a status that decide() made, or that was read back from a log, says of that; nothing: it is no such status.
[[nodiscard]] std::optional<Expiry> expiry_of(const mail::Status& status);

/// Of what kept a message from being answered, in its own words, which quote the server with its code. Whoever sent it
/// reads them, and what was said about a login is not theirs: a token server or a program may name anybody.
[[nodiscard]] mail::Status status_of(const mail::SiteTrouble& trouble);

/// The states after these findings, as fold() will find them.
[[nodiscard]] std::vector<RecipientState> after(std::vector<RecipientState> states,
                                                const std::vector<Finding>& findings, WallTime now);

/// What is to be appended to the file.
[[nodiscard]] std::vector<spool::LogLine> log_lines(const mail::Envelope& envelope,
                                                    const std::vector<Finding>& findings, WallTime now);

/// `states` are from before the attempt; the report speaks of pending(states), or of those that the evidence names.
/// `jitter` is in [0, 1).
[[nodiscard]] Actions decide(const mail::Envelope& envelope, const std::vector<RecipientState>& states,
                             const mail::DeliveryReport& report, const Moment& moment, const Retry& retry,
                             double jitter, const Evidence& evidence = {});

}  // namespace postern::queue
