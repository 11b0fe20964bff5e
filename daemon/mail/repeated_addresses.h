// The addresses that a server repeats in what it says. They are another's words, and perhaps about another's message.
// Pure.
#pragma once

#include "mail/envelope.h"

#include <functional>
#include <string>
#include <string_view>

namespace postern::mail {

/// The text with something else in place of each address: of whatever stands between "<" and ">", quoted strings and
/// all (RFC 5321 4.1.2), and of each word that holds an "@", or "%40" as in a link, from its first byte on: there it
/// may begin with other things than the address. `instead` gets the word, or the path with its brackets.
[[nodiscard]] std::string replace_addresses(std::string_view text,
                                            const std::function<std::string(std::string_view address)>& instead);

/// What may be told of the server's words to the owner of this message, if they were said of another one: without the
/// addresses that are not in its envelope.
[[nodiscard]] std::string without_addresses_of_others(std::string_view text, const Envelope& envelope);

}  // namespace postern::mail
