// The recipient as the caller named it, where an alias led to others: an ORCPT value (RFC 3461 4.2). RFC 3461 5.2.1
// lets a mail system add one that was not given, and so reports and the log can say that mail for root was meant.
#pragma once

#include "mail/envelope.h"

#include <string>
#include <string_view>

namespace postern::mail {

/// "rfc822;root@web1.example.net", or of type utf-8 (RFC 6533 3); empty where the address cannot be said so.
[[nodiscard]] std::string orcpt_of(std::string_view address);

/// The address in such a value; empty where there is none.
[[nodiscard]] std::string original_address(std::string_view orcpt);

/// That of this recipient; empty where it is the recipient's own.
[[nodiscard]] std::string original_of(const Recipient& recipient);

}  // namespace postern::mail
