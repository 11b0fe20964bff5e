#include "history/shares.h"

#include "mail/envelope.h"

#include <algorithm>

namespace postern::history {
namespace {

double used_now(double used, SteadyTime at, double most, SteadyTime now) {
  const std::chrono::duration<double> passed = now - at;
  const std::chrono::duration<double> again = Shares::kAgain;
  return std::max(used - passed / again * most, 0.0);
}

}  // namespace

Shares::Share& Shares::share_of(std::uint32_t party, double most, SteadyTime now) {
  if (shares_.size() >= kParties && !shares_.contains(party)) {
    std::erase_if(shares_, [&](const auto& one) { return used_now(one.second.used, one.second.at, most, now) <= 0; });
    if (shares_.size() >= kParties) party = mail::kNoUid;
  }
  Share& share = shares_[party];
  share.used = used_now(share.used, share.at, most, now);
  share.at = now;
  return share;
}

Shares::Answer Shares::take(std::uint32_t party, std::uint64_t bytes, std::uint64_t kept, bool little, SteadyTime now) {
  const auto most = static_cast<double>(std::max(kept / kPart, kLeast));
  Share& share = share_of(party, most, now);
  const double then = share.used + static_cast<double>(bytes);
  if (then <= (little ? most / 2 : most)) {
    share.used = then;
    return {.taken = true};
  }
  const bool tells = share.left_out++ == 0 || now - share.told >= kTold;
  if (tells) share.told = now;
  return {.taken = false, .to_tell = tells ? share.left_out : 0};
}

void Shares::give_back(std::uint32_t party, std::uint64_t bytes) {
  if (!shares_.contains(party)) party = mail::kNoUid;
  const auto share = shares_.find(party);
  if (share != shares_.end()) share->second.used = std::max(share->second.used - static_cast<double>(bytes), 0.0);
}

}  // namespace postern::history
