// What the rows of `senders` (sender_rules.h) say of mail, where who the user is must be asked first.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "smtp/command.h"
#include "submission/sessions.h"

#include <cstdint>
#include <optional>
#include <string>

namespace postern::submission {

/// Of a complete reverse-path, and of a header as it is stored, in full; null: it is too long to be searched. `uid`:
/// who hands it in, as far as that is known. Nothing: the mail is taken. `config` and `header` outlive it. Failures:
/// what the name service says.
Task<Result<std::optional<smtp::Refusal>>> refused_by_senders(const Config& config, std::optional<std::uint32_t> uid,
                                                              std::string reverse_path, const std::string* header);

}  // namespace postern::submission
