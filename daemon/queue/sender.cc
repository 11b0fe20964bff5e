#include "queue/sender.h"

#include "base/hash.h"
#include "base/text.h"
#include "mail/address.h"

#include <utility>
#include <vector>

namespace postern::queue {
namespace {

constexpr std::size_t kLongestName = 300;
constexpr std::size_t kLongestShown = 200;

/// What stands in From, as keys and to be shown.
std::pair<std::string, std::string> from_of(const mail::HeaderBlock& header) {
  const mail::HeaderField* const field = mail::find(header, "From");
  if (field == nullptr) return {};
  const auto addresses = mail::parse_address_list(field->body);
  const std::string whole = mail::unfold(field->body);
  if (!addresses || addresses->empty()) return {whole, whole};
  std::pair<std::string, std::string> from;
  for (const std::string& address : *addresses) {
    const std::string_view comma = from.first.empty() ? "" : ", ";
    from.first.append(comma).append(mail::mailbox_key(address));
    from.second.append(comma).append(address);
  }
  return from;
}

}  // namespace

Sender sender_of(const mail::Envelope& envelope, const mail::HeaderBlock& header, const mail::Parties& parties) {
  const auto [from_key, from] = from_of(header);
  const std::string path_key = mail::mailbox_key(envelope.sender);
  Sender sender;
  sender.name = path_key + '\n' + from_key;
  if (sender.name.size() > kLongestName) {
    Sha256 hash;
    hash.update(sender.name);
    sender.name = hex(hash.finish());
  }
  const auto party = parties.author(envelope.source);
  sender.key = sender.name + '\n' + (party ? std::to_string(*party) : std::string("ours"));
  sender.shown = envelope.sender.empty() ? "<>" : envelope.sender;
  if (!from.empty() && from_key != path_key) sender.shown += ", From " + from;
  sender.shown = cut_printable(printable(sender.shown), kLongestShown);
  return sender;
}

}  // namespace postern::queue
