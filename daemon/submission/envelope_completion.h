// The envelope of a message on its way in: bare addresses completed, aliases followed, everybody once. DSN parameters
// go to all that an alias leads to, with the address that was given as ORCPT where the caller said none.
#pragma once

#include "mail/envelope.h"
#include "mail/expansion.h"
#include "submission/sessions.h"

#include <cstddef>
#include <vector>

namespace postern::submission {

/// Bytes of memory, about.
[[nodiscard]] std::size_t held_by(const mail::Recipient& recipient);

/// By steps, with the event loop's turn between them: an envelope may have sixty thousand recipients, and a domain in
/// letters takes a while. What it is given outlives it.
class EnvelopeCompletion {
 public:
  /// Milliseconds of the slowest recipients.
  static constexpr std::size_t kOfStep = 200;

  /// The envelope's recipients are those that are done, until all are.
  EnvelopeCompletion(mail::Envelope& envelope, const Config& config);

  /// False: it is complete.
  bool step();
  /// The recipients that are left as they were given.
  void give_up();
  /// Bytes of memory, about, of recipients that are done, of those that are not, and of what is known of them.
  [[nodiscard]] std::size_t held() const { return held_; }

 private:
  void add(const mail::Recipient& original);
  void finish();

  mail::Envelope& envelope_;
  const Config& config_;
  std::vector<mail::Recipient> given_;
  std::size_t next_ = 0;  ///< of these
  mail::Expansion expansion_;
  std::vector<std::size_t> renamed_;  ///< recipients whose ORCPT is ours
  std::size_t stored_ = mail::kRestOfEnvelope;
  std::size_t held_ = 0;
};

/// At once, for an envelope of ours.
void complete_envelope(mail::Envelope& envelope, const Config& config);

}  // namespace postern::submission
