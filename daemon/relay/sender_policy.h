// As whom mail goes to a smarthost: the reverse-path, and the fields that name the sender, as the account there may use
// them. Pure. Many servers refuse mail of others than the account ("not owned by user", "send as denied"), and what
// programs on a machine send is from root@ and www-data@. Who it was is still told: by the display name ("root at web1
// (Cron Daemon)"), by X-Original-From and, where that can be answered, by Reply-To.
//
// From, Sender, Resent-From and Resent-Sender are what servers look at. Where receipts and errors are to go
// (Disposition-Notification-To, Errors-To) is nobody's claim to have sent anything, and stays.
#pragma once

#include "mail/host_names.h"
#include "relay/sender_policy_options.h"

#include <string>
#include <string_view>

namespace postern::relay {

/// "keep", "account", "rewrite"
[[nodiscard]] std::string_view name(SenderPolicyOptions::Policy policy);

class SenderPolicy {
 public:
  /// `names`: bare addresses are completed by the domain; addresses at any of these names are of this machine.
  SenderPolicy(SenderPolicyOptions options, mail::HostNames names);

  /// What MAIL says for this sender. The null sender stays null; a bare address leaves under no policy.
  [[nodiscard]] std::string reverse_path(std::string_view sender) const;

  /// The fields of the top header, without the empty line (LF line ends, mail/headers.h), as they may leave: byte for
  /// byte the same where there is nothing to change. A changed From is one line of at most 998 octets or folded; what
  /// stands in it raw (UTF-8 of a display name) is left to whoever makes the fields fit for the server. Controls of the
  /// old field do not get into the new one; X-Original-From has its body as it was, and
  /// takes the place of one that was there; where From stays, another relay's stays, too.
  [[nodiscard]] std::string edit(std::string_view top_fields) const;

  /// The address that all senders but the null one become; empty: each has its own.
  [[nodiscard]] std::string one_sender() const;

  /// edit() and reverse_path() complete bare addresses and do nothing else.
  [[nodiscard]] bool keeps() const { return options_.policy == SenderPolicyOptions::Policy::keep; }

 private:
  SenderPolicyOptions options_;
  mail::HostNames names_;
};

}  // namespace postern::relay
