// What the settings say of mail that comes in: values alone.
#pragma once

#include "base/network.h"
#include "mail/text_mender.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace postern::submission {

struct SubmissionOptions {
  std::uint64_t message_size = 50ULL << 20U;                       ///< bytes on the wire
  std::size_t recipients = 1000;                                   ///< of one message that comes by SMTP
  std::size_t per_user_rate = 0;                                   ///< messages a minute of one party; 0: no limit
  mail::BareNewline bare_newline = mail::BareNewline::mend;        ///< in texts that come by SMTP
  std::vector<Network> networks = {loopback_v4(), loopback_v6()};  ///< whose TCP clients are served

  friend bool operator==(const SubmissionOptions&, const SubmissionOptions&) = default;
};

}  // namespace postern::submission
