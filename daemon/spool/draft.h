// One message on its way into the spool. Small ones stay in memory until commit() and are written by one job; larger
// ones spill. add() is for any thread; spill(), commit() and the destructor of a spilled draft block.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "mail/text_facts.h"
#include "spool/disk.h"
#include "spool/spool.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::spool {

class Draft {
 public:
  /// `envelope.id` and `accepted` are set; the id may be made anew until commit() has returned.
  Draft(Spool& spool, mail::Envelope envelope);
  /// Uncommitted: nothing stays. The draft may outlive the spool.
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] const mail::Envelope& envelope() const { return envelope_; }
  /// Bytes of the file after commit().
  [[nodiscard]] std::uint64_t file_size() const { return written_; }

  /// LF text, kept in memory.
  void add(std::string_view text);
  /// Time for spill().
  [[nodiscard]] std::uint64_t buffered() const { return buffer_.size(); }
  [[nodiscard]] bool full() const { return buffer_.size() > kPiece; }
  /// All of the text, also after commit(); nothing: some of it was written before.
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] bool spilled() const { return static_cast<bool>(file_); }
  /// Writes what is in memory to tmp/. Failures: no_space, io, invalid, limit; this draft then fails for good.
  Result<void> spill();
  /// On stable storage, data and name, when this returns well; on failure nothing of it stays, and this draft fails for
  /// good. A file that cannot be removed is told in the log. Once.
  /// Failures: no_space, io, invalid (a value of the envelope cannot be stored), limit.
  Result<void> commit(std::uint64_t wire_size, mail::BodyType body);

 private:
  Result<void> write_buffer();
  Result<void> finish();
  Result<void> open_tmp();
  Result<void> write_whole();
  Result<void> write_rest();
  Result<void> move_to_queue();
  Result<void> publish();
  void make_new_id();
  void abandon();

  std::shared_ptr<Spool::Places> places_;
  mail::Envelope envelope_;
  std::string buffer_;     ///< text not yet written; begins with the envelope's place if nothing is written
  std::size_t place_ = 0;  ///< bytes of the envelope as it was at the beginning: they stay as many
  std::optional<Error> refused_;
  Sha256 sha_;
  mail::TextFactsFinder facts_;
  File file_;
  std::uint64_t written_ = 0;
  bool has_tmp_name_ = false;
  bool has_queue_name_ = false;
  bool queue_unsynced_ = false;  ///< its directory could not be synced, and must not be once more
  bool committed_ = false;
  bool in_memory_ = true;  ///< buffer_ has all of the text
};

}  // namespace postern::spool
