// What the settings say of the queue: values alone. What is bound to them (functions, files) is added in Config.
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace postern::queue {

struct Retry {
  Seconds min{60};
  Seconds max{3600};
  Seconds expire{5 * 24 * 3600};
  Seconds warn_after{4 * 3600};  ///< the sender is told of the delay; 0: never

  friend bool operator==(const Retry&, const Retry&) = default;
};

/// Reports to senders: what is over these in an hour goes into digests.
struct Bounces {
  unsigned per_sender = 20;
  unsigned per_hour = 200;
  std::uint64_t return_size = 50ULL << 10U;  ///< bytes; of larger messages the header alone goes back
  /// On the wire in place of the null sender, where a smarthost refuses that; empty: the account's user, if that is an
  /// address.
  std::string from{};

  friend bool operator==(const Bounces&, const Bounces&) = default;
};

/// Who is told that something is wrong with the queue, see alarm_judge.h.
struct Notify {
  std::string address;               ///< gets a message; empty: nobody
  std::vector<std::string> command;  ///< is run, an argv; empty: none
  Seconds after{3600};               ///< the age of the oldest message that is trouble; 0: none

  friend bool operator==(const Notify&, const Notify&) = default;
};

/// The most that one user has in the queue; root is free of it.
struct UserLimit {
  unsigned messages = 100'000;
  std::uint64_t size = 0;  ///< bytes; 0: no limit but the disk's

  friend bool operator==(const UserLimit&, const UserLimit&) = default;
};

/// A row of `routes`: by which smarthosts mail goes. What is set must fit, of each list one; nothing set fits all mail.
struct RouteRule {
  /// Patterns (mail/address_pattern.h) of the reverse-path, with domains as A-labels; "<>" for the null one.
  std::vector<std::string> senders;
  std::vector<std::string> recipients;  ///< likewise
  std::vector<std::string> users;       ///< names of who sent it, "*" for all; one of these or of the groups
  std::vector<std::string> groups;
  std::vector<std::string> smarthosts;  ///< names, in order
  std::size_t line = 0;                 ///< where it stands in the settings; the same row in another line is the same

  friend bool operator==(const RouteRule& a, const RouteRule& b) {
    return std::tie(a.senders, a.recipients, a.users, a.groups, a.smarthosts) ==
           std::tie(b.senders, b.recipients, b.users, b.groups, b.smarthosts);
  }
};

/// A row of `storms`: of whose mail what is alike is gathered. What is set must fit, of each list one; nothing set fits
/// all mail.
struct StormRule {
  std::vector<std::string> senders;  ///< as of a RouteRule
  std::vector<std::string> users;    ///< likewise
  std::vector<std::string> groups;
  Seconds window{600};   ///< what waits goes at its end; at most a day
  unsigned after = 5;    ///< so many of it go as they come
  std::size_t line = 0;  ///< as of a RouteRule

  friend bool operator==(const StormRule& a, const StormRule& b) {
    return std::tie(a.senders, a.users, a.groups, a.window, a.after) ==
           std::tie(b.senders, b.users, b.groups, b.window, b.after);
  }
};

struct QueueOptions {
  Retry retry;
  Bounces bounces;
  Notify notify;
  UserLimit per_user{};
  std::vector<RouteRule> routes{};  ///< none: all mail by all smarthosts
  std::vector<StormRule> storms{};  ///< none: all mail goes as it comes

  friend bool operator==(const QueueOptions&, const QueueOptions&) = default;
};

/// "500 recipients/day": at most so many of one kind in a time. Those that were refused count, too.
struct RateLimit {
  enum class Of { messages, recipients };
  enum class Per { minute, hour, day };
  Of of = Of::messages;
  Per per = Per::day;
  unsigned most = 1;

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// What one smarthost is asked to bear.
struct SiteOptions {
  unsigned connections = 4;       ///< at most so many at once
  std::vector<RateLimit> rate{};  ///< none: as much as it takes

  friend bool operator==(const SiteOptions&, const SiteOptions&) = default;
};

}  // namespace postern::queue
