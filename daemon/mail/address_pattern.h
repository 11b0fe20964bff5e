// Patterns of addresses as rows of the settings have them: "anna@corp.example", "*@corp.example", "root" (at any name
// of this machine), "*". Pure.
//
// Domains compare as they stand here, without case. The settings have them as A-labels, so an address is to be written
// in ASCII (idn.h) before it is held against more than one pattern: that takes a thousand times as long as to compare.
#pragma once

#include <string_view>

namespace postern::mail {

/// Mailboxes with upper and lower case are one mailbox wherever there is an account to send from.
[[nodiscard]] bool is_same_mailbox(std::string_view one, std::string_view other);

/// `here`: the address is at a name of this machine.
[[nodiscard]] bool covers(std::string_view pattern, std::string_view address, bool here);

}  // namespace postern::mail
