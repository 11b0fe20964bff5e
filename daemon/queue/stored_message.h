// A message of the spool as the relay reads it: small ones from memory, large ones in pieces through the disk pool.
#pragma once

#include "mail/message.h"
#include "queue/decide.h"
#include "queue/sender.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::queue {

/// A message with the sender that its header tells.
struct Loaded {
  spool::Stored stored;
  Sender sender;
};
/// Blocks. Failures: as Spool::read() and read_piece().
Result<Loaded> read_message(spool::Spool& spool, const QueueId& id, spool::Area area, const mail::Parties& parties);

class StoredMessage final : public mail::Message {
 public:
  StoredMessage(spool::Spool& spool, spool::DiskPool& pool, spool::Stored stored, Sender sender);

  [[nodiscard]] const mail::Envelope& envelope() const override { return stored_->envelope; }
  [[nodiscard]] const std::vector<std::size_t>& pending() const override { return pending_; }
  Task<Result<std::string_view>> read() override;
  void rewind() override { offset_ = 0; }

  [[nodiscard]] const QueueId& id() const { return stored_->envelope.id; }
  [[nodiscard]] const std::vector<RecipientState>& states() const { return states_; }
  [[nodiscard]] const Sender& sender() const { return sender_; }
  [[nodiscard]] const std::string& rerouted_to() const { return stored_->rerouted_to; }
  /// For jobs on the disk pool, which may outlive the message.
  [[nodiscard]] const std::shared_ptr<spool::Stored>& stored() const { return stored_; }

 private:
  spool::Spool& spool_;
  spool::DiskPool& pool_;
  std::shared_ptr<spool::Stored> stored_;
  Sender sender_;
  std::vector<RecipientState> states_;
  std::vector<std::size_t> pending_;
  std::uint64_t offset_ = 0;
  std::string piece_;
};

using MessagePtr = std::unique_ptr<StoredMessage>;

}  // namespace postern::queue
