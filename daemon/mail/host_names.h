// How this machine calls itself in mail. Values alone: the settings give them to whoever speaks or writes in its name.
#pragma once

#include <string>

namespace postern::mail {

struct HostNames {
  std::string hostname;  ///< in EHLO, in Received, in Message-IDs and as Reporting-MTA
  std::string domain;    ///< completes addresses that have none; reports come from MAILER-DAEMON@domain

  friend bool operator==(const HostNames&, const HostNames&) = default;
};

}  // namespace postern::mail
