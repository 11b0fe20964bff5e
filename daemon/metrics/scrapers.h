// The scrapers that are served at a time. Any local user may connect, so the places are shared as everything here:
// nobody keeps one for ever, and no user the places that another one needs.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "metrics/scrape.h"
#include "net/stream.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

namespace postern::metrics {

/// Connections served at a time.
inline constexpr std::size_t kScrapers = 10;
/// An answer is taken in an instant by whoever reads. Who does not, and this is over, has no more claim to a place than
/// one who has not asked.
inline constexpr Seconds kTaking{2};

/// Outlives what it serves.
class Scrapers {
 public:
  Scrapers(Executor loop, Clock& clock, Source source, OwnHosts own)
      : loop_(std::move(loop)), clock_(clock), source_(std::move(source)), hosts_(std::move(own)) {}

  /// `party`: who it counts for (mail/parties.h). Without a free place whoever has the most of them, this one counted
  /// in, loses one: its oldest connection that has not sent its whole request or does not take its answer; where it has
  /// more than this party, whichever is the oldest. If there is none of these, this one is closed.
  void serve(std::unique_ptr<net::Stream> stream, std::uint32_t party);
  /// The hosts of this machine are other ones now.
  void forget_hosts() { hosts_.forget(); }

 private:
  struct Scraper {
    std::shared_ptr<net::Stream> stream;
    std::uint32_t party = 0;
    ScrapeTimes times{};
  };
  using Place = std::list<std::shared_ptr<Scraper>>::iterator;

  /// Neither its request is under way to an answer nor that answer to whoever reads it.
  [[nodiscard]] bool is_idle(const Scraper& one) const;
  [[nodiscard]] bool is_over(const Scraper& one) const;
  /// Who makes way for one more of this party; end(): nobody.
  [[nodiscard]] Place to_make_way_for(std::uint32_t party);

  Executor loop_;
  Clock& clock_;
  Source source_;
  HostCheck hosts_;
  std::list<std::shared_ptr<Scraper>> scrapers_;  ///< the oldest first
};

}  // namespace postern::metrics
