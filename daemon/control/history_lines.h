// What `history` and `history show` tell, line for line, whoever reads the files for it: the daemon for its clients, or
// `postern` itself where no daemon runs (history_on_disk.h).
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "control/lines.h"
#include "history/answers.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern::control {

/// Whether this message is in the queue, in whatever state.
using InQueue = std::function<Task<bool>(std::string id)>;

/// Whose references outlive the command.
struct AskedHistory {
  const history::Answers& history;
  Clock& clock;
  const boost::json::object& request;
  std::optional<std::uint32_t> owner;  ///< who asks, and sees the own mail alone; nothing: an administrator
  InQueue in_queue{};                  ///< empty: there is nobody who knows
  std::vector<std::string> sites{};    ///< of the settings; empty: they are not known
};

/// What was told of one message.
struct Told {
  bool known = false;  ///< anything
  /// Why that may not be all: files of the history cannot be read (io), or nothing of it tells how the message ended,
  /// which is not in the queue (not_found) or of which that is not known (busy).
  std::optional<Error> doubt{};
  /// Where nothing is known: why there may have been something; empty, or "; ..." to be told behind that.
  std::string missing{};
};
/// The answer to whoever asked for that message. `unknown`: of one of which nothing is known.
[[nodiscard]] Result<int> outcome_of(const Told& told, Error unknown);

/// The records that the request asks for, the newest first, while more are looked for. At the limit it is looked for no
/// longer than a moment whether there is one more. Failures: invalid (also of a site that no record has and that is
/// none of the settings), io (behind what was told: some files cannot be read), those of Answers and of Lines.
Task<Result<int>> list_history(const AskedHistory& asked, Lines& lines);
/// The whole way of a message. `id` may be the beginning of one. Failures: invalid (several begin so), not_found (none
/// is kept), those of Answers and of Lines.
Task<Result<Told>> tell_story(const AskedHistory& asked, std::string id, Lines& lines);
/// Of the id in the request. Failures: likewise, and those of outcome_of().
Task<Result<int>> show_history(const AskedHistory& asked, Lines& lines);

}  // namespace postern::control
