#include "metrics/scrapers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace postern::metrics {

bool Scrapers::is_idle(const Scraper& one) const {
  const std::optional<SteadyTime>& answered = one.times.answered;
  return !one.times.asked || (answered && clock_.steady() - *answered >= kTaking);
}

/// Its answer has a time to be made and a time to be taken; after both its stream has expired, whatever it waits for.
bool Scrapers::is_over(const Scraper& one) const {
  return one.times.asked && clock_.steady() - *one.times.asked > 2 * kScrapePatience;
}

Scrapers::Place Scrapers::to_make_way_for(std::uint32_t party) {
  const auto over = std::ranges::find_if(scrapers_, [this](const auto& one) { return is_over(*one); });
  if (over != scrapers_.end()) return over;
  std::map<std::uint32_t, std::size_t> places{{party, 1}};
  for (const auto& one : scrapers_) ++places[one->party];
  const std::size_t own = places[party];
  Place chosen = scrapers_.end();
  std::pair<std::size_t, bool> claim;  // of the chosen one: the higher, the sooner it goes
  for (Place place = scrapers_.begin(); place != scrapers_.end(); ++place) {
    const std::pair one{places[(*place)->party], is_idle(**place)};
    const bool may_go = one.first > own || (one.first == own && one.second);
    if (!may_go || (chosen != scrapers_.end() && one <= claim)) continue;
    chosen = place;
    claim = one;
  }
  return chosen;
}

void Scrapers::serve(std::unique_ptr<net::Stream> stream, std::uint32_t party) {
  if (scrapers_.size() >= kScrapers) {
    const Place place = to_make_way_for(party);
    if (place == scrapers_.end()) return;  // the stream closes
    (*place)->stream->cancel();
    scrapers_.erase(place);
  }
  const auto scraper = std::make_shared<Scraper>();
  scraper->stream = std::move(stream);
  scraper->party = party;
  scrapers_.push_back(scraper);
  const std::shared_ptr<ScrapeTimes> times(scraper, &scraper->times);
  spawn(loop_, serve_scrape(scraper->stream, source_, hosts_, clock_, times), "scrape",
        [this, scraper] { scrapers_.remove(scraper); });
}

}  // namespace postern::metrics
