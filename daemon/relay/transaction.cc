#include "relay/transaction.h"

#include "base/log.h"
#include "relay/commands.h"
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
using mail::Step;
using mail::Verdict;

constexpr std::size_t kGroup = 32 * std::size_t{1024};  // commands under way at once, so that neither side blocks
constexpr std::size_t kBlock = 64 * std::size_t{1024};  // message text in one write
constexpr std::size_t kTail = 2 * std::size_t{1024};    // of it kept back, to leave with the end of data: a segment
constexpr std::size_t kSlack = 512;                     // for stuffed dots and the end

enum class Command { reset, mail, rcpt, data };

/// Written and not answered yet.
struct Pending {
  Command command;
  std::size_t recipient = 0;  // of rcpt: index into the report
};

class Transaction {
 public:
  Transaction(Wire& wire, const TransactionInput& input, mail::Message& message)
      : wire_(wire), input_(input), message_(message), accepted_(message.pending().size(), false) {
    outcome_.report.recipients.resize(message.pending().size());
    outcome_.report.dsn = input_.server.dsn;
  }

  Task<TransactionOutcome> run() {
    const mail::Envelope& envelope = message_.envelope();
    if (auto status = obstacle(envelope, message_.pending(), input_.server)) {
      for (auto& recipient : outcome_.report.recipients) recipient = *status;
      outcome_.needs_reset = input_.reset_first;
      co_return std::move(outcome_);
    }
    if (envelope.body == mail::BodyType::eight_bit && !input_.server.eight_bit_mime) {
      log(Level::debug, "8-bit text goes undeclared: the server lacks 8BITMIME", {{"id", envelope.id.text()}});
    }
    if (co_await commands()) co_await text();
    co_return std::move(outcome_);
  }

 private:
  /// MAIL, RCPT..., DATA. True: the server waits for the text, and somebody is to get it.
  Task<bool> commands() {
    if (input_.reset_first) enqueue(Command::reset);
    if (!co_await enqueued(Command::mail)) co_return false;
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      if (!co_await enqueued(Command::rcpt, i)) co_return false;
    }
    // In a group DATA goes out before the answers to RCPT are known; one by one it would be of no use.
    if (!input_.server.pipelining && !any_accepted()) co_return false;
    enqueue(Command::data);
    if (!co_await flush()) co_return false;
    if (any_accepted()) co_return data_open_;
    if (data_open_) co_await empty_text();
    co_return false;
  }

  void enqueue(Command command, std::size_t recipient = 0) {
    switch (command) {
      case Command::reset: batch_ += "RSET\r\n"; break;
      case Command::mail: append_mail(message_.envelope(), input_.server, batch_); break;
      case Command::rcpt:
        append_rcpt(message_.envelope().recipients[message_.pending()[recipient]], input_.server, batch_);
        break;
      case Command::data: batch_ += "DATA\r\n"; break;
    }
    Pending pending{command, recipient};
    pending_.push_back(pending);
  }

  /// Adds a command to the group and sends the group when it is full. False: the transaction is over.
  Task<bool> enqueued(Command command, std::size_t recipient = 0) {
    enqueue(command, recipient);
    if (input_.server.pipelining && batch_.size() < kGroup) co_return true;
    co_return co_await flush();
  }

  /// Sends the group and takes the replies one by one (RFC 2920 3.1).
  Task<bool> flush() {
    const Command first = pending_.front().command;
    const auto sent = co_await wire_.send(batch_, limits::kMail);
    batch_.clear();
    if (!sent) co_return co_await hung_up(first, sent.error());
    const bool group = pending_.size() > 1;
    for (const Pending& pending : pending_) {
      const auto reply = co_await wire_.reply(pending.command == Command::data ? limits::kDataStart : limits::kMail);
      if (!reply) {
        const Failure why = reply.error().failure;
        if (group && (why == Failure::timeout || why == Failure::protocol)) miscounted();
        co_return lost(pending.command, reply.error());
      }
      if (reply->code == kClosing) co_return refused(pending.command, "the server closes the connection", *reply);
      if (!take(pending, *reply)) {
        if (group && !outcome_.report.site->code) miscounted();
        co_return false;
      }
    }
    pending_.clear();
    co_return !mail_refused_ || data_open_;
  }

  /// There were fewer replies than commands, or more: nobody knows which recipient was meant by those that came.
  void miscounted() {
    outcome_.pipelining_failed = true;
    for (const Pending& pending : pending_) {
      if (pending.command == Command::rcpt) outcome_.report.recipients[pending.recipient].reset();
      if (pending.command == Command::mail) std::ranges::fill(outcome_.report.recipients, std::nullopt);
    }
  }

  /// One reply. False: the connection is of no further use, and the report says why.
  bool take(const Pending& pending, const smtp::Reply& reply) {
    if (pending.command != Command::data && reply.intermediate()) return out_of_step(pending.command, reply);
    switch (pending.command) {
      case Command::reset: return reply.positive() || refused(Command::reset, "the server refuses RSET", reply);
      case Command::mail: return take_mail(reply);
      case Command::rcpt: return take_rcpt(pending.recipient, reply);
      case Command::data: break;
    }
    return take_data(reply);
  }

  bool take_mail(const smtp::Reply& reply) {
    outcome_.progress = TransactionOutcome::Progress::begun;
    outcome_.needs_reset = reply.positive();
    if (reply.positive()) return true;
    if (concerns_account(reply)) return refused(Command::mail, "the server refuses MAIL", reply);
    mail_refused_ = true;
    if (reply.code == 451) outcome_.progress = TransactionOutcome::Progress::postponed;
    for (auto& recipient : outcome_.report.recipients) recipient = status_of(reply);
    return true;
  }

  bool take_rcpt(std::size_t recipient, const smtp::Reply& reply) {
    if (mail_refused_) return true;  // 503 or the like: no verdict on the recipient
    if (reply.positive()) {
      accepted_[recipient] = true;
      return true;
    }
    if (concerns_account(reply)) return refused(Command::rcpt, "the server refuses RCPT", reply);
    outcome_.report.recipients[recipient] = recipient_status_of(reply);
    return true;
  }

  bool take_data(const smtp::Reply& reply) {
    if (reply.code == 354) {
      data_open_ = true;
      return true;
    }
    if (reply.positive() || reply.intermediate()) return out_of_step(Command::data, reply);
    if (!any_accepted()) return true;  // 503 or 554: no valid recipients
    if (concerns_account(reply)) return refused(Command::data, "the server refuses DATA", reply);
    settle(status_of(reply));
    return true;
  }

  /// RFC 2920 3.1: DATA was accepted although every RCPT was refused; nothing must be delivered to anybody.
  Task<void> empty_text() {
    const auto reply = co_await wire_.command(".\r\n", limits::kDataDone);
    outcome_.needs_reset = false;
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
        unreadable(piece.error());
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
      uncertain("no answer to the end of data; the message may have been delivered", reply.error());
      co_return;
    }
    const Error extra{Failure::protocol, "\"" + reply->text() + "\" and more"};
    if (wire_.unread() || reply->intermediate()) {
      uncertain("no clear answer to the end of data; the message may have been delivered", extra);
      co_return;
    }
    if (reply->code == kClosing) {
      outcome_.report.site = site_trouble(Step::end_of_data, input_.peer, "the server closes the connection", *reply);
      co_return;
    }
    outcome_.needs_reset = false;
    if (concerns_account(*reply)) {
      outcome_.report.site = site_trouble(Step::end_of_data, input_.peer, "the server refuses the message", *reply);
      co_return;
    }
    settle(status_of(*reply));
  }

  /// A group of commands could not be written: what the server said before it hung up tells more than the error.
  Task<bool> hung_up(Command command, Error error) {
    const auto words = co_await wire_.last_words(limits::kQuit);
    const bool refusal = words && (words->transient() || words->permanent());
    if (refusal) co_return refused(command, "the server closes the connection", *words);
    co_return lost(command, error);
  }

  /// The text did not go out to its end, so the server cannot have taken it.
  Task<void> interrupted(Error error) {
    const auto words = co_await wire_.last_words(limits::kQuit);
    const bool refusal = words && (words->transient() || words->permanent());
    if (!refusal) {
      outcome_.report.site = site_trouble(Step::data, input_.peer, "sending the message", error);
      co_return;
    }
    if (words->code == kClosing || concerns_account(*words)) {
      outcome_.report.site = site_trouble(Step::data, input_.peer, "the server ended the transfer", *words);
      co_return;
    }
    const bool final = error.failure != Failure::protocol;  // it hung up, rather than speaking out of turn
    settle(final ? status_of(*words) : deferred_status_of(*words));
  }

  /// Our own disk, not the server: DATA can only be left by closing the connection.
  void unreadable(const Error& error) {
    wire_.give_up();
    settle(own_status(Verdict::deferred, "4.3.0", "the stored message cannot be read: " + error.text));
  }

  void uncertain(std::string_view what, const Error& error) {
    outcome_.report.uncertain = true;
    outcome_.report.site = site_trouble(Step::end_of_data, input_.peer, what, error);
  }

  void settle(const mail::Status& status) {
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      if (accepted_[i]) outcome_.report.recipients[i] = status;
    }
  }

  static Step step_of(Command command) {
    switch (command) {
      case Command::reset:
      case Command::mail: return Step::mail;
      case Command::rcpt: return Step::rcpt;
      case Command::data: break;
    }
    return Step::data;
  }

  bool lost(Command command, const Error& error) {
    outcome_.report.site = site_trouble(step_of(command), input_.peer, mail::name(step_of(command)), error);
    return false;
  }

  bool refused(Command command, std::string_view what, const smtp::Reply& reply) {
    wire_.give_up();
    outcome_.report.site = site_trouble(step_of(command), input_.peer, what, reply);
    return false;
  }

  bool out_of_step(Command command, const smtp::Reply& reply) {
    wire_.give_up();
    const Error error{Failure::protocol, "unexpected reply \"" + reply.text() + "\""};
    return lost(command, error);
  }

  [[nodiscard]] bool any_accepted() const { return std::ranges::find(accepted_, true) != accepted_.end(); }

  Wire& wire_;
  const TransactionInput& input_;
  mail::Message& message_;
  TransactionOutcome outcome_;
  std::string batch_;
  std::vector<Pending> pending_;
  std::vector<bool> accepted_;
  bool mail_refused_ = false;
  bool data_open_ = false;
};

}  // namespace

Task<TransactionOutcome> run_transaction(Wire& wire, const TransactionInput& input, mail::Message& message) {
  Transaction transaction(wire, input, message);
  co_return co_await transaction.run();
}

}  // namespace postern::relay
