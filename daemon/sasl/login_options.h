// What the settings say of the choice between login mechanisms: values alone.
#pragma once

#include <string>
#include <vector>

namespace postern::sasl {

struct LoginOptions {
  bool allow_cleartext_auth = false;    ///< what reveals the secret, without verified TLS
  std::vector<std::string> mechanisms;  ///< the operator's filter and order; empty: all, in our order; if given, kept
                                        ///< whatever is remembered

  friend bool operator==(const LoginOptions&, const LoginOptions&) = default;
};

}  // namespace postern::sasl
