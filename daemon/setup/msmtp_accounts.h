// Private to setup/: the accounts of msmtp's settings, with what they inherit filled in.
#pragma once

#include "setup/peer_files.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

struct MsmtpSetting {
  Mark mark;
  std::string value;  ///< without its quotes; empty: the command stands alone
};

struct MsmtpAccount {
  std::string name;
  Mark mark;
  std::map<std::string, MsmtpSetting, std::less<>> settings;  ///< the defaults and what is inherited included
  std::set<std::string, std::less<>> own;                     ///< commands that are not from the defaults

  [[nodiscard]] const MsmtpSetting* setting(std::string_view command) const;
  /// The same server, login and sender.
  [[nodiscard]] bool same_as(const MsmtpAccount& other) const;
};

/// Those of the machine's file and of the user's, whose accounts go before accounts of the same name. Failures: those
/// of reading, not_found (no file at all), invalid (what msmtp itself refuses).
[[nodiscard]] Result<std::vector<MsmtpAccount>> read_msmtp_accounts(Import& import);

}  // namespace postern::setup
