// What set-up is about to write: accounts, names, where local mail goes, and what could not be carried over. Importers
// and `postern setup` make it; settings_text.h and credential_file.h write it.
#pragma once

#include "mail/host_names.h"
#include "settings/settings.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace postern::setup {

/// Something for the administrator to know, with the place that it is about.
struct Note {
  std::string file;      ///< empty: about no file
  std::size_t line = 0;  ///< 1-based; 0: the file as a whole
  std::string text;      ///< holds no secret
  /// It says where a password or token is to be had now, which `postern setup` asks for.
  bool about_secret = false;

  [[nodiscard]] std::string str() const;  ///< "file:line: text", printable, one line

  friend bool operator==(const Note&, const Note&) = default;
};

struct Proposal {
  std::string origin;  ///< where it comes from, as words for the first line of the file: "postern import from ..."
  /// The settings' own values, in their order. A port of 0 and other values that are the default are not written. A
  /// `password` goes into a credential file, never into the settings.
  std::vector<settings::Smarthost> smarthosts;
  mail::HostNames names;                                    ///< empty members: not said, the default
  std::map<std::string, std::vector<std::string>> aliases;  ///< as in the settings: local part -> addresses
  bool followed_etc_aliases = false;                        ///< the program did, and its aliases are among these
  bool no_aliases_file = false;                             ///< /etc/aliases is not to be read
  std::vector<Note> notes;  ///< become comments at the top of the file and are told on the terminal
};

}  // namespace postern::setup
