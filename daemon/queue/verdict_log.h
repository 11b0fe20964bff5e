// The line of the log about one recipient: what came of it, with everything that a search for it may begin with, so
// that "did the mail that cron sent at 03:00 go out?" is one grep.
#pragma once

#include "base/clock.h"
#include "mail/report.h"
#include "queue/decide.h"
#include "queue/stored_message.h"

#include <cstddef>
#include <string>
#include <vector>

namespace postern::queue {

class VerdictLog {
 public:
  /// Of one attempt, `waited` after the acceptance. The others outlive it.
  VerdictLog(const StoredMessage& message, const mail::DeliveryReport& report, const std::string& site,
             Milliseconds waited);

  /// In the order of the findings. A failure for good is a warning: somebody has not got the mail.
  void tell(const Finding& finding);

 private:
  const StoredMessage& message_;
  const mail::DeliveryReport& report_;
  const std::string& site_;
  Milliseconds waited_;
  std::size_t left_;  ///< recipients for whom nothing is decided yet
};

/// A message waits though nobody has said anything of it.
struct WaitingFor {
  const QueueId& id;
  const mail::Envelope& envelope;
  const std::vector<std::size_t>& recipients;  ///< that wait for this, by their numbers in the envelope
  std::size_t left = 0;                        ///< all for whom nothing is decided yet
  const std::string& message_id;
  const std::string& site;  ///< empty: the trouble is none of a site
  const mail::SiteTrouble& trouble;
  Milliseconds waited;  ///< since the acceptance
};
/// One line about it, "deferred" as that of a recipient with an answer, and with the same fields.
void log_waiting(const WaitingFor& waiting);

}  // namespace postern::queue
