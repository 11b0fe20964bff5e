// Where somebody listens: a numeric address with a port, as it is written in settings and in the log. Values alone.
#pragma once

#include "base/network.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

struct NumericEndpoint {
  IpAddress address{};
  bool v6 = false;  ///< how it is written and which socket it is for; an IPv4-mapped address may be either
  std::uint16_t port = 0;

  /// "127.0.0.1:25" or "[::1]:25"; nothing if it is not that. No name, no zone, a port without leading zeros.
  [[nodiscard]] static std::optional<NumericEndpoint> parse(std::string_view text);
  /// The inverse; the address is written as RFC 5952 has it.
  [[nodiscard]] std::string str() const { return host() + ":" + std::to_string(port); }
  /// Without the port: "127.0.0.1" or "[::1]".
  [[nodiscard]] std::string host() const;
  /// Nobody but this machine reaches it.
  [[nodiscard]] bool loopback() const { return (v6 ? loopback_v6() : loopback_v4()).contains(address); }
  /// Every address of this machine and of its family: 0.0.0.0 or ::.
  [[nodiscard]] bool any() const;

  friend bool operator==(const NumericEndpoint&, const NumericEndpoint&) = default;
};

}  // namespace postern
