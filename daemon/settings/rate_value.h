// The value of `rate`: one text, a list of texts, or a map, of limits to what a smarthost is given.
//
//   rate: 500 recipients/day
//   rate: ["30 messages/minute", "500 recipients/day"]
//   rate: { messages: [30/minute, 200/h], recipients: 500 per day }
#pragma once

#include "queue/queue_options.h"
#include "settings/values.h"

#include <optional>
#include <string_view>
#include <vector>

namespace postern::settings {

/// "500 recipients/day", "30 messages per minute", "100mails/h"; nothing if it is no limit, or says not of what.
/// `of`: is known already, and then the text need not say it.
[[nodiscard]] std::optional<queue::RateLimit> parse_rate(std::string_view text,
                                                         std::optional<queue::RateLimit::Of> of = {});

[[nodiscard]] std::optional<std::vector<queue::RateLimit>> rate_value(const Node& node, Scope& scope);

}  // namespace postern::settings
