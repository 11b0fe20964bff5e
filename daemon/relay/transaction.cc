#include "relay/transaction.h"

#include "mail/idn.h"
#include "relay/commands.h"
#include "relay/findings.h"
#include "relay/verdict.h"
#include "smtp/data_codec.h"
#include "smtp/limits.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::relay {
namespace {

namespace limits = smtp::limits;
using About = Judgement::About;
using mail::Step;

constexpr std::size_t kGroup = 32 * std::size_t{1024};  // commands under way at once, so that neither side blocks
constexpr std::size_t kBlock = 64 * std::size_t{1024};  // message text in one write
constexpr std::size_t kTail = 2 * std::size_t{1024};    // of it kept back, to leave with the end of data: a segment
constexpr std::size_t kSlack = 512;                     // for stuffed dots and the end

/// Written and not answered yet.
struct Pending {
  Asked asked;
  std::size_t recipient = 0;  // of rcpt: index into the report
  bool with_dsn = false;      // parameters of it
};

class Transaction {
 public:
  Transaction(Wire& wire, const TransactionInput& input, mail::Message& message)
      : wire_(wire), input_(input), message_(message), found_(input.peer, message.pending().size()) {
    found_.outcome.report.dsn = input_.server.dsn;
  }

  Task<TransactionOutcome> run() {
    const mail::Envelope& envelope = message_.envelope();
    if (auto status = obstacle(envelope, message_.pending(), input_.form, input_.server)) {
      for (auto& recipient : found_.outcome.report.recipients) recipient = *status;
      found_.outcome.needs_reset = input_.reset_first;
      co_return std::move(found_.outcome);
    }
    const bool somebody = divide();
    if (somebody && co_await commands()) co_await text();
    found_.conclude();
    co_return std::move(found_.outcome);
  }

 private:
  [[nodiscard]] const mail::Recipient& recipient_at(std::size_t index) const {
    return message_.envelope().recipients[message_.pending()[index]];
  }

  /// Who is asked for: those whose addresses can be said in this transaction. Nobody has to do without it because
  /// another one's address needs SMTPUTF8. False: there is nobody.
  bool divide() {
    // One more than are asked for in this transaction says that there are more; those are looked at in their own.
    for (std::size_t i = 0; i < message_.pending().size() && asked_.size() <= input_.most_recipients; ++i) {
      if (input_.form.utf8 || !mail::needs_smtputf8(recipient_at(i).address)) {
        asked_.push_back(i);
      } else if (input_.server.smtputf8) {
        found_.outcome.rest = true;
      } else {
        found_.outcome.report.recipients[i] = unspeakable("the address");
      }
    }
    if (asked_.empty()) found_.outcome.needs_reset = input_.reset_first;
    return !asked_.empty();
  }

  /// MAIL, RCPT..., DATA. True: the server waits for the text, and somebody is to get it.
  Task<bool> commands() {
    if (input_.reset_first) enqueue(Asked::reset);
    if (!co_await enqueued(Asked::mail)) co_return false;
    for (std::size_t k = 0; k < asked_.size(); ++k) {
      // Replies first where more commands could become too many refusals.
      if (in_doubt_ > 0 && in_doubt_ >= window() && !co_await flush()) co_return false;
      if (full(k)) {
        found_.outcome.rest = true;
        break;
      }
      if (!co_await enqueued(Asked::rcpt, asked_[k])) co_return false;
    }
    // In a group DATA goes out before the answers to RCPT are known; where they are known it may be of no use.
    if (pending_.empty() && !found_.any_accepted()) co_return false;
    enqueue(Asked::data);
    if (!co_await flush()) co_return false;
    if (found_.any_accepted()) co_return found_.data_open();
    if (found_.data_open()) co_await empty_text();
    co_return false;
  }

  /// So many commands RCPT may be unanswered at once: as many as may be refused, and the more, the more were accepted,
  /// as long as none was refused.
  [[nodiscard]] std::size_t window() const {
    const std::size_t seen = input_.refusals + found_.outcome.refusals;
    const std::size_t left = kMostRefusals - std::min(seen, kMostRefusals);
    return found_.outcome.refusals > 0 ? left : std::max(left, found_.outcome.accepted);
  }

  /// Nobody more is asked for in this transaction.
  [[nodiscard]] bool full(std::size_t asked) const {
    return window() == 0 || found_.crammed() || asked >= input_.most_recipients;
  }

  void enqueue(Asked asked, std::size_t recipient = 0) {
    bool with_dsn = false;
    switch (asked) {
      case Asked::reset: batch_ += "RSET\r\n"; break;
      case Asked::mail: with_dsn = append_mail(message_.envelope(), input_.form, input_.server, batch_); break;
      case Asked::rcpt:
        with_dsn = append_rcpt(recipient_at(recipient), input_.form, input_.server, batch_);
        ++in_doubt_;
        break;
      case Asked::data: batch_ += "DATA\r\n"; break;
      case Asked::text: break;  // is no command
    }
    Pending pending{asked, recipient, with_dsn};
    pending_.push_back(pending);
  }

  /// Adds a command to the group and sends the group when it is full. False: the transaction is over.
  Task<bool> enqueued(Asked asked, std::size_t recipient = 0) {
    enqueue(asked, recipient);
    if (input_.server.pipelining && batch_.size() < kGroup) co_return true;
    co_return co_await flush();
  }

  /// Sends the group and takes the replies one by one (RFC 2920 3.1).
  Task<bool> flush() {
    const Asked first = pending_.front().asked;
    const auto sent = co_await wire_.send(batch_, limits::kMail);
    batch_.clear();
    if (!sent) co_return co_await hung_up(first, sent.error());
    const bool group = pending_.size() > 1;
    for (const Pending& pending : pending_) {
      const auto reply = co_await wire_.reply(pending.asked == Asked::data ? limits::kDataStart : limits::kMail);
      if (!reply) {
        const Failure why = reply.error().failure;
        if (group && (why == Failure::timeout || why == Failure::protocol)) miscounted();
        found_.lost(pending.asked, reply.error());
        co_return false;
      }
      if (pending.with_dsn && found_.set_aside(pending.asked, *reply)) continue;
      if (found_.take(pending.asked, pending.recipient, *reply)) continue;
      wire_.give_up();
      const auto& trouble = found_.outcome.report.site;
      if (group && trouble && trouble->code == 0) miscounted();
      co_return false;
    }
    pending_.clear();
    in_doubt_ = 0;
    co_return !found_.in_vain() || found_.data_open();
  }

  void miscounted() {
    for (const Pending& pending : pending_) found_.miscounted(pending.asked, pending.recipient);
  }

  /// RFC 2920 3.1: DATA was accepted although every RCPT was refused; nothing must be delivered to anybody.
  Task<void> empty_text() {
    const auto reply = co_await wire_.command(".\r\n", limits::kDataDone);
    found_.outcome.needs_reset = false;
    // A server that took a message for nobody, or that closes, is not asked again.
    if (!reply || !reply->permanent()) wire_.give_up();
  }

  Task<void> text() {
    message_.rewind();
    smtp::DataEncoder encoder;
    std::string block;
    block.reserve(std::min(static_cast<std::size_t>(message_.envelope().wire_size) + kSlack, kBlock + kSlack));
    for (;;) {
      const auto piece = co_await message_.read();
      if (!piece) {
        // DATA can only be left by closing the connection.
        wire_.give_up();
        found_.unreadable(piece.error());
        co_return;
      }
      if (piece->empty()) break;
      encoder.feed(*piece, block);
      if (block.size() < kBlock) continue;
      const std::size_t now = block.size() - kTail;
      const auto written = co_await wire_.send_text(std::string_view(block).substr(0, now), limits::kDataBlock);
      block.erase(0, now);
      if (!written) {
        co_await interrupted(written.error());
        co_return;
      }
    }
    encoder.finish(block);
    // Before our dot nobody can have taken the message, whatever is said.
    if (wire_.stream().readable()) {
      const Error early{Failure::protocol, "the server answered before the end of the message"};
      co_await interrupted(early);
      co_return;
    }
    // Cutting the wait for the answer to the dot short would make duplicates.
    wire_.allow(limits::kDataBlock + limits::kDataDone);
    // The end of data leaves in one write with what comes before it: some middleboxes want it in one segment.
    const auto written = co_await wire_.send_text(block, limits::kDataBlock);
    if (!written) {
      co_await interrupted(written.error());
      co_return;
    }
    co_await end_of_data();
  }

  Task<void> end_of_data() {
    const auto reply = co_await wire_.reply(limits::kDataDone);
    if (!reply) {
      found_.uncertain("no answer to the end of data; the message may have been delivered", reply.error());
      co_return;
    }
    const Error extra{Failure::protocol, "\"" + reply->text() + "\" and more"};
    const Judgement judged = judge(Asked::text, *reply);
    if (wire_.unread() || judged.about == About::protocol) {
      found_.uncertain("no clear answer to the end of data; the message may have been delivered", extra);
      co_return;
    }
    const bool closing = judged.about == About::closing;
    if (closing) wire_.give_up();
    if (!closing) found_.outcome.needs_reset = false;
    found_.take_text(judged, *reply, Step::end_of_data);
  }

  /// A group of commands could not be written: what the server said before it hung up tells more than the error.
  Task<bool> hung_up(Asked asked, Error error) {
    const auto words = co_await wire_.last_words(limits::kQuit);
    if (words && is_refusal(*words)) {
      found_.hung_up(asked, *words);
    } else {
      found_.lost(asked, error);
    }
    co_return false;
  }

  /// The text did not go out to its end, so the server cannot have taken it.
  Task<void> interrupted(Error error) {
    const auto words = co_await wire_.last_words(limits::kQuit);
    if (!words || !is_refusal(*words)) {
      found_.interrupted(error);
      co_return;
    }
    // A wire that broke some other way: it hung up, rather than speaking out of turn.
    const Early how = error.failure == Failure::protocol ? Early::stands : Early::hung_up;
    found_.take_text(judge_early(*words, how), *words, Step::data);
  }

  Wire& wire_;
  const TransactionInput& input_;
  mail::Message& message_;
  Findings found_;
  std::string batch_;
  std::vector<std::size_t> asked_;  // indices into pending(), in order
  std::vector<Pending> pending_;
  std::size_t in_doubt_ = 0;  // commands RCPT under way
};

}  // namespace

Task<TransactionOutcome> run_transaction(Wire& wire, const TransactionInput& input, mail::Message& message) {
  Transaction transaction(wire, input, message);
  co_return co_await transaction.run();
}

}  // namespace postern::relay
