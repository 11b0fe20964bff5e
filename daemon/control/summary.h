// What `postern status` says before everything else: whether mail flows and if not, why. Pure.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "queue/drop_state.h"
#include "queue/entry.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::control {

/// One thing to know.
struct Finding {
  int level = 0;       ///< exits::kWell, kTrouble or kAttention
  std::string text;    ///< what is so, in words that nothing else repeats; no command: others' words may stand here
  std::string advice;  ///< what to do about it, and the command that shows more; may be empty
};

struct Summary {
  std::vector<Finding> findings;
  bool well = false;  ///< nothing at all is wrong, and a smarthost is known to take mail

  /// The worst of the findings: the exit code.
  [[nodiscard]] int level() const;
};

/// As they are to be read: the worst first, and of the same level in the order in which they were found. "All is well"
/// stands in the first one only where nothing else is said, and "nothing waits" beside no trouble.
[[nodiscard]] std::vector<Finding> in_order(const Summary& summary);
/// They in one line.
[[nodiscard]] std::string verdict(const Summary& summary);

/// Dropped mail that is not taken up for longer is trouble: it is looked for every minute.
inline constexpr Seconds kLongInDrop{180};

/// Mail that waits longer than this is trouble even if nobody complains.
inline constexpr Seconds kLongWait{3600};

/// A server that was to say something says nothing for longer than this: worth a word, though many take their time.
inline constexpr Seconds kSilence{10};

/// What ends sooner is worth a word.
inline constexpr std::chrono::days kNearItsEnd{7};
/// Of a server's certificate: many are for six days and are renewed when half of that is left, and it was seen when
/// mail went there last.
inline constexpr std::chrono::days kServerNearItsEnd{2};

/// How the settings were at the start and still are. Of wrong ones add_complaints() tells; that there are no sites says
/// nothing then.
enum class Settings { read, wrong };

[[nodiscard]] Summary sum_up(const queue::Totals& totals, const std::vector<queue::SiteStatus>& sites,
                             const std::string& config_file, WallTime now, Settings settings = Settings::read);

/// Adds that a smarthost is weaker than before (mail::CheckReport::weaker): mail may flow, but a person should look.
void add_weaker(Summary& summary, const std::string& site, const std::vector<std::string>& weaker);

/// Says that a smarthost is waited for: since when it has said nothing.
void add_silence(Summary& summary, const std::string& site, WallTime since, WallTime now);

/// Says that the server's certificate (RFC 3339; empty: not known) is near its end.
void add_certificate(Summary& summary, const std::string& site, const std::string& expires, WallTime now);
/// Likewise of the certificate that we show there.
void add_own_certificate(Summary& summary, const std::string& site, const std::string& expires, WallTime now);

/// Says that the clock is wrong where that can be seen: it is before this program, or before mail was accepted.
void add_clock(Summary& summary, std::optional<WallTime> latest, WallTime now);

/// Says where mail for root goes (mail::roots_mail, may be empty) if nobody said so: alerts may reach no mailbox. That
/// is no trouble where there is one, but all is not known to be well. `file`: of aliases, that is read; may be empty.
void add_root(Summary& summary, const std::string& roots_mail, const std::string& file);

/// Says of a login by tokens that it ends, if that is soon, and that a person must log in again.
void add_login_end(Summary& summary, const std::string& site, std::optional<WallTime> ends, WallTime now);

/// Says before everything else that no mail is taken.
void add_refusal(Summary& summary, const queue::Refusal& refusal, const std::string& spool, WallTime now);

/// Says that dropped mail is not taken up, and that there are refused files, which is no trouble: anybody can make
/// some.
void add_dropped(Summary& summary, const queue::DropState& state, const std::string& spool, WallTime now);

/// Says that it is not known what was dropped.
void add_drop_error(Summary& summary, const Error& error, const std::string& spool);

/// Says before the rest what is wrong with the daemon itself: its settings file, an address nobody can connect to.
void add_complaints(Summary& summary, const std::vector<std::string>& complaints);

}  // namespace postern::control
