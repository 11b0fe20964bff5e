// The scrapers that are served at a time. Any local user may connect: whoever says nothing makes way for the next one.
#pragma once

#include "base/task.h"
#include "metrics/scrape.h"
#include "net/stream.h"

#include <cstddef>
#include <list>
#include <memory>

namespace postern::metrics {

/// Connections served at a time.
inline constexpr std::size_t kScrapers = 10;

/// Outlives what it serves.
class Scrapers {
 public:
  Scrapers(Executor loop, Source source, OwnHosts own)
      : loop_(std::move(loop)), source_(std::move(source)), hosts_(std::move(own)) {}

  /// Without a free place the oldest connection that has not sent its whole request is closed; if all have, this one.
  void serve(std::unique_ptr<net::Stream> stream);

 private:
  struct Scraper {
    std::shared_ptr<net::Stream> stream;
    bool asked = false;  ///< its request has come
  };

  Executor loop_;
  Source source_;
  HostCheck hosts_;
  std::list<std::shared_ptr<Scraper>> scrapers_;  ///< the oldest first
};

}  // namespace postern::metrics
