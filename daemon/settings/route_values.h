// The values of a row of `routes`, and what the rows mean beside each other and the smarthosts.
#pragma once

#include "settings/document.h"
#include "settings/report.h"
#include "settings/settings.h"
#include "settings/values.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::settings {

/// As sender_patterns_value(), and "<>".
[[nodiscard]] std::optional<std::vector<std::string>> route_senders_value(const Node& node, Scope& scope);
[[nodiscard]] std::optional<std::vector<std::string>> smarthost_names_value(const Node& node, Scope& scope);

/// Errors for names that no smarthost has, or that a row has twice. The smarthosts are named as they are themselves
/// afterwards, in upper and lower case.
void check_routes(Settings& settings, Report& report);
/// Of rows of `routes` and `storms` behind one that takes all.
void warn_of_unasked_rows(const queue::QueueOptions& queue, Report& report);

}  // namespace postern::settings
