// GET /metrics over HTTP/1.1 (RFC 9112), for a scraper on this machine. One request a connection; nothing but this
// path, no bodies. A request has 8 KiB and ten seconds to arrive, the answer as long to be taken.
#pragma once

#include "base/task.h"
#include "metrics/host_check.h"
#include "metrics/page.h"
#include "net/stream.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace postern::metrics {

/// The page as of now.
using Source = std::function<Task<std::string>(Format format)>;

/// A request may take so long to arrive, and an answer to be taken.
inline constexpr Seconds kScrapePatience{10};

/// What a scraper that sends this value of Accept wants; OpenMetrics where it takes that at all.
[[nodiscard]] Format format_for(std::string_view accept);

/// Calls `asked` when the whole request has come. A host that is not ours is answered with 421. `hosts` must live until
/// the task has ended.
Task<void> serve_scrape(std::shared_ptr<net::Stream> stream, Source source, HostCheck& hosts,
                        std::function<void()> asked);

}  // namespace postern::metrics
