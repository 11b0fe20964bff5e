#include "mail/accepted_log.h"

#include "base/log.h"
#include "mail/named_addresses.h"
#include "mail/original_recipient.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace postern::mail {

std::string client_text(const Source& source) {
  if (source.kind != Source::Kind::local) return source.peer;
  std::string text = source.uid ? fmt::format("uid {}", *source.uid) : "local";
  if (source.pid) text += fmt::format(" pid {}", *source.pid);
  return text;
}

void log_accepted(const Envelope& envelope, const Accepted& accepted) {
  NamedAddresses to;
  NamedAddresses originals;
  for (std::size_t i = 0; i < std::min(envelope.recipients.size(), kRecipientsNamed); ++i) {
    to.add(envelope.recipients[i].address);
    originals.add(original_of(envelope.recipients[i]));
  }
  const LogField recipients("to", to.text(accepted.recipients), to.each());
  const LogField original_recipients("orig_to", originals.text(), originals.each());
  log(Level::info, "accepted",
      {{"id", accepted.id.text()},
       {"from", "<" + envelope.sender + ">"},
       recipients,
       original_recipients,
       {"recipients", accepted.recipients},
       {"size", accepted.size},
       {"message_id", accepted.message_id},
       {"uid", envelope.source.user()},
       {"client", accepted.client},
       {"helo", envelope.source.helo}});
}

}  // namespace postern::mail
