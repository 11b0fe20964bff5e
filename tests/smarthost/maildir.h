// Where the practice smarthost keeps what arrives: a Maildir, one file a message, complete when it is in new/.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "mail/envelope.h"

#include <string>

namespace postern::practice {

class Maildir {
 public:
  explicit Maildir(std::string directory) : directory_(std::move(directory)) {}
  /// Failure: io.
  Result<void> create() const;
  /// The envelope goes into X-Envelope-From and X-Envelope-To (one each) before the message, how it came into
  /// X-Session. Failures: io, no_space.
  Result<void> store(const QueueId& id, const mail::Envelope& envelope, const std::string& session,
                     const std::string& text) const;

 private:
  std::string directory_;
};

}  // namespace postern::practice
