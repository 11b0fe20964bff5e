// The text of a non-delivery report (RFC 3464 in the envelope of RFC 6522), as a pure function. It is sent from the
// null reverse-path to the original's sender, never for a message that had a null sender itself (the caller's duty).
// Words of remote servers appear only as one printable line: none can break out into a header or a part.
#pragma once

#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/status.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct BouncedRecipient {
  Recipient recipient;
  Status status;
  std::string host;  ///< who said so, "smtp.example.com[192.0.2.1]:465"; empty: ourselves
};

struct Bounce {
  QueueId id;            ///< of the report: makes Message-ID and MIME boundary
  std::string hostname;  ///< Reporting-MTA
  std::string domain;    ///< the report comes from MAILER-DAEMON@domain
  WallTime now;
  std::chrono::minutes utc_offset{0};
  std::vector<BouncedRecipient> recipients;  ///< at least one
};

struct BounceText {
  std::string text;  ///< header and body, LF line ends
  BodyType body = BodyType::seven_bit;
  bool smtputf8 = false;  ///< an address in it needs RFC 6531
};

/// `original` is the message's text, or its first part if it is large. The whole of it is returned to the sender if
/// RET=FULL was asked and it is all there (`original.size() == envelope.size`), else its header (RFC 3461 4.3).
[[nodiscard]] BounceText make_bounce(const Bounce& bounce, const Envelope& envelope, std::string_view original);

}  // namespace postern::mail
