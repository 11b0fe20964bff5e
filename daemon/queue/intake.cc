#include "queue/intake.h"

#include <utility>

namespace postern::queue {
namespace {

/// Callers know three kinds: the disk is full, the envelope is too long, or something is wrong with the disk.
Result<void> as_promised(const Result<void>& result) {
  if (result || result.error().failure == Failure::no_space || result.error().failure == Failure::limit) return result;
  return Error{Failure::io, result.error().text, result.error().code};
}

}  // namespace

SpoolIntake::SpoolIntake(spool::DiskPool& pool, const Clock& clock, std::shared_ptr<spool::Draft> draft, Room room,
                         Ended ended, std::shared_ptr<Title> title)
    : pool_(pool),
      poster_(pool.poster()),
      clock_(clock),
      draft_(std::move(draft)),
      room_(std::move(room)),
      ended_(std::move(ended)),
      title_(std::move(title)) {}

SpoolIntake::~SpoolIntake() {
  // Giving up a spilled draft closes and unlinks a file: not on the event loop.
  if (draft_->spilled())
    poster_.post(spool::Priority::background, [draft = std::move(draft_)]() mutable { draft.reset(); });
}

Task<Result<void>> SpoolIntake::append(std::string_view text) {
  if (title_) *std::exchange(title_, nullptr) = title_of(text);
  draft_->add(text);
  if (!draft_->full()) co_return Result<void>();
  auto asked = room_(draft_->buffered());
  if (!asked) {
    ended_(*draft_, asked.error(), SteadyTime::duration::zero());
    co_return asked.error();
  }
  auto job = [draft = draft_, room = std::move(*asked)]() -> Result<void> {
    if (const Result<void> enough = room(); !enough) return enough;
    return draft->spill();
  };
  const Result<void> spilled = co_await pool_.run(spool::Priority::urgent, std::move(job));
  const Result<void> result = as_promised(spilled);
  if (!result) ended_(*draft_, result, SteadyTime::duration::zero());
  co_return result;
}

Task<Result<void>> SpoolIntake::commit(std::uint64_t wire_size, mail::BodyType body) {
  const SteadyTime began = clock_.steady();
  auto asked = room_(draft_->buffered());
  if (!asked) {
    ended_(*draft_, asked.error(), SteadyTime::duration::zero());
    co_return asked.error();
  }
  auto job = [draft = draft_, room = std::move(*asked), wire_size, body]() -> Result<void> {
    if (const Result<void> enough = room(); !enough) return enough;
    return draft->commit(wire_size, body);
  };
  const Result<void> committed = co_await pool_.run(spool::Priority::urgent, std::move(job));
  const Result<void> result = as_promised(committed);
  ended_(*draft_, result, clock_.steady() - began);
  co_return result;
}

}  // namespace postern::queue
