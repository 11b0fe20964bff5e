// Private to setup/: the account of another program that is set up here, for `postern setup`.
#pragma once

#include "base/result.h"
#include "setup/proposal.h"
#include "setup/setup.h"

#include <optional>

namespace postern::setup {

/// What the program says that --import names, or that a person agrees to take over; nothing: none is wanted. The first
/// smarthost is the account; what else the program has is told. Failures: invalid (no such program is set up here, it
/// has no smarthost, or nobody said which account is meant and there are such programs), those of its importer.
Result<std::optional<Proposal>> take_over(const Options& options, Terminal& terminal, const World& world);

}  // namespace postern::setup
