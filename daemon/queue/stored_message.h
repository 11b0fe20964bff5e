// A message of the spool as the relay reads it: small ones from memory, large ones in pieces through the disk pool.
#pragma once

#include "mail/message.h"
#include "queue/decide.h"
#include "queue/route.h"
#include "queue/sender.h"
#include "spool/disk_pool.h"
#include "spool/spool.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::queue {

/// A message with what its header tells.
struct Loaded {
  spool::Stored stored;
  Sender sender;
  std::string message_id{};  ///< "<...>"; empty: it has none, or not in the first piece of the text
  std::string subject{};     ///< likewise, as mail::subject_of() has it
};
/// Blocks. Failures: as Spool::read() and read_piece().
Result<Loaded> read_message(spool::Spool& spool, const QueueId& id, spool::Area area, const mail::Parties& parties);

class StoredMessage final : public mail::Message {
 public:
  StoredMessage(spool::Spool& spool, spool::DiskPool& pool, Loaded loaded);

  [[nodiscard]] const mail::Envelope& envelope() const override { return stored_->envelope; }
  [[nodiscard]] const std::vector<std::size_t>& pending() const override { return pending_; }
  Task<Result<std::string_view>> read() override;
  void rewind() override { offset_ = 0; }

  [[nodiscard]] const QueueId& id() const { return stored_->envelope.id; }
  [[nodiscard]] const std::vector<RecipientState>& states() const { return states_; }
  [[nodiscard]] const Sender& sender() const { return sender_; }
  [[nodiscard]] const std::string& message_id() const { return message_id_; }
  [[nodiscard]] const std::string& subject() const { return subject_; }
  [[nodiscard]] const std::string& rerouted_to() const { return stored_->rerouted_to; }
  /// Of pending(), by which routes they go; none: all by that of the lane of all, or by the one it was rerouted to.
  [[nodiscard]] const std::vector<Leg>& legs() const { return legs_; }
  void set_legs(std::vector<Leg> legs) { legs_ = std::move(legs); }
  /// Whose route is this.
  [[nodiscard]] const std::vector<std::size_t>& going(const Route& route) const;
  /// How many of all its recipients go by this route, settled ones too.
  [[nodiscard]] std::size_t whole(const Route& route) const;
  /// For jobs on the disk pool, which may outlive the message.
  [[nodiscard]] const std::shared_ptr<spool::Stored>& stored() const { return stored_; }

 private:
  spool::Spool& spool_;
  spool::DiskPool& pool_;
  std::shared_ptr<spool::Stored> stored_;
  Sender sender_;
  std::string message_id_;
  std::string subject_;
  std::vector<RecipientState> states_;
  std::vector<std::size_t> pending_;
  std::vector<Leg> legs_;
  std::uint64_t offset_ = 0;
  std::string piece_;
};

using MessagePtr = std::unique_ptr<StoredMessage>;

}  // namespace postern::queue
