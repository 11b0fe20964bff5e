// Private to sasl/: the mechanisms as factories, one row each in the table below. A factory takes the name because one
// file may make a family (SCRAM, the two for OAuth 2.0). Clients are made only where the credential that they need is
// there.
#pragma once

#include "sasl/mechanism.h"
#include "sasl/mechanism_options.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sasl {

/// Longest challenge or response line of RFC 4954 section 4.
inline constexpr std::size_t kLongestLine = 12288;

/// PLAIN, RFC 4616.
std::unique_ptr<Mechanism> make_plain(std::string_view name, const Credentials& credentials,
                                      const Situation& situation);
std::unique_ptr<ServerMechanism> make_plain_server(std::string_view name, ServerSide server);

/// LOGIN, draft-murchison-sasl-login: never standardised, spoken everywhere.
std::unique_ptr<Mechanism> make_login(std::string_view name, const Credentials& credentials,
                                      const Situation& situation);
std::unique_ptr<ServerMechanism> make_login_server(std::string_view name, ServerSide server);

/// CRAM-MD5, RFC 2195.
std::unique_ptr<Mechanism> make_cram_md5(std::string_view name, const Credentials& credentials,
                                         const Situation& situation);
std::unique_ptr<ServerMechanism> make_cram_md5_server(std::string_view name, ServerSide server);

/// SCRAM-SHA-1, -256 and -512, each also as -PLUS, RFC 5802, RFC 7677, draft-melnikov-scram-sha-512. Iteration counts
/// from 4,096 to 600,000 are accepted: the largest costs half a second of CPU in the second step.
std::unique_ptr<Mechanism> make_scram(std::string_view name, const Credentials& credentials,
                                      const Situation& situation);
std::unique_ptr<ServerMechanism> make_scram_server(std::string_view name, ServerSide server);

/// EXTERNAL, RFC 4422 appendix A: the client certificate says who we are.
std::unique_ptr<Mechanism> make_external(std::string_view name, const Credentials& credentials,
                                         const Situation& situation);
std::unique_ptr<ServerMechanism> make_external_server(std::string_view name, ServerSide server);

/// OAUTHBEARER, RFC 7628, and its forerunner XOAUTH2 of Google and Microsoft.
std::unique_ptr<Mechanism> make_oauth(std::string_view name, const Credentials& credentials,
                                      const Situation& situation);
std::unique_ptr<ServerMechanism> make_oauth_server(std::string_view name, ServerSide server);

struct Factory {
  std::string_view name;
  std::unique_ptr<Mechanism> (*client)(std::string_view, const Credentials&, const Situation&);
  std::unique_ptr<ServerMechanism> (*server)(std::string_view, ServerSide);
};

inline constexpr std::array kFactories{
    Factory{"OAUTHBEARER", make_oauth, make_oauth_server},
    Factory{"XOAUTH2", make_oauth, make_oauth_server},
    Factory{"EXTERNAL", make_external, make_external_server},
    Factory{"SCRAM-SHA-512-PLUS", make_scram, make_scram_server},
    Factory{"SCRAM-SHA-256-PLUS", make_scram, make_scram_server},
    Factory{"SCRAM-SHA-1-PLUS", make_scram, make_scram_server},
    Factory{"SCRAM-SHA-512", make_scram, make_scram_server},
    Factory{"SCRAM-SHA-256", make_scram, make_scram_server},
    Factory{"SCRAM-SHA-1", make_scram, make_scram_server},
    Factory{"PLAIN", make_plain, make_plain_server},
    Factory{"LOGIN", make_login, make_login_server},
    Factory{"CRAM-MD5", make_cram_md5, make_cram_md5_server},
};
static_assert(std::ranges::equal(kFactories, kKnownMechanisms, {}, &Factory::name, &KnownMechanism::name),
              "a mechanism has a row here and in mechanism_options.h, in the same order");

/// What a prompt says to a person, when a server sends one: its decoded text, or the raw text where a server wrote
/// "Username:" or "Password" in clear. ("Password" happens to be valid base64 of nothing meaningful.)
struct Prompt {
  enum class Asks { something, user, password };
  Asks asks = Asks::something;
  bool clear = false;  ///< written in clear text, not base64
};
[[nodiscard]] Prompt read_prompt(const Challenge& challenge);

/// Says nothing but "go on": empty, or text where base64 belongs ("334 GSSAPI supported").
[[nodiscard]] bool is_go_on(const Challenge& challenge);

/// Compares without telling by its duration where the texts differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

/// "=2C" for "," and "=3D" for "=", the saslname of RFC 5801 section 4.
[[nodiscard]] std::string escape_name(std::string_view name);
/// Nothing if a "=" begins neither.
[[nodiscard]] std::optional<std::string> unescape_name(std::string_view escaped);

/// The password of a user by ServerSide::password_of, which may be null.
[[nodiscard]] std::optional<std::string> password_of(const ServerSide& server, std::string_view user);

}  // namespace postern::sasl
