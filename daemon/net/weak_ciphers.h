// What a list of ciphers lets pass that is not safe any more, judged by what OpenSSL makes of it.
#pragma once

#include "net/tls_client_options.h"

#include <string>
#include <vector>

namespace postern::net {

/// Sentences for people about tls_ciphers: a low level, weak ciphers that would really be offered, items that OpenSSL
/// does not know, a list without effect. Empty: nothing is to be said, or TlsClient::make refuses the list.
[[nodiscard]] std::vector<std::string> weak_ciphers(const TlsClientOptions& options);

}  // namespace postern::net
