// A whole settings file from a proposal.
#pragma once

#include "setup/proposal.h"

#include <string>
#include <string_view>

namespace postern::setup {

/// A commented postern.yaml that `posternd --check` takes, if the proposal's values are ones that the settings allow.
/// The notes stand at its top. A password that is still in the proposal is left out.
[[nodiscard]] std::string settings_text(const Proposal& proposal);

/// One smarthost as an item of the list, with its "- " and the indentation: for who changes a file in place.
[[nodiscard]] std::string smarthost_text(const settings::Smarthost& smarthost);

/// A text as YAML that the settings read as exactly this text; in quotes only where it needs them. Bytes that are not
/// UTF-8 can stand in no settings file: they are written as \\xNN, which is another text.
[[nodiscard]] std::string yaml_text(std::string_view text);

/// The text as lines that each begin with "# ", broken between words.
[[nodiscard]] std::string comment_lines(std::string_view text);

}  // namespace postern::setup
