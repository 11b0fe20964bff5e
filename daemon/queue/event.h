// What is told while it happens: to whoever follows one message, and to an observer of all.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "mail/report.h"
#include "mail/status.h"

#include <functional>
#include <string>

namespace postern::queue {

/// What happens to a message, for send-test and tests.
struct Event {
  enum class Kind {
    attempt,
    delivered,
    deferred,
    failed,
    site_trouble,
    removed
  };  // site_trouble: or the sender's there
  Kind kind = Kind::attempt;
  QueueId id;
  std::string site;             ///< of all but attempt and removed
  std::string recipient;        ///< of delivered, deferred, failed
  mail::Status status;          ///< of delivered, deferred, failed
  mail::DeliveryReport report;  ///< of all but attempt and removed
};
using Watch = std::function<void(const Event&)>;

/// Hears of every message, for metrics. Called on the event loop.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A message was accepted; to bring it to stable storage took so long.
  virtual void stored(SteadyTime::duration took) = 0;
  virtual void attempted(const std::string& site, Milliseconds took, const mail::DeliveryReport& report) = 0;
  /// A recipient's, deferred also if it met a trouble; `waited`: since the acceptance. Not if an operator gives it up.
  virtual void verdict(const std::string& site, mail::Verdict verdict, Milliseconds waited) = 0;
};

}  // namespace postern::queue
