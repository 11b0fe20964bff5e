// The words of a reply in a form in which they can be looked for. Pure.
#pragma once

#include "smtp/reply.h"

#include <string>

namespace postern::relay {

/// In lower case on one line, with a blank at both ends, hyphens and underscores as blanks, without the enhanced code,
/// and without the addresses that the server repeats. Those are another's words: who may choose a recipient must not
/// choose what its refusal means. At most some thousand bytes.
[[nodiscard]] std::string folded_words(const smtp::Reply& reply);

/// The same of what the server says for itself: without the answer of another server that it quotes, which that one
/// chooses.
[[nodiscard]] std::string own_words(const smtp::Reply& reply);

/// The same without the links to pages, whose names say what the page is about, and not this answer.
[[nodiscard]] std::string own_words_without_links(const smtp::Reply& reply);

}  // namespace postern::relay
