// Private to net/: in which order the addresses of one host are tried (RFC 8305 section 4). Pure.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace postern::net {

using Endpoint = boost::asio::ip::tcp::endpoint;
using Endpoints = std::vector<Endpoint>;

/// Of one host; more are a mistake, or an attack on our patience.
inline constexpr std::size_t kMostAddresses = 64;

/// The address in `worked` (as text; empty: none) comes first if it is still among them, then the families take turns,
/// beginning with that of the first one; within a family the resolver's order stays (RFC 6724). Each address comes
/// once.
[[nodiscard]] Endpoints in_order(const Endpoints& found, const std::string& worked);

}  // namespace postern::net
