#include "relay/learnt.h"

#include "base/text.h"

#include <algorithm>

namespace postern::relay {
namespace {

constexpr std::size_t kTaken = 2;             // two, so that one is left where a message is for the other
constexpr std::size_t kLongestAddress = 254;  // RFC 5321 4.5.3.1.3, without the angle brackets

/// Fit for a command that we send of our own accord: with a domain, and in need of no extension.
bool is_plain(const std::string& address) {
  const std::size_t at = address.rfind('@');
  return at != std::string::npos && at > 0 && at + 1 < address.size() && address.size() <= kLongestAddress &&
         is_ascii(address) && !has_control(address) && address.find_first_of(" <>") == std::string::npos;
}

}  // namespace

void Learnt::note_taken(const std::string& address) {
  if (!is_plain(address)) return;
  std::erase(taken, address);
  taken.insert(taken.begin(), address);
  if (taken.size() > kTaken) taken.pop_back();
}

std::string Learnt::control_address(const mail::Envelope& envelope, const std::string& own) const {
  const auto fits = [&](const std::string& address) {
    return std::ranges::none_of(envelope.recipients, [&](const auto& one) { return iequals(one.address, address); });
  };
  const auto known = std::ranges::find_if(taken, fits);
  if (known != taken.end()) return *known;
  return is_plain(own) && fits(own) ? own : std::string();
}

}  // namespace postern::relay
