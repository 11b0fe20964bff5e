#include "history/shares.h"

#include "mail/envelope.h"

#include <algorithm>
#include <utility>

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
    std::erase_if(shares_, [&](const auto& one) {
      return one.second.untold.number == 0 && used_now(one.second.used, one.second.at, most, now) <= 0;
    });
    if (shares_.size() >= kParties) party = mail::kNoUid;
  }
  Share& share = shares_[party];
  share.used = used_now(share.used, share.at, most, now);
  share.at = now;
  return share;
}

Shares::Answer Shares::take(std::uint32_t party, std::uint64_t bytes, std::uint64_t kept, bool little, SteadyTime now,
                            WallTime at) {
  const auto most = static_cast<double>(std::max(kept / kPart, kLeast));
  Share& share = share_of(party, most, now);
  const double then = share.used + static_cast<double>(bytes);
  const bool taken = then <= (little ? most / 2 : most);
  if (taken) share.used = then;
  if (!taken) {
    Untold& left = share.untold;
    left.first = left.number == 0 ? at : std::min(left.first, at);
    left.last = left.number == 0 ? at : std::max(left.last, at);
    ++left.number;
  }
  const bool tells = share.untold.number > 0 && (!share.told || now - *share.told >= kTold);
  if (tells) share.told = now;
  return {.taken = taken, .to_tell = tells ? std::exchange(share.untold, {}) : Untold()};
}

std::map<std::uint32_t, Shares::Untold> Shares::untold() const {
  std::map<std::uint32_t, Untold> all;
  for (const auto& [party, share] : shares_) {
    if (share.untold.number > 0) all[party] = share.untold;
  }
  return all;
}

std::map<std::uint32_t, Shares::Untold> Shares::take_untold(SteadyTime now) {
  std::map<std::uint32_t, Untold> all = untold();
  for (const auto& [party, left] : all) {
    Share& share = shares_[party];
    share.untold = {};
    share.told = now;
  }
  return all;
}

void Shares::give_back(std::uint32_t party, std::uint64_t bytes) {
  if (!shares_.contains(party)) party = mail::kNoUid;
  const auto share = shares_.find(party);
  if (share != shares_.end()) share->second.used = std::max(share->second.used - static_cast<double>(bytes), 0.0);
}

}  // namespace postern::history
