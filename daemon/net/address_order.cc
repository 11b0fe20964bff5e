#include "net/address_order.h"

#include <algorithm>
#include <set>

namespace postern::net {
namespace {

/// Without those that came before; a name listed twice in /etc/hosts gives its address twice.
Endpoints each_once(const Endpoints& found) {
  Endpoints once;
  std::set<Endpoint> seen;
  for (const Endpoint& endpoint : found) {
    if (seen.insert(endpoint).second) once.push_back(endpoint);
  }
  return once;
}

}  // namespace

Endpoints in_order(const Endpoints& found, const std::string& worked) {
  Endpoints wanted = each_once(found);
  const auto is_worked = [&](const Endpoint& endpoint) { return endpoint.address().to_string() == worked; };
  const auto known = std::ranges::find_if(wanted, is_worked);
  if (known != wanted.end()) std::rotate(wanted.begin(), known, known + 1);
  if (wanted.empty()) return wanted;

  const bool first_is_v6 = wanted.front().address().is_v6();
  Endpoints one;
  Endpoints other;
  for (const Endpoint& endpoint : wanted) {
    (endpoint.address().is_v6() == first_is_v6 ? one : other).push_back(endpoint);
  }
  Endpoints order;
  for (std::size_t i = 0; i < std::max(one.size(), other.size()); ++i) {
    if (i < one.size()) order.push_back(one[i]);
    if (i < other.size()) order.push_back(other[i]);
  }
  return order;
}

}  // namespace postern::net
