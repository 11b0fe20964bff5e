// Private to setup/: the parameters of main.cf that are not carried over, and what is to be said of them.
#pragma once

#include "setup/postfix_parameters.h"

namespace postern::setup {

/// Every parameter that is there has its note, unless it is carried over. Those that are about Postfix' own programs
/// and files are named in one note together.
void note_postfix_parameters(Import& import, const PostfixParameters& main);

}  // namespace postern::setup
