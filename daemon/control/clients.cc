#include "control/clients.h"

#include "base/heap.h"
#include "base/log.h"
#include "mail/parties.h"

#include <fmt/format.h>

namespace postern::control {

std::uint32_t Clients::party_of(const net::Peer& peer) const {
  if (!peer.uid) return mail::kNoUid;
  return parties_ ? parties_(*peer.uid) : std::uint32_t{*peer.uid};
}

void Clients::start(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Context> context) {
  const std::uint32_t party = party_of(peer);
  const std::size_t has = counts_->of_party[party].served;
  const std::size_t counted = is_administrator(peer) ? 0 : 1;
  const bool enough = has >= kOfUser;
  if (enough || (counted > 0 && counts_->served >= (has == 0 ? kAll : kAll - kKept))) {
    const std::string why =
        enough ? fmt::format("too many requests of yours are under way (limit: {})", kOfUser)
               : fmt::format("too many requests are under way (limit: {}, {} of them kept for users who have none)",
                             kAll, kKept);
    if (context->refusals.may_log(mail::party_text(party), context->clock.steady()))
      log(Level::notice, "control request turned away", {{"client", mail::party_text(party)}, {"reason", why}});
    refuse(std::move(stream), party, why + "; try again later");
    return;
  }
  ++counts_->of_party[party].served;
  counts_->served += counted;
  const auto done = [counts = counts_, party, counted, context] {
    counts->served -= counted;
    Count& count = counts->of_party[party];
    if (--count.served == 0 && count.told == 0) counts->of_party.erase(party);
    if (context->unread.has_shrunk() || context->unread_of_administrators.has_shrunk()) give_back_heap();
  };
  spawn(loop_, serve(std::move(stream), std::move(peer), party, std::move(context)), "control", done);
}

void Clients::refuse(std::unique_ptr<net::Stream> stream, std::uint32_t party, std::string why) {
  if (counts_->of_party[party].told >= kOfUser) return;
  ++counts_->of_party[party].told;
  const auto done = [counts = counts_, party] {
    Count& count = counts->of_party[party];
    if (--count.told == 0 && count.served == 0) counts->of_party.erase(party);
  };
  spawn(loop_, turn_away(std::move(stream), Error{Failure::busy, std::move(why)}), "turn away", done);
}

}  // namespace postern::control
