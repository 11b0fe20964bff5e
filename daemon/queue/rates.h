// The rates of all sites by their names: what each was given lately outlives its settings and, in a file, the program.
// A site without limits is counted, too, for the limits that it may get, but for it alone nothing is written.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "mail/report.h"
#include "queue/rate.h"
#include "queue/site_config.h"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::queue {

/// Keeps what was counted over the end of the process.
class RateKeeper {
 public:
  virtual ~RateKeeper() = default;
  /// What the process before left, Rates::text(). Blocks; once, at the start. What cannot be read is told in the log
  /// and is nothing.
  [[nodiscard]] virtual std::string read() = 0;
  /// Returns at once.
  virtual void keep(std::string text) = 0;
};

class Rates {
 public:
  /// What was counted within this time before a crash is forgotten.
  static constexpr Seconds kWritten{10};
  static constexpr Seconds kLong{5 * 60};
  /// Of more names nothing is counted.
  static constexpr std::size_t kMostNames = 1000;

  explicit Rates(Clock& clock) : clock_(clock) {}

  /// Takes up what `keeper` knows: blocks. Until then, and without one, nothing is kept.
  void keep_in(const Executor& loop, RateKeeper& keeper);
  /// For good: what is counted is handed to the keeper.
  void stop();
  /// The limits as they are from now on.
  void configure(const std::vector<SiteConfig>& sites);

  /// The limit that the site's mail waits for; nothing: it takes some.
  [[nodiscard]] std::optional<Rate::Wait> closed(const std::string& site) const;
  /// It lasts so long that another site is to have the mail: more than kLong, by a limit per hour or day.
  [[nodiscard]] bool closed_for_long(const std::string& site) const;
  /// Likewise of such a message, though others may go.
  [[nodiscard]] bool holds_for_long(const std::string& site, const Rate::Load& load) const;
  /// The limit that such a message waits for there.
  [[nodiscard]] std::optional<Rate::Wait> wait(const std::string& site, const Rate::Load& load) const;
  /// How many of its recipients go if take() lets it go.
  [[nodiscard]] std::size_t part(const std::string& site, const QueueId& id, const Rate::Load& load) const;
  /// That part of this message goes now and counts, or waits; see Rate::take.
  std::optional<Rate::Wait> take(const std::string& site, const QueueId& id, const Rate::Load& load);
  /// Messages that are gone are in no one's way.
  void forget(const std::function<bool(const QueueId&)>& is_gone);
  /// The end of what take() let go: what was not offered to the server does not count, what was in several transactions
  /// counts as so many messages.
  void ended(const std::string& site, const mail::DeliveryReport& report, std::size_t recipients);
  /// The wall clock went on by so much more than time has passed.
  void clock_jumped(Milliseconds jump);
  /// When closed() changes by time alone.
  [[nodiscard]] std::optional<SteadyTime> wake() const;

  [[nodiscard]] std::string text() const;

 private:
  struct Site {
    RateLimits limits;
    Rate rate;
  };
  [[nodiscard]] const Site* find(const std::string& name) const;
  [[nodiscard]] bool is_long(const std::optional<Rate::Wait>& wait) const;
  Site* make(const std::string& name);
  void take_up(const std::string& text);
  void changed();

  Clock& clock_;
  std::map<std::string, Site> sites_;
  RateKeeper* keeper_ = nullptr;
  std::unique_ptr<boost::asio::steady_timer> timer_;  ///< armed while something is not yet kept
  std::shared_ptr<bool> armed_ = std::make_shared<bool>(false);
};

}  // namespace postern::queue
