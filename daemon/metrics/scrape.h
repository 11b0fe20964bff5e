// GET /metrics over HTTP/1.1 (RFC 9112), for a scraper on this machine. One request a connection; nothing but this
// path, no bodies. A request has 8 KiB and ten seconds to arrive, the answer as long to be taken.
#pragma once

#include "base/task.h"
#include "metrics/page.h"
#include "net/stream.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::metrics {

/// The page as of now.
using Source = std::function<Task<std::string>(Format format)>;

/// A request may take so long to arrive, and an answer to be taken.
inline constexpr Seconds kScrapePatience{10};

/// What a scraper that sends this value of Accept wants; OpenMetrics where it takes that at all.
[[nodiscard]] Format format_for(std::string_view accept);

/// The names and addresses of this machine as of now (own_host.h): nobody else's are answered (421).
using OwnHosts = std::function<std::vector<std::string>()>;

/// Calls `asked` when the whole request has come.
Task<void> serve_scrape(std::shared_ptr<net::Stream> stream, Source source, OwnHosts own, std::function<void()> asked);

}  // namespace postern::metrics
