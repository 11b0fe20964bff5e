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
    if (input_.reset_first) enqueue(Asked::reset);
    if (!co_await enqueued(Asked::mail)) co_return false;
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      if (!co_await enqueued(Asked::rcpt, i)) co_return false;
    }
    // In a group DATA goes out before the answers to RCPT are known; one by one it would be of no use.
    if (!input_.server.pipelining && !any_accepted()) co_return false;
    enqueue(Asked::data);
    if (!co_await flush()) co_return false;
    if (any_accepted()) co_return data_open_;
    if (data_open_) co_await empty_text();
    co_return false;
  }

  void enqueue(Asked asked, std::size_t recipient = 0) {
    switch (asked) {
      case Asked::reset: batch_ += "RSET\r\n"; break;
      case Asked::mail: append_mail(message_.envelope(), input_.server, batch_); break;
      case Asked::rcpt:
        append_rcpt(message_.envelope().recipients[message_.pending()[recipient]], input_.server, batch_);
        break;
      case Asked::data: batch_ += "DATA\r\n"; break;
      case Asked::text: break;  // is no command
    }
    Pending pending{asked, recipient};
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
        co_return lost(pending.asked, reply.error());
      }
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
      if (pending.asked == Asked::rcpt) outcome_.report.recipients[pending.recipient].reset();
      if (pending.asked == Asked::mail) std::ranges::fill(outcome_.report.recipients, std::nullopt);
    }
  }

  /// One reply. False: the connection is of no further use, and the report says why.
  bool take(const Pending& pending, const smtp::Reply& reply) {
    Judgement judged = judge(pending.asked, reply);
    if (judged.about == About::closing) return refused(pending.asked, judged.what, reply);
    if (judged.about == About::protocol) return out_of_step(pending.asked, reply);
    switch (pending.asked) {
      case Asked::mail: note_mail(reply); break;
      case Asked::rcpt:
        if (mail_refused_) return true;  // 503 or the like: no verdict on the recipient
        accepted_[pending.recipient] = judged.about == About::nobody;
        break;
      case Asked::data:
        data_open_ = judged.about == About::nobody;
        if (!any_accepted()) return true;  // 503 or 554: no valid recipients
        break;
      case Asked::reset:
      case Asked::text: break;
    }
    switch (judged.about) {
      case About::site: return refused(pending.asked, judged.what, reply);
      case About::message: judge_message(pending.asked, judged.status); break;
      case About::recipient: outcome_.report.recipients[pending.recipient] = std::move(judged.status); break;
      default: break;
    }
    return true;
  }

  void note_mail(const smtp::Reply& reply) {
    using Progress = TransactionOutcome::Progress;
    outcome_.progress = postpones_mail(reply) ? Progress::postponed : Progress::begun;
    outcome_.needs_reset = reply.positive();
  }

  void judge_message(Asked asked, const mail::Status& status) {
    if (asked != Asked::mail) return settle(status);
    mail_refused_ = true;
    std::ranges::fill(outcome_.report.recipients, status);
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
    const Judgement judged = judge(Asked::text, *reply);
    if (wire_.unread() || judged.about == About::protocol) {
      uncertain("no clear answer to the end of data; the message may have been delivered", extra);
      co_return;
    }
    if (judged.about != About::closing) outcome_.needs_reset = false;
    if (judged.about != About::message) {
      outcome_.report.site = site_trouble(Step::end_of_data, input_.peer, judged.what, *reply);
      co_return;
    }
    settle(judged.status);
  }

  /// A group of commands could not be written: what the server said before it hung up tells more than the error.
  Task<bool> hung_up(Asked asked, Error error) {
    const auto words = co_await wire_.last_words(limits::kQuit);
    if (words && is_refusal(*words)) co_return refused(asked, "the server closes the connection", *words);
    co_return lost(asked, error);
  }

  /// The text did not go out to its end, so the server cannot have taken it.
  Task<void> interrupted(Error error) {
    const auto words = co_await wire_.last_words(limits::kQuit);
    if (!words || !is_refusal(*words)) {
      outcome_.report.site = site_trouble(Step::data, input_.peer, "sending the message", error);
      co_return;
    }
    // A wire that broke some other way: it hung up, rather than speaking out of turn.
    const Early how = error.failure == Failure::protocol ? Early::stands : Early::hung_up;
    const Judgement judged = judge_early(*words, how);
    if (judged.about != About::message) {
      outcome_.report.site = site_trouble(Step::data, input_.peer, judged.what, *words);
      co_return;
    }
    settle(judged.status);
  }

  /// Our own disk, not the server: DATA can only be left by closing the connection.
  void unreadable(const Error& error) {
    wire_.give_up();
    settle(relay::unreadable(error));
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

  bool lost(Asked asked, const Error& error) {
    outcome_.report.site = site_trouble(step_of(asked), input_.peer, mail::name(step_of(asked)), error);
    return false;
  }

  bool refused(Asked asked, std::string_view what, const smtp::Reply& reply) {
    wire_.give_up();
    outcome_.report.site = site_trouble(step_of(asked), input_.peer, what, reply);
    return false;
  }

  bool out_of_step(Asked asked, const smtp::Reply& reply) {
    wire_.give_up();
    const Error error{Failure::protocol, "unexpected reply \"" + reply.text() + "\""};
    return lost(asked, error);
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
