// The mechanisms by name, with what each needs: values alone, one row a mechanism. The settings check names by it, and
// negotiate() chooses by it; who makes them stands in mechanisms.h, in the same order.
#pragma once

#include <array>
#include <string_view>

namespace postern::sasl {

/// What it logs in with.
enum class Needs { password, token, certificate };
/// What somebody who reads along learns of the secret.
enum class Secrecy { reveals, hides };

struct KnownMechanism {
  std::string_view name;
  Needs needs;
  Secrecy secrecy;
  std::string_view not_in_user;    ///< bytes that separate the parts of its messages
  std::string_view not_in_secret;  ///< the same
};

inline constexpr std::string_view kNul{"\0", 1};
inline constexpr std::string_view kCtrlA{"\x01", 1};

constexpr KnownMechanism known_scram(std::string_view name) {
  return KnownMechanism{name, Needs::password, Secrecy::hides, kNul, ""};
}

constexpr KnownMechanism known_oauth(std::string_view name) {
  return KnownMechanism{name, Needs::token, Secrecy::reveals, kCtrlA, kCtrlA};
}

// In the order of preference inside verified TLS. There PLAIN comes before CRAM-MD5: the secret is safe, and CRAM-MD5
// is often announced by servers that keep no clear-text passwords and so must refuse it.
inline constexpr std::array kKnownMechanisms{
    known_oauth("OAUTHBEARER"),
    known_oauth("XOAUTH2"),
    KnownMechanism{"EXTERNAL", Needs::certificate, Secrecy::hides, "", ""},
    known_scram("SCRAM-SHA-512-PLUS"),
    known_scram("SCRAM-SHA-256-PLUS"),
    known_scram("SCRAM-SHA-1-PLUS"),
    known_scram("SCRAM-SHA-512"),
    known_scram("SCRAM-SHA-256"),
    known_scram("SCRAM-SHA-1"),
    KnownMechanism{"PLAIN", Needs::password, Secrecy::reveals, kNul, kNul},
    KnownMechanism{"LOGIN", Needs::password, Secrecy::reveals, "", ""},
    KnownMechanism{"CRAM-MD5", Needs::password, Secrecy::hides, "", ""},
};

}  // namespace postern::sasl
