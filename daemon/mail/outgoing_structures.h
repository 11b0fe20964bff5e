// The bodies of structured fields as they go out, see outgoing_fields.h. For that alone. Bodies are on one line; what
// the writer says need not change is written as it is.
#pragma once

#include "mail/word_writer.h"

#include <string>
#include <string_view>

namespace postern::mail {

/// Words of display names and of what is no address as encoded-words, domains as A-labels. A list that is none is
/// written in its own words and separators.
void write_addresses(std::string_view body, WordWriter& writer);

/// Parameters as RFC 2231 has it.
void write_parameters(std::string_view body, WordWriter& writer);

/// Only comments are text; the rest is escaped with the mark.
void write_others(std::string_view body, char mark, WordWriter& writer);

/// Octets that are no ASCII, and controls, as the mark and two hexadecimal digits, or as "?" alone if that is the mark.
[[nodiscard]] std::string escape_letters(std::string_view text, char mark);

}  // namespace postern::mail
