// The text of a report to a sender (RFC 3464 in the envelope of RFC 6522, addresses with other letters as RFC 6533 3
// has them in ASCII), as a pure function: what failed, is late or was relayed. It is sent from the null reverse-path to
// the original's sender, never for a message that had a null sender itself (the caller's duty). Words of others appear
// only as printable text within a line or in lines that are indented: none can break out into a header or a part. All
// of it is ASCII and no line is longer than kMaxLine of wrap.h: a report passes every server, whatever its original
// holds.
#pragma once

#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/status.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// RFC 3464 2.3.3; of a mail relay only these.
enum class Action { failed, delayed, relayed };

struct BouncedRecipient {
  Recipient recipient;
  std::string unread{};  ///< what was given in place of an address, see Envelope::unread; empty: an address was
  Status status;         ///< the answer, as it was received
  std::string host;      ///< who said so, "smtp.example.com[192.0.2.1]:465"; empty: ourselves, or not known any more
  Action action = Action::failed;
  std::optional<WallTime> attempted{};  ///< if that was not just now
  std::string expired_after{};          ///< "5d": we gave up then, and the answer is the last one; empty: it decided
};

/// What all reports have in common.
struct Reporter {
  QueueId id;            ///< of the report: makes Message-ID and MIME boundary
  std::string hostname;  ///< Reporting-MTA
  std::string domain;    ///< the report comes from MAILER-DAEMON@domain
  WallTime now;
  std::chrono::minutes utc_offset{0};
};

struct Bounce : Reporter {
  std::vector<BouncedRecipient> recipients;  ///< at least one
  std::uint64_t return_size = UINT64_MAX;    ///< of a larger message the header alone is returned
  std::optional<WallTime> retry_until{};     ///< of those delayed
};

struct BounceText {
  std::string text;       ///< header and body, LF line ends
  bool smtputf8 = false;  ///< the address that it goes to needs RFC 6531
};

/// `original` is the message's text, or its first part if it is large. The whole of it is returned if somebody failed,
/// RET=HDRS was not asked for and it is all there (`original.size() == envelope.size`), else its header (RFC 3461 4.3,
/// 5.2.2); what other servers might not take is made to fit, see seven_bit.h.
[[nodiscard]] BounceText make_bounce(const Bounce& bounce, const Envelope& envelope, std::string_view original);

/// One message in a digest.
struct DigestItem {
  Envelope envelope;
  std::string subject;     ///< as in the header, or empty
  std::string message_id;  ///< likewise
  std::vector<BouncedRecipient> recipients;
};

/// Many reports to one mailbox in one message: a list for people, then a multipart/report for each message, which RFC
/// 3464 has speak of one message only. No message is returned. At least one item.
[[nodiscard]] BounceText make_digest(const Reporter& reporter, std::string_view to,
                                     const std::vector<DigestItem>& items);

}  // namespace postern::mail
