// Private to setup/: commands that print a password ("passwordeval" of msmtp), and whether one of them may be copied
// into settings that everybody can read.
#pragma once

#include <string>
#include <string_view>

namespace postern::setup {

struct PasswordCommand {
  enum class Kind {
    prints,  ///< an echo or a printf of the secret itself, whose output is known
    asks,    ///< reads a file or asks an agent: there is no secret in its words
    unclear  ///< anything else: its words may be the secret
  };
  Kind kind = Kind::unclear;
  std::string secret;  ///< what it prints, up to the first line's end; of Kind::prints alone, and not empty
};

/// What a command of the shell does, as far as that is certain.
[[nodiscard]] PasswordCommand judge_password_command(std::string_view command);

}  // namespace postern::setup
