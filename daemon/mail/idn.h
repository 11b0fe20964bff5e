// Internationalised domain names (RFC 5890 to 5892, with the mapping of UTS #46): a domain in letters as the A-labels
// ("xn--...") that every server knows. What an address needs of SMTPUTF8 (RFC 6531) is then its local part alone.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace postern::mail {

/// The domain with each label that is not ASCII as an A-label. A domain in ASCII and an address literal stay as they
/// are, byte for byte. Failure: invalid (no UTF-8, or letters that no name may have), with the reason.
[[nodiscard]] Result<std::string> ascii_domain(std::string_view domain);

/// The address with its domain in ASCII; the local part stays. What cannot be written so stays as it is.
[[nodiscard]] std::string with_ascii_domain(std::string_view address);

/// The same for many addresses, as of one envelope or of one header. A domain in letters takes up to a tenth of a
/// millisecond to be read, and one message may have thousands, while all else waits: each is read once, and no more
/// than kMost octets of them are. What is beyond that stays as it is written.
class AsciiDomains {
 public:
  static constexpr std::size_t kMost = std::size_t{16} << 10U;

  [[nodiscard]] std::string in(std::string_view address);

 private:
  std::size_t left_ = kMost;
  std::map<std::string, std::string> known_;
};

/// The address cannot be said without SMTPUTF8, whatever is done to its domain.
[[nodiscard]] bool needs_smtputf8(std::string_view address);

}  // namespace postern::mail
