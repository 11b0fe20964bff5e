// GET and HEAD of /metrics over HTTP/1.1 (RFC 9112), for a scraper on this machine, and of what views.h has, for a
// browser. One request a connection; nothing but these paths, no bodies. A request has 8 KiB and five seconds to
// arrive, the answer ten to be made, and as long to be taken.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "metrics/host_check.h"
#include "metrics/page.h"
#include "metrics/views.h"
#include "net/stream.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::metrics {

/// What is shown, as of now; null: it could not be made, or not in time.
struct Source {
  std::function<Task<std::shared_ptr<const std::string>>(Format format)> metrics;
  std::function<Task<std::shared_ptr<const Views>>()> views;
};

/// A request may take so long to arrive: on this machine nobody needs as much who means to ask.
inline constexpr Seconds kRequestPatience{5};
/// And an answer to be made, and to be taken: perhaps by a browser at the other end of a tunnel.
inline constexpr Seconds kScrapePatience{10};
static_assert(kMakingPatience < kScrapePatience, "that it was not made in time is still told");

/// What a scraper that sends this value of Accept wants; OpenMetrics where it takes that at all, or does not say. A
/// browser, which takes HTML, would keep that as a file and shows the older format.
[[nodiscard]] Format format_for(std::string_view accept);

/// When each came so far.
struct ScrapeTimes {
  std::optional<SteadyTime> asked{};     ///< the whole request
  std::optional<SteadyTime> answered{};  ///< the whole answer, to be taken from then on
};

/// Notes its times as they come. A host that is not ours is answered with 421. `hosts` and `clock` must live until the
/// task has ended.
Task<void> serve_scrape(std::shared_ptr<net::Stream> stream, Source source, HostCheck& hosts, Clock& clock,
                        std::shared_ptr<ScrapeTimes> times);

}  // namespace postern::metrics
