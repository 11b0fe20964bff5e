// Networks of IP addresses, as administrators write them (RFC 4632 section 3.1, RFC 4291 section 2.3). Values alone.
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// In network order; an IPv4 address is the IPv4-mapped one (RFC 4291 section 2.5.5.2), so that a client is the same
/// whichever family its socket has.
using IpAddress = std::array<std::uint8_t, 16>;

/// A numeric address without a zone.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
/// The inverse, as IPv6 ("::ffff:127.0.0.1" for a mapped address) or as the IPv4 address that it maps.
[[nodiscard]] std::string ip_text(const IpAddress& address, bool v6);

class Network {
 public:
  /// "10.0.0.0/8" or "2001:db8::/32"; a bare address is a network of one. Failure: invalid; the text says what is wrong
  /// with what was given, and what was probably meant.
  static Result<Network> parse(std::string_view text);

  /// An IPv4 address, mapped or not, is in networks of IPv4 alone: ::/0 does not hold it.
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// One of them lies within the other.
  [[nodiscard]] bool overlaps(const Network& other) const;
  [[nodiscard]] bool within(const Network& other) const;
  [[nodiscard]] bool is_v4() const { return v4_; }
  /// All addresses of its family.
  [[nodiscard]] bool everybody() const { return bits_ == (v4_ ? kMappedBits : 0); }
  /// "10.0.0.0/8"
  [[nodiscard]] std::string str() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  static constexpr unsigned kMappedBits = 96;
  Network(const IpAddress& first, unsigned bits, bool v4) : first_(first), bits_(bits), v4_(v4) {}

  IpAddress first_;
  unsigned bits_;  ///< of 128
  bool v4_;
};

/// 127.0.0.0/8 and ::1: this machine alone.
[[nodiscard]] const Network& loopback_v4();
[[nodiscard]] const Network& loopback_v6();

/// "localhost" without case, or a numeric loopback address: what goes there leaves this machine by no wire.
[[nodiscard]] bool stays_on_this_machine(std::string_view host);

}  // namespace postern
