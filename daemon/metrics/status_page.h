// The page for browsers: whether mail flows and if not, why, in the words of `postern status` and from the same values;
// and what that does not have, the last day. One document that loads nothing, needs no script and reads in its order.
// Without names it has what status tells every user, and of messages how many there are. Pure.
#pragma once

#include "metrics/activity.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace postern::metrics {

struct PageContents {
  boost::json::object status;  ///< of `postern status --json`, as told to an administrator or to anybody: `names`
  /// With names: the oldest messages that wait (control/status.h). Nothing: the disk did not answer.
  std::optional<boost::json::array> waiting{};
  /// With names: the failures of the last day, the newest first, as `postern history --json` has them. Nothing: no
  /// history is kept, or it cannot be read.
  std::optional<boost::json::array> failures{};
  /// One sentence: why the history cannot be read, or which part of it, and there are `failures` all the same; empty:
  /// all of it can be, or none is kept.
  std::string history_trouble{};
  std::vector<Activity::Period> day;
  WallTime begun;      ///< when counting began, by the clock as it is now
  bool names = false;  ///< addresses, subjects and servers' words are shown, not counts alone
  WallTime now;
};

/// So many of the oldest messages that wait, and of the last failures, are shown.
inline constexpr std::size_t kShownMessages = 10;

[[nodiscard]] std::string status_page(const PageContents& contents);

/// The body of /api/status: the status with `day`, with `day_since` where what was before is not known, and with names
/// `oldest_waiting`, if that is known.
[[nodiscard]] boost::json::object status_document(const PageContents& contents);

}  // namespace postern::metrics
