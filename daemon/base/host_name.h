// What the names of hosts look like (RFC 1123 2.1), with the underscore that many a container's name has.
#pragma once

#include <string_view>

namespace postern {

/// Labels of letters, digits, hyphens within and underscores; no dot at the end, 253 octets at most. An IPv4 address
/// looks like one.
[[nodiscard]] bool is_host_name(std::string_view text);

/// One is the other, or lies below it: "mail.example.com" is within "example.com". Without case.
[[nodiscard]] bool is_within_domain(std::string_view host, std::string_view domain);

}  // namespace postern
