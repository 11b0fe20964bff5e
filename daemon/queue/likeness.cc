#include "queue/likeness.h"

#include "base/hash.h"
#include "base/text.h"
#include "mail/headers.h"
#include "mail/seven_bit.h"
#include "queue/said.h"
#include "queue/varying.h"

#include <algorithm>
#include <cstdint>

namespace postern::queue {
namespace {

/// Pieces one after the other; none can look like two others.
class Key {
 public:
  void add(std::string_view text) {
    sha_.update(std::to_string(text.size()));
    sha_.update(":");
    sha_.update(text);
  }
  void add(std::uint64_t number) { add(std::string_view(std::to_string(number))); }
  [[nodiscard]] std::string take() { return hex(sha_.finish()).substr(0, kLikeness); }

 private:
  Sha256 sha_;
};

/// Of the room in a digest so much is for the first, and as much for its header and for what is said of the others.
constexpr std::uint64_t room_for_one(std::uint64_t return_size) { return return_size / 2; }

void add_sender(Key& key, const mail::Source& source) {
  key.add(static_cast<std::uint64_t>(source.kind));
  key.add(source.uid.value_or(mail::kNoUid));
  key.add(source.holder.value_or(mail::kNoUid));
  // Of a host whose users nobody knows it is the host.
  const bool known = source.uid || source.holder;
  key.add(known ? std::string_view() : std::string_view(source.peer).substr(0, source.peer.rfind(':')));
}

/// Of the fields of addresses a digest has those of the first alone, and tells of no other.
bool counts_whole(const Said& one) {
  const std::string_view name = std::string_view(one.content).substr(0, one.content.find(':'));
  return one.kind == Said::Kind::octets || (one.kind == Said::Kind::field && mail::is_address_field(name));
}

}  // namespace

bool may_be_alike(const mail::Envelope& envelope, std::uint64_t return_size) {
  const auto wants_success = [](const mail::Recipient& one) { return (one.notify & mail::kNotifySuccess) != 0; };
  return envelope.size <= room_for_one(return_size) && envelope.unread.empty() && envelope.envid.empty() &&
         !envelope.recipients.empty() && envelope.recipients.size() <= kMostRecipientsAlike &&
         std::ranges::none_of(envelope.recipients, wants_success);
}

bool leaves_room(std::string_view text, std::uint64_t return_size) {
  return mail::seven_bit_message(text).size() <= room_for_one(return_size);
}

std::string likeness(const mail::Envelope& envelope, std::string_view text) {
  Key key;
  add_sender(key, envelope.source);
  key.add(envelope.sender);
  key.add(static_cast<std::uint64_t>(envelope.ret));
  key.add(envelope.smtputf8 ? 1U : 0U);
  key.add(envelope.recipients.size());
  for (const mail::Recipient& one : envelope.recipients) {
    key.add(one.address);
    key.add(one.orcpt);
    key.add(one.notify);
  }
  for (const Said& one : said_by(text)) {
    key.add(static_cast<std::uint64_t>(one.kind));
    key.add(counts_whole(one) ? one.content : without_varying(one.content, envelope.accepted));
  }
  return key.take();
}

}  // namespace postern::queue
