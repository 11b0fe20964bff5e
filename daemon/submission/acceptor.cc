#include "submission/acceptor.h"

#include "base/log.h"
#include "base/text.h"
#include "mail/accepted_log.h"
#include "mail/date.h"
#include "mail/header_completion.h"
#include "mail/header_front.h"
#include "mail/headers.h"
#include "mail/subject.h"
#include "smtp/limits.h"
#include "submission/ask_senders.h"
#include "submission/envelope_completion.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace postern::submission {
namespace {

smtp::Refusal refusal_for(const Error& error) {
  // The details are in the log; the client need not know the server's disk.
  if (error.failure == Failure::limit) {
    return {552, "5.3.4",
            "the message has too many recipients, aliases included: they need more than 4 MiB; send it in parts"};
  }
  if (error.failure == Failure::denied) return {452, "4.3.1", error.text};
  if (error.failure == Failure::no_space) return {452, "4.3.1", "no space left for the message, try again later"};
  return {451, "4.3.0", "the message could not be stored, try again later"};
}

/// The text that the queue gathers before it writes.
constexpr std::size_t kGathered = std::size_t{256} << 10U;

/// Of recipients that were refused with their message.
constexpr std::size_t kTold = 20;

/// A field, or a continuation of one; mail::parse_headers() is the judge, so that both see the same header. Of a line
/// that is not all there, at least its first kLongestFieldName bytes.
bool is_header_line(std::string_view line, bool first) {
  if (line.starts_with(' ') || line.starts_with('\t')) return !first;
  return !mail::parse_headers(line).fields.empty();
}

// In functions of their own, so that nothing of it waits for the disk with the message: the fields of a header as they
// are read may take twenty times its size in memory.
bool is_in_loop(std::string_view header) {
  return mail::count(mail::parse_headers(header), "Received") > smtp::limits::kReceivedLines;
}

queue::Title title_of(std::string_view header) {
  const mail::HeaderBlock block = mail::parse_headers(header);
  return {mail::subject_of(block), mail::message_id_of(block)};
}

smtp::Refusal loop_refusal() { return {554, "5.4.6", "too many Received fields: this mail is in a loop"}; }

/// What is not as it came; nothing that anybody must look into.
void tell_mended(const QueueId& id, const mail::Mended& mended) {
  if (!mended.any()) return;
  log(Level::info, "text mended",
      {{"id", id.text()},
       {"cr_to_blank", mended.blanks},
       {"cr_cr_lf", mended.line_ends},
       {"nul_left_out", mended.nuls},
       {"bare_lf", mended.bare_lfs}});
}

}  // namespace

Acceptor::Acceptor(const Config& config, queue::Queue& queue, const Clock& clock, SubmissionMemory* memory,
                   Transaction transaction)
    : config_(config), queue_(queue), clock_(clock), memory_(memory), transaction_(std::move(transaction)) {
  for (const mail::Recipient& recipient : transaction_.envelope.recipients) {
    of_recipients_ += held_by(recipient);
    of_text_ += mail::kLeastRecipient + recipient.address.size() + recipient.orcpt.size();
  }
}

Acceptor::~Acceptor() {
  if (!claimed_.empty()) memory_->failed(claimed_);
}

void Acceptor::refuse(smtp::Refusal refusal) {
  if (!refusal_) tell_whom();
  if (!refusal_) refusal_ = std::move(refusal);
  intake_.reset();
  long_.reset();
  head_ = std::string();
  transaction_.envelope.recipients = {};
  of_recipients_ = of_text_ = 0;
}

/// What is let go now.
void Acceptor::tell_whom() {
  const mail::Envelope& envelope = transaction_.envelope;
  std::vector<mail::Recipient>& first = transaction_.envelope.recipients;
  refused_.source = envelope.source;
  refused_.client = client();
  refused_.sender = envelope.sender;
  refused_.count = std::max(recipients_, first.size());
  refused_.recipients.assign(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(std::min(first.size(), kTold)));
  refused_.size = wire_size_;
  refused_.title = title_;
}

std::string Acceptor::client() const {
  return transaction_.client.empty() ? mail::client_text(transaction_.envelope.source) : transaction_.client;
}

std::size_t Acceptor::held() const {
  if (refusal_) return 0;
  const std::uint64_t text = of_text_ + wire_size_;
  // The first piece that is written takes the envelope's text with it, however long that is.
  const std::uint64_t gathered = wire_size_ > 0 ? std::min<std::uint64_t>(text, kGathered) : text;
  return of_recipients_ + static_cast<std::size_t>(gathered) + head_.capacity();
}

/// Where the header block ends, its empty line included; nothing while it may go on. What stands before it is passed
/// over, see mail::from_header_on(). It does not depend on how much more is there.
std::optional<std::size_t> Acceptor::header_end() {
  for (;;) {
    const std::size_t newline = head_.find('\n', scanned_);
    const bool open = newline == std::string::npos;
    const std::string_view line =
        std::string_view(head_).substr(scanned_, open ? std::string::npos : newline + 1 - scanned_);
    if (open && line.size() <= mail::kLongestFieldName) return {};
    if (line == "\n") return newline + 1;
    const bool first = scanned_ == header_begin_;
    if (is_header_line(line, first)) {
      if (open) return {};
      scanned_ = newline + 1;
      continue;
    }
    const std::string_view begun = std::string_view(head_).substr(scanned_);
    const auto rest = first ? mail::from_header_on_so_far(begun) : begun;
    if (!rest) return {};
    const std::size_t skipped = begun.size() - rest->size();
    if (skipped == 0) return scanned_;
    header_begin_ += skipped;
    scanned_ = header_begin_;
  }
}

/// Behind header_begin_, as far as it is known to be header while its end is not.
std::size_t Acceptor::header_known() const {
  const bool judged = head_.size() - scanned_ > mail::kLongestFieldName;
  return (judged ? head_.size() : scanned_) - header_begin_;
}

Task<void> Acceptor::take(std::string_view text) {
  if (refusal_ || text.empty()) co_return;
  if (long_) {
    co_await pass_long(text);
    co_return;
  }
  if (intake_) {
    co_await append(text);
    co_return;
  }
  head_ += text;
  const auto end = header_end();
  if ((end ? *end - header_begin_ : header_known()) > mail::kHeldHeader) {
    co_await begin_long();
  } else if (end) {
    co_await begin(*end);
  }
}

/// The message begins in the queue, which has the whole envelope from now on; what stands before the client's own
/// header.
std::string Acceptor::open() {
  mail::Envelope& envelope = transaction_.envelope;
  std::vector<mail::Recipient> recipients = std::exchange(envelope.recipients, {});
  recipients_ = recipients.size();
  mail::Envelope stored = envelope;
  envelope.recipients.assign(recipients.begin(), recipients.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                          recipients_, mail::kRecipientsNamed)));
  stored.recipients = std::move(recipients);
  intake_ = queue_.begin(std::move(stored));
  envelope.id = intake_->id();
  envelope.accepted = intake_->accepted();
  id_ = intake_->id();
  completion_.domain = config_.domain;
  completion_.sender = envelope.sender;
  completion_.date = mail::format_date(envelope.accepted);
  completion_.message_id = "<" + id_.str() + "@" + config_.hostname + ">";
  return received_field(envelope, config_.hostname, transaction_.protocol);
}

/// What `senders` says of this mail; null: the header is too long to be searched.
Task<void> Acceptor::check_sender(const std::string* header) {
  const Result<std::optional<smtp::Refusal>> refusal =
      co_await refused_by_senders(config_, transaction_.user, transaction_.envelope.sender, header);
  if (!refusal) {
    refuse({451, "4.3.0", refusal.error().text + ", which 'senders' in postern.yaml asks for; try again later"});
  } else if (*refusal) {
    refuse(**refusal);
  }
}

/// The header is known.
Task<void> Acceptor::begin(std::size_t header_size) {
  std::string text = std::exchange(head_, {});
  const std::string_view header = std::string_view(text).substr(header_begin_, header_size - header_begin_);
  if (is_in_loop(header)) {
    refuse(loop_refusal());
    co_return;
  }
  std::string stored = open();
  stored += mail::complete_headers(header, completion_);
  title_ = title_of(stored);
  co_await check_sender(&stored);
  if (refusal_) co_return;
  eight_bit_header_ = !is_ascii(stored);
  stored += std::string_view(text).substr(header_size);
  text = std::string();  // while the disk is waited for there is one copy of it, as held() says
  co_await append(stored);
}

/// There is more header than is held.
Task<void> Acceptor::begin_long() {
  const std::string held = std::exchange(head_, {});
  co_await check_sender(nullptr);
  if (refusal_) co_return;
  const std::string first = open();
  eight_bit_header_ = !is_ascii(first);
  long_ = std::make_unique<mail::LongHeader>(completion_);
  co_await append(first);
  if (!refusal_) co_await pass_long(std::string_view(held).substr(header_begin_));
}

Task<void> Acceptor::pass_long(std::string_view text) {
  std::string stored;
  const bool ended = long_->feed(text, stored);
  if (long_->received() > smtp::limits::kReceivedLines) {
    refuse(loop_refusal());
    co_return;
  }
  if (ended) long_.reset();
  eight_bit_header_ = eight_bit_header_ || !is_ascii(stored);
  stored += text;
  co_await append(stored);
}

Task<void> Acceptor::append(std::string_view text) {
  wire_size_ += text.size() + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  const auto appended = co_await intake_->append(text);
  if (appended) co_return;
  tell_not_stored(appended.error());
  refuse(refusal_for(appended.error()));
}

/// A message that no disk could hold is a matter of whoever sent it.
void Acceptor::tell_not_stored(const Error& error) {
  if (error.failure == Failure::no_space) return;  // the queue has told that, once for all
  if (error.failure == Failure::denied) return;    // the party is told, and the log has the reply
  const std::string party = mail::party_text(config_.parties.of(transaction_.envelope.source));
  if (transaction_.failures != nullptr && !transaction_.failures->may_log(party, clock_.steady())) return;
  const bool ours = error.failure != Failure::limit;
  log(ours ? Level::error : Level::info, ours ? "cannot store message" : "message refused, it has too many recipients",
      {{"id", id_.text()}, {"reason", error.text}});
}

/// The client asks again about a submission whose answer it did not hear.
bool Acceptor::already_stored() {
  const auto uid = transaction_.envelope.source.uid;
  if (memory_ == nullptr || transaction_.submission_id.empty() || !uid) return false;
  const std::string key = SubmissionMemory::key(*uid, transaction_.submission_id);
  const SubmissionMemory::Answer answer = memory_->claim(key, clock_.steady());
  switch (answer.claim) {
    case SubmissionMemory::Claim::mine: claimed_ = key; return false;
    case SubmissionMemory::Claim::pending:
      refuse({451, "4.3.0", "this submission is being stored already, ask again"});
      return false;
    case SubmissionMemory::Claim::stored: break;
  }
  log(Level::info, "submitted again, already stored", {{"id", answer.id.text()}});
  intake_.reset();
  id_ = answer.id;
  return true;
}

Task<void> Acceptor::commit(mail::BodyType seen) {
  const bool eight_bit =
      seen == mail::BodyType::eight_bit || eight_bit_header_ || transaction_.envelope.body == mail::BodyType::eight_bit;
  transaction_.envelope.wire_size = wire_size_;
  if (!claimed_.empty()) co_await memory_->committing(claimed_, intake_->id(), transaction_.against);
  const auto stored =
      co_await intake_->commit(wire_size_, eight_bit ? mail::BodyType::eight_bit : mail::BodyType::seven_bit);
  if (!stored) {
    tell_not_stored(stored.error());
    refuse(refusal_for(stored.error()));
    co_return;
  }
  id_ = intake_->id();  // made anew if the name was taken
  if (!claimed_.empty()) memory_->stored(std::exchange(claimed_, {}), id_);
  const mail::Envelope& envelope = transaction_.envelope;
  const std::string client = this->client();
  mail::log_accepted(envelope, {id_, recipients_, wire_size_, title_.message_id, client});
  mail::Mended mended = transaction_.mended;
  tell_mended(id_, mended += decoded_);
  if (!envelope.unread.empty()) {
    std::string texts;
    for (const std::string& text : envelope.unread) texts += (texts.empty() ? "" : "; ") + text;
    log(Level::notice, "recipients cannot be read, the sender will be told if reports are wanted",
        {{"id", id_.text()}, {"unread", texts}, {"client", client}});
  }
  if (transaction_.unread_sender.empty()) co_return;
  log(Level::warning, "the sender cannot be read, and the caller's own name stands for it",
      {{"id", id_.text()},
       {"unread", transaction_.unread_sender},
       {"from", "<" + envelope.sender + ">"},
       {"client", client}});
}

Task<Acceptor::Outcome> Acceptor::finish(mail::BodyType seen) {
  // A header without an empty line: all that came is header (RFC 5322 3.5 makes the body optional).
  if (!refusal_ && !intake_) co_await begin(header_end().value_or(head_.size()));
  if (!refusal_ && long_) {
    std::string rest;
    long_->finish(rest);
    long_.reset();
    co_await append(rest);
  }
  if (!refusal_ && !already_stored() && !refusal_) co_await commit(seen);
  Outcome outcome;
  outcome.id = id_;
  outcome.refusal = refusal_;
  co_return outcome;
}

}  // namespace postern::submission
