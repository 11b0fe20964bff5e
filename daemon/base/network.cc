#include "base/network.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <algorithm>
#include <cstring>

namespace postern {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kAllBits = 128;

bool is_mapped(const IpAddress& address) { return std::equal(kMapped.begin(), kMapped.end(), address.begin()); }

/// The address with everything behind the first `bits` bits cleared.
IpAddress masked(IpAddress address, unsigned bits) {
  for (unsigned i = 0; i < address.size(); ++i) {
    const unsigned kept = bits <= 8 * i ? 0 : std::min(bits - 8 * i, 8U);
    address[i] &= static_cast<std::uint8_t>(0xFF00U >> kept);
  }
  return address;
}

Network constant(std::string_view text) { return Network::parse(text).value(); }

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address{};
  if (inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  if (inet_pton(AF_INET, copy.c_str(), address.data() + kMapped.size()) != 1) return std::nullopt;
  std::ranges::copy(kMapped, address.begin());
  return address;
}

std::string ip_text(const IpAddress& address, bool v6) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, address.data() + (v6 ? 0 : kMapped.size()), text.data(), text.size());
  return text.data();
}

Result<Network> Network::parse(std::string_view text) {
  const auto wrong = [](std::string why) { return Error{Failure::invalid, std::move(why)}; };
  const std::size_t slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return wrong("'" + printable(text) + "' is not a numeric address or network such as 10.0.0.0/8");
  const bool v4 = is_mapped(*address);
  const bool written_v6 = text.find(':') != std::string_view::npos;
  const unsigned most = written_v6 ? kAllBits : kAllBits - kMappedBits;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view length = text.substr(slash + 1);
    const auto number = parse_decimal(length);
    if (!number || *number > most) {
      return wrong("the prefix length of '" + printable(text) + "' must be a number from 0 to " + std::to_string(most));
    }
    bits = static_cast<unsigned>(*number);
  }
  if (!written_v6) bits += kMappedBits;
  const IpAddress first = masked(*address, bits);
  const bool network_v4 = v4 && bits >= kMappedBits;
  const Network network(first, bits, network_v4);
  if (first != *address) {
    return wrong("'" + printable(text) + "' has bits behind its prefix; did you mean '" + network.str() + "'?");
  }
  return network;
}

bool Network::contains(const IpAddress& address) const {
  return is_mapped(address) == v4_ && masked(address, bits_) == first_;
}

bool Network::within(const Network& other) const {
  return bits_ >= other.bits_ && other.contains(first_) && v4_ == other.v4_;
}

bool Network::overlaps(const Network& other) const { return within(other) || other.within(*this); }

std::string Network::str() const {
  return ip_text(first_, !v4_) + "/" + std::to_string(v4_ ? bits_ - kMappedBits : bits_);
}

const Network& loopback_v4() {
  static const Network network = constant("127.0.0.0/8");
  return network;
}

const Network& loopback_v6() {
  static const Network network = constant("::1/128");
  return network;
}

bool stays_on_this_machine(std::string_view host) {
  if (iequals(host, "localhost")) return true;
  const bool v6 = host.find(':') != std::string_view::npos;  // "::ffff:127.0.0.1" is written by nobody who means us
  const auto address = parse_ip(host);
  return address && (v6 ? loopback_v6() : loopback_v4()).contains(*address);
}

}  // namespace postern
