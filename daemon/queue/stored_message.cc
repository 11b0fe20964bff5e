#include "queue/stored_message.h"

#include <utility>

namespace postern::queue {

Result<Loaded> read_message(spool::Spool& spool, const QueueId& id, spool::Area area, const mail::Parties& parties) {
  Result<spool::Stored> stored = spool.read(id, area);
  if (!stored) return stored.error();
  Sender sender;
  if (stored->large) {
    const Result<std::string> piece = spool.read_piece(*stored, 0);
    if (!piece) return piece.error();
    sender = sender_of(stored->envelope, *piece, parties);
  } else {
    sender = sender_of(stored->envelope, stored->small_text, parties);
  }
  return Loaded{std::move(*stored), std::move(sender)};
}

StoredMessage::StoredMessage(spool::Spool& spool, spool::DiskPool& pool, spool::Stored stored, Sender sender)
    : spool_(spool),
      pool_(pool),
      stored_(std::make_shared<spool::Stored>(std::move(stored))),
      sender_(std::move(sender)),
      states_(fold(stored_->envelope, stored_->log)),
      pending_(queue::pending(states_)) {}

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
