#include "queue/stored_message.h"

#include "mail/headers.h"
#include "mail/subject.h"

#include <algorithm>
#include <utility>

namespace postern::queue {

Result<Loaded> read_message(spool::Spool& spool, const QueueId& id, spool::Area area, const mail::Parties& parties) {
  Result<spool::Stored> stored = spool.read(id, area);
  if (!stored) return stored.error();
  std::string piece;
  if (stored->large) {
    Result<std::string> first = spool.read_piece(*stored, 0);
    if (!first) return first.error();
    piece = std::move(*first);
  }
  const std::string_view text = stored->large ? piece : stored->small_text;
  const mail::HeaderBlock header = mail::parse_headers(text);
  Sender sender = sender_of(stored->envelope, header, parties);
  std::string message_id = mail::message_id_of(header);
  std::string subject = mail::subject_of(header);
  return Loaded{std::move(*stored), std::move(sender), std::move(message_id), std::move(subject)};
}

StoredMessage::StoredMessage(spool::Spool& spool, spool::DiskPool& pool, Loaded loaded)
    : spool_(spool),
      pool_(pool),
      stored_(std::make_shared<spool::Stored>(std::move(loaded.stored))),
      sender_(std::move(loaded.sender)),
      message_id_(std::move(loaded.message_id)),
      subject_(std::move(loaded.subject)),
      states_(fold(stored_->envelope, stored_->log)),
      pending_(queue::pending(states_)) {}

const std::vector<std::size_t>& StoredMessage::going(const Route& route) const {
  if (legs_.size() < 2) return pending_;
  const auto leg = std::ranges::find(legs_, route, &Leg::route);
  static const std::vector<std::size_t> nobody;
  return leg == legs_.end() ? nobody : leg->recipients;
}

std::size_t StoredMessage::whole(const Route& route) const {
  const auto leg = std::ranges::find(legs_, route, &Leg::route);
  return leg == legs_.end() ? stored_->envelope.recipients.size() : leg->whole;
}

Task<Result<std::string_view>> StoredMessage::read() {
  if (offset_ >= stored_->envelope.size) co_return std::string_view();
  if (!stored_->large) {
    offset_ = stored_->small_text.size();
    co_return std::string_view(stored_->small_text);
  }
  auto job = [spool = &spool_, stored = stored_, offset = offset_] { return spool->read_piece(*stored, offset); };
  Result<std::string> piece = co_await pool_.run(spool::Priority::normal, std::move(job));
  if (!piece) co_return piece.error();
  piece_ = std::move(*piece);
  offset_ += piece_.size();
  co_return std::string_view(piece_);
}

}  // namespace postern::queue
