// The health of one smarthost. Trouble closes the site for a time that doubles from step to step; at the end
// of each step one message is let through as a probe, and its outcome alone decides. Any answer opens the site at once,
// but one that refuses every message (site_judge.h) is opened by a message that is taken alone.
// Pure: time (steady, for intervals) and chance are given.
//
// The steps are those of steps.h. What closes a site that is no trouble of a single attempt is found in site_judge.h.
//
// A refused login has steps of its own, whatever `retry` says, so that no provider locks the account: kLoginPause,
// doubling up to kLongestLoginPause. Only what shows that the login works makes them short again; a login that could
// not even be tried meanwhile does not. A login refused for now (454) waits kLoginDelay at least.
//
// A server that has too many connections, while others of ours work, gets as many as work, and one more after each
// quiet minute. That is no trouble. Many say so by a reset alone, or what stands before them does: it counts likewise
// while there are others, and one of ours had an answer within kWarm.
//
// After a quiet time one message goes alone until the server has answered it, or for kAlone: otherwise each connection
// would try a login that is refused.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "queue/queue_options.h"
#include "queue/site_config.h"
#include "queue/site_judge.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace postern::queue {

inline constexpr Seconds kLoginPause{5 * 60};
inline constexpr Seconds kLongestLoginPause{60 * 60};
inline constexpr Seconds kLoginDelay{60};
/// An answer of the server counts so long: shorter than any connection is kept.
inline constexpr Seconds kWarm{10};
/// Longer than a round of logins takes at a server that delays each refusal.
inline constexpr Seconds kAlone{60};
/// Without a word of too many connections for so long, one more is tried.
inline constexpr Seconds kQuietTime{60};

class Site {
 public:
  explicit Site(SiteConfig config) : config_(std::move(config)) {}

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const SiteConfig& config() const { return config_; }
  void configure(SiteConfig config) { config_ = std::move(config); }

  [[nodiscard]] bool healthy() const { return !trouble_; }
  /// One more message may be given to it now.
  [[nodiscard]] bool accepts(SteadyTime now) const;
  /// How many messages are worth having open for it now, those under way included.
  [[nodiscard]] std::size_t appetite(SteadyTime now) const;

  /// For one attempt. What it finds out counts only while the site is as it was when the attempt began.
  struct Permit {
    std::uint64_t epoch = 0;
  };
  Permit started(SteadyTime now);

  /// `login_refused` comes once in a trouble, however often it is refused again.
  /// `fewer`: no trouble, but too many connections.
  enum class Change { none, down, other_trouble, login_refused, up, fewer };
  /// Ends what `started` began. No trouble means that the server answered.
  Change finished(Permit permit, const std::optional<mail::SiteTrouble>& trouble, SteadyTime now, WallTime wall,
                  const Retry& retry, double jitter);
  /// Ends what `started` began without having learnt anything.
  void returned(Permit permit);
  /// Ends a probe that showed neither trouble nor that it is over: the next comes after the same time again.
  void unchanged(Permit permit, SteadyTime now, double jitter);
  /// The site is as it was when the attempt began.
  [[nodiscard]] bool is_current(Permit permit) const { return permit.epoch == epoch_; }
  [[nodiscard]] bool refuses_every_message() const { return trouble_ && judge_.refuses_every(); }
  [[nodiscard]] SiteJudge& judge() { return judge_; }
  [[nodiscard]] const SiteJudge& judge() const { return judge_; }

  /// The next probe at once, as far as this kind of probe may be; but see kForcedProbeGap and kHintedProbeGap.
  void force_probe(SteadyTime now, Probe probe);
  Change recovered();

  /// At most so many at once, now.
  [[nodiscard]] unsigned connections(SteadyTime now) const;
  [[nodiscard]] std::size_t active() const { return active_; }
  [[nodiscard]] const std::optional<mail::SiteTrouble>& trouble() const { return trouble_; }
  [[nodiscard]] std::optional<WallTime> since() const { return since_; }
  /// Nothing while healthy or while the probe is under way.
  [[nodiscard]] std::optional<SteadyTime> next_probe() const;
  /// When accepts() may become true by time alone.
  [[nodiscard]] std::optional<SteadyTime> wake(SteadyTime now) const;
  [[nodiscard]] std::optional<WallTime> last_delivery() const { return last_delivery_; }
  /// It was found well once.
  [[nodiscard]] bool tried() const { return tried_; }
  void delivered(WallTime when) { last_delivery_ = when; }
  /// Since when it is in no trouble, or was not before that came.
  [[nodiscard]] WallTime well_since() const { return well_since_; }
  void well(WallTime since) { well_since_ = since; }

 private:
  [[nodiscard]] bool warm(SteadyTime now) const { return answered_ && now - *answered_ <= kWarm; }
  /// There are too many connections, as it says or as it shows.
  [[nodiscard]] bool has_too_many(const mail::SiteTrouble& trouble, SteadyTime now) const;
  [[nodiscard]] Milliseconds pause(const mail::SiteTrouble& trouble, const Retry& retry, double jitter);

  SiteConfig config_;
  SiteJudge judge_;
  std::size_t active_ = 0;
  std::uint64_t epoch_ = 0;  ///< counts the changes between well and trouble
  bool probing_ = false;
  bool tried_ = false;
  bool early_ = false;  ///< the next probe was forced
  std::optional<mail::SiteTrouble> trouble_;
  std::optional<WallTime> since_;
  std::optional<WallTime> last_delivery_;
  WallTime well_since_;
  Milliseconds step_{0};
  Milliseconds login_step_{0};
  SteadyTime probe_at_;
  SteadyTime last_start_;
  std::optional<SteadyTime> answered_;
  /// So many connections worked when there was one too many, and when that was.
  std::optional<std::pair<unsigned, SteadyTime>> crowded_;
};

}  // namespace postern::queue
