#include "relay/learnt.h"

#include "base/host_name.h"
#include "base/text.h"

#include <algorithm>
#include <string_view>

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

/// Empty: the address has none.
std::string_view domain_part(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool are_related(std::string_view one, std::string_view other) {
  return is_within_domain(one, other) || is_within_domain(other, one);
}

}  // namespace

bool share_domain(const std::string& one, const std::string& other) {
  const std::string_view domain = domain_part(one);
  return !domain.empty() && iequals(domain, domain_part(other));
}

bool Home::holds(const std::string& address) const {
  const std::string_view domain = domain_part(address);
  return are_related(domain, domain_part(own)) || are_related(domain, domain_part(sender)) || are_related(domain, host);
}

bool Home::may_hold(const std::string& address) const {
  return !logged_in || domain_part(own).empty() || holds(address);
}

bool Control::speaks_for(const std::string& refused) const { return !at_home || share_domain(address, refused); }

void Learnt::note_taken(const std::string& address, const Home& home) {
  if (!is_plain(address)) return;
  if (home.holds(address)) {
    taken_at_home = address;
    return;
  }
  // Once in a run: a file that is written for each message would cost more than it is worth.
  if (taken.empty()) notes.note_taken(address);
  std::erase(taken, address);
  taken.insert(taken.begin(), address);
  if (taken.size() > kTaken) taken.pop_back();
}

std::optional<Control> Learnt::control(const mail::Envelope& envelope, const Home& home,
                                       const std::vector<std::string>& refused) const {
  std::vector<Control> known;
  known.reserve(taken.size() + 3);
  for (const std::string& address : taken) known.push_back({address, home.may_hold(address)});
  const std::string before = notes.taken();
  known.push_back({before, home.may_hold(before)});
  known.push_back({taken_at_home, true});
  known.push_back({home.own, true});
  const auto fits = [&](const Control& one) {
    return is_plain(one.address) &&
           std::ranges::none_of(envelope.recipients,
                                [&](const auto& to) { return iequals(to.address, one.address); }) &&
           (refused.empty() ||
            std::ranges::any_of(refused, [&](const std::string& address) { return one.speaks_for(address); }));
  };
  const auto found = std::ranges::find_if(known, fits);
  return found == known.end() ? std::nullopt : std::optional<Control>(*found);
}

}  // namespace postern::relay
