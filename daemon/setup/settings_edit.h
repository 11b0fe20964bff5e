// Changes of a settings file that somebody wrote: only the lines that change, everything else byte for byte as it was.
// Pure.
#pragma once

#include "base/result.h"
#include "settings/settings.h"

#include <optional>
#include <string>
#include <vector>

namespace postern::setup {

/// What set-up says; what is empty stays as it is.
struct Change {
  /// Takes the place of the one with the same host and user, else of that with the same host, else of the only one;
  /// where there are several others it becomes the first. Its password is left out, as in settings_text.
  std::optional<settings::Smarthost> smarthost;
  std::optional<std::string> root;                  ///< where root's mail goes
  std::optional<std::vector<std::string>> command;  ///< notify.command
  bool sender_policy = false;                       ///< the smarthost's `from` was asked for, so it counts
};

/// The smarthost of these that the new one stands in for; nothing: it is added.
[[nodiscard]] std::optional<std::size_t> replaced_index(const settings::Smarthost& smarthost,
                                                        const std::vector<settings::Smarthost>& there);

/// What is asked of the TLS of a server, and nothing else, as for the same server before; what the new one says counts.
void keep_trust(settings::Smarthost& fresh, const settings::Smarthost& old);

/// The settings as the text has them, whatever is wrong with the files that they name. Nothing: it is no settings file.
[[nodiscard]] std::optional<settings::Settings> written_settings(const std::string& text);

/// The settings as they are to be. What is not written, and so depends on the machine, counts as not said.
[[nodiscard]] settings::Settings changed(settings::Settings settings, const Change& change);

/// The text with the change. It was read again and holds exactly the settings of before with the change. Failure:
/// invalid, with the reason: the text is no settings file, or is written in a way that no line can be changed in
/// safely.
[[nodiscard]] Result<std::string> edited(const std::string& text, const Change& change);

}  // namespace postern::setup
