#include "metrics/scrapers.h"

#include <algorithm>
#include <utility>

namespace postern::metrics {

void Scrapers::serve(std::unique_ptr<net::Stream> stream) {
  if (scrapers_.size() >= kScrapers) {
    const auto silent = std::ranges::find_if(scrapers_, [](const auto& one) { return !one->asked; });
    if (silent == scrapers_.end()) return;  // the stream closes
    (*silent)->stream->cancel();
    scrapers_.erase(silent);
  }
  const auto scraper = std::make_shared<Scraper>();
  scraper->stream = std::move(stream);
  scrapers_.push_back(scraper);
  auto asked = [scraper] { scraper->asked = true; };
  spawn(loop_, serve_scrape(scraper->stream, source_, hosts_, std::move(asked)), "scrape",
        [this, scraper] { scrapers_.remove(scraper); });
}

}  // namespace postern::metrics
