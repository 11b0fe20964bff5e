// The writer that submission is given: a Draft of the spool, its blocking steps on the disk pool. It may be destroyed
// after pool and spool: a session that never ended goes with the event loop.
#pragma once

#include "queue/queue.h"
#include "queue/title.h"
#include "spool/disk_pool.h"
#include "spool/draft.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace postern::queue {

class SpoolIntake final : public Intake {
 public:
  /// Called on the loop for a commit that succeeded (nothing) or failed (the error) after `took`.
  using Ended = std::function<void(const spool::Draft& draft, const Result<void>& result, SteadyTime::duration took)>;

  /// Called on the loop before so many bytes more of a message are written; what it returns is asked on the disk pool.
  /// Failure: denied.
  using Room = std::function<Result<std::function<Result<void>()>>(std::uint64_t size)>;

  /// `title` is filled from the header, which the first text begins with; null: nobody wants it.
  SpoolIntake(spool::DiskPool& pool, const Clock& clock, std::shared_ptr<spool::Draft> draft, Room room, Ended ended,
              std::shared_ptr<Title> title = nullptr);
  ~SpoolIntake() override;

  [[nodiscard]] const QueueId& id() const override { return draft_->envelope().id; }
  [[nodiscard]] WallTime accepted() const override { return draft_->envelope().accepted; }
  Task<Result<void>> append(std::string_view text) override;
  Task<Result<void>> commit(std::uint64_t wire_size, mail::BodyType body) override;

 private:
  spool::DiskPool& pool_;
  spool::DiskPool::Poster poster_;  ///< for the destructor, which may come after the pool's
  const Clock& clock_;
  std::shared_ptr<spool::Draft> draft_;
  Room room_;
  Ended ended_;
  std::shared_ptr<Title> title_;
};

}  // namespace postern::queue
