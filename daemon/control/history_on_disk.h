// `history`, `history show` and `queue show` of a message that is gone, answered without a daemon, from the files of
// the history alone: for those who may read these, which are root and the daemon's own user. Nothing is written or
// removed. Blocks: not for the daemon.
#pragma once

#include "base/clock.h"
#include "history/history_options.h"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern::control {

struct HistoryOnDisk {
  std::string directory;
  WallTime written;  ///< the last time
};

/// Of these directories the one that was written to last; nothing: this process may read none of them, or there is no
/// history in any.
[[nodiscard]] std::optional<HistoryOnDisk> find_history(const std::vector<std::string>& directories);

/// The exit code (exits.h), and what to say on standard error if it is not empty.
struct AnsweredFromDisk {
  int exit = 0;
  std::string error{};
};

/// The request is answered as an administrator's is, line for line, from what is kept by these options.
[[nodiscard]] AnsweredFromDisk answer_from_disk(const std::string& directory, const history::HistoryOptions& options,
                                                Clock& clock, const boost::json::object& request,
                                                const std::function<void(const boost::json::object& line)>& on_line);

}  // namespace postern::control
