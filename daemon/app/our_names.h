// Who we say we are to a smarthost.
#pragma once

#include "mail/host_names.h"
#include "settings/settings.h"

#include <string>

namespace postern::app {

struct OurNames {
  mail::HostNames machine;  ///< in EHLO, and what belongs to this machine among senders
  std::string own_sender;   ///< in MAIL, for mail of our own where the null reverse-path is refused; empty: none

  friend bool operator==(const OurNames&, const OurNames&) = default;
};

/// The sender is that of settings/own_sender.
[[nodiscard]] OurNames our_names(const settings::Settings& settings, const settings::Smarthost& smarthost);

}  // namespace postern::app
