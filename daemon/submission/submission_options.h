// What the settings say of mail that comes in: values alone.
#pragma once

#include "base/network.h"
#include "mail/text_mender.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace postern::submission {

/// Whose mail may say that it is from whom: a row of `senders`.
struct SenderRule {
  std::vector<std::string> users;   ///< names; "*" is every user that no other row names
  std::vector<std::string> groups;  ///< of users
  /// Addresses, "*@DOMAIN", a name (at any name of this machine), "*" (whatever they like); domains as A-labels.
  std::vector<std::string> may;

  friend bool operator==(const SenderRule&, const SenderRule&) = default;
};

struct SubmissionOptions {
  std::uint64_t message_size = 50ULL << 20U;                       ///< bytes on the wire
  std::size_t recipients = 1000;                                   ///< of one message that comes by SMTP
  std::size_t per_user_rate = 0;                                   ///< messages a minute of one party; 0: no limit
  mail::BareNewline bare_newline = mail::BareNewline::mend;        ///< in texts that come by SMTP
  std::vector<Network> networks = {loopback_v4(), loopback_v6()};  ///< whose TCP clients are served
  std::vector<SenderRule> senders;                                 ///< none: everybody may send as everybody

  friend bool operator==(const SubmissionOptions&, const SubmissionOptions&) = default;
};

}  // namespace postern::submission
