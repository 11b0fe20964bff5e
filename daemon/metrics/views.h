// What browsers, and programs besides scrapers, are answered. All of it is made together: where 200,000 messages wait
// the event loop is held by that for some 30 ms (tests/system/test_crowd.py shows it).
#pragma once

#include "metrics/kept.h"

#include <optional>
#include <string>
#include <string_view>

namespace postern::metrics {

enum class View { page, status, history };

/// By the path of a request, without its query: "/", "/api/status", "/api/history".
[[nodiscard]] std::optional<View> view_at(std::string_view path);
[[nodiscard]] std::string_view content_type(View view);
/// The fields of its answer besides type and length, each with its line end: what a browser may do with it is nothing
/// but show it, and no page of another origin may have it.
[[nodiscard]] std::string guards(View view);
/// Those of what is text alone: metrics, and a refusal.
[[nodiscard]] std::string guards();

/// Bodies.
struct Views {
  std::string page;
  std::string status;
  std::optional<std::string> history;  ///< nothing: it is not to be shown

  /// Null: it is not to be shown.
  [[nodiscard]] const std::string* of(View view) const;
};

using KeptViews = Kept<Views>;

}  // namespace postern::metrics
