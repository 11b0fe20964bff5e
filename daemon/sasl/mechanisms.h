// The mechanisms as factories: one file each, one row each in the table of negotiate.cc.
#pragma once

#include "sasl/mechanism.h"
#include "sasl/negotiate.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sasl {

/// Longest challenge or response line of RFC 4954 section 4.
inline constexpr std::size_t kLongestLine = 12288;

/// PLAIN, RFC 4616.
std::unique_ptr<Mechanism> make_plain(const Credentials& credentials);
std::unique_ptr<ServerMechanism> make_plain_server(PasswordOf password_of, std::string challenge_seed);

/// LOGIN, draft-murchison-sasl-login: never standardised, spoken everywhere.
std::unique_ptr<Mechanism> make_login(const Credentials& credentials);
std::unique_ptr<ServerMechanism> make_login_server(PasswordOf password_of, std::string challenge_seed);

/// CRAM-MD5, RFC 2195.
std::unique_ptr<Mechanism> make_cram_md5(const Credentials& credentials);
std::unique_ptr<ServerMechanism> make_cram_md5_server(PasswordOf password_of, std::string challenge_seed);

/// What a prompt says to a person, when a server sends one: its decoded text, or the raw text where a server wrote
/// "Username:" or "Password" in clear. ("Password" happens to be valid base64 of nothing meaningful.)
struct Prompt {
  enum class Asks { something, user, password };
  Asks asks = Asks::something;
  bool clear = false;  ///< written in clear text, not base64
};
[[nodiscard]] Prompt read_prompt(const Challenge& challenge);

/// Compares without telling by its duration where the texts differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

}  // namespace postern::sasl
