// The way back to a control client: lines and text collected into pieces of some KiB and written in order.
// After a failed write every further call fails too, so a command ends soon after its client has gone. What waits for
// the client to read it counts against the memory of its party.
#pragma once

#include "base/clock.h"
#include "base/fair_memory.h"
#include "base/result.h"
#include "base/task.h"
#include "control/lines.h"
#include "net/stream.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::control {

/// A command may say nothing for long: a check of several smarthosts that answer slowly, a login that nobody agrees to.
inline constexpr Seconds kCommandTimeout{2 * 3600};

class Answer final : public Lines {
 public:
  Answer(net::Stream& stream, const FairMemory& unread, std::uint32_t party)
      : stream_(stream), unread_(unread, party) {}

  /// One JSON object as one line. Failures: those of Stream::write; busy (the party has left too much unread).
  Task<Result<void>> line(const boost::json::object& object) override;
  /// Plain text for the shim, whole lines; the first brings the line "ok" before it.
  Task<Result<void>> text(std::string_view bytes);
  Task<Result<void>> flush() override;

  /// The last line of either form. Of the plain one it is "end EXIT" or "error EXIT TEXT": without it the client knows
  /// that the answer is not whole.
  Task<void> end_json(const Result<int>& outcome);
  Task<void> end_plain(const Result<int>& outcome);

 private:
  Task<Result<void>> add(std::string_view bytes);
  Result<void> hold(std::size_t bytes);

  net::Stream& stream_;
  FairMemory::Share unread_;
  std::string pending_;
  bool text_begun_ = false;
  bool broken_ = false;
};

}  // namespace postern::control
