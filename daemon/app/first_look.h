// Tries the login at smarthosts that no mail has tried yet, as `postern check` does, so that `postern status` knows of
// a wrong password before there is an alert to send. Once: only where nobody answered it looks again at the site's own
// steps, as mail would, since nothing else tells when a server is back. What a server has refused is for mail, a reload
// or `postern check` to try again: the same login, offered for nothing, is what locks accounts.
#pragma once

#include "app/smarthosts.h"
#include "base/clock.h"
#include "base/task.h"
#include "queue/entry.h"
#include "queue/queue.h"

#include <functional>
#include <memory>
#include <optional>

namespace postern::app {

/// Mail that waits goes first at the start and after a reload, and the network may still be coming.
inline constexpr Seconds kFirstLookDelay{10};
/// After another login by less than that there is none for the look's sake: providers count them, and a service that is
/// restarted again and again must not lock the account.
inline constexpr Seconds kLoginGap{15 * 60};

/// Whether a look is due. `last_login`: the last one that was tried, by whomever.
[[nodiscard]] bool wants_look(const queue::SiteStatus& site, std::optional<WallTime> last_login, WallTime now);

class FirstLook {
 public:
  /// `queue` is asked for when it is needed. It and the sites outlive this.
  FirstLook(Executor loop, Smarthosts& sites, std::function<queue::Queue&()> queue, Clock& clock,
            Milliseconds every = Seconds(60));
  ~FirstLook();
  FirstLook(const FirstLook&) = delete;
  FirstLook& operator=(const FirstLook&) = delete;

  /// The first look comes after `delay`, the next ones once a minute where they are wanted.
  void start(Milliseconds delay = kFirstLookDelay);
  /// Likewise after a reload, which may have brought smarthosts.
  void again();
  void stop();

 private:
  struct State;
  static Task<void> watch(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace postern::app
