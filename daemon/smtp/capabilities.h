// What a server's EHLO reply offers (RFC 5321 4.1.1.1). Keywords compare without case; SIZE of 0,
// garbage or overflow means "no limit known"; AUTH lines of every form are united (RFC 4954 and the
// older "AUTH=").
#pragma once

#include "smtp/reply.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::smtp {

struct Capabilities {
  bool pipelining = false;              // RFC 2920
  bool eight_bit_mime = false;          // RFC 6152
  bool smtputf8 = false;                // RFC 6531; implies eight_bit_mime, whatever the server announces
  bool dsn = false;                     // RFC 3461
  bool starttls = false;                // RFC 3207
  bool size_offered = false;            // RFC 1870
  std::optional<std::uint64_t> size;    ///< the server's fixed maximum, if it tells one
  std::optional<std::size_t> mail_max;  ///< messages on one connection (RFC 9422)
  std::optional<std::size_t> rcpt_max;  ///< recipients of one transaction (RFC 9422)
  std::vector<std::string> auth;        ///< mechanism names, upper case, in order, without duplicates, at most 64

  [[nodiscard]] static Capabilities parse(const Reply& ehlo);
};

}  // namespace postern::smtp
