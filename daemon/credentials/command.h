// Private to credentials/: a secret from the first line that a program writes. No shell is involved; the program runs
// in a process group of its own, with /dev/null as its input, and is killed when its time or its output runs out.
// Nobody waits for long for one that cannot be killed, since it runs as another user by then (sudo) or the kernel holds
// it.
#pragma once

#include "base/clock.h"
#include "base/redactor.h"
#include "credentials/secret_origin.h"
#include "credentials/tell.h"

#include <memory>
#include <string>
#include <vector>

namespace postern::credentials {

struct Command {
  std::string what;  ///< for the texts of errors: "password command"
  std::vector<std::string> argv;
  Tell tell{};  ///< null: the log
  Milliseconds time{30'000};
};

/// Callers that ask while it runs get the same answer. What it writes is in no text of an error; when it fails, or
/// gives nothing usable, the end of its standard error is told, unless it repeats what the program wrote or a secret
/// that `redactor` knows. Failures: not_found, denied (cannot be run), timeout, limit (wrote more than 64 KiB), io
/// (exit status not 0), invalid (no usable first line).
[[nodiscard]] std::shared_ptr<SecretOrigin> make_command_origin(Executor loop, Command command,
                                                                std::shared_ptr<Redactor> redactor);

}  // namespace postern::credentials
