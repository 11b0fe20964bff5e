// Private to net/: what TlsClient and TlsServer hold.
#pragma once

#include "net/kept_sessions.h"
#include "net/ssl_handles.h"
#include "net/tls_context.h"

#include <string>
#include <vector>

namespace postern::net {

struct TlsClient::State {
  SslContext context;
  std::string name;
  bool name_is_address = false;
  std::string srv_id;             ///< is as good as the name, and so is its domain; empty: only the name will do
  std::vector<std::string> pins;  ///< in place of authorities and name; empty: none
  std::string certificate_file;   ///< for the texts of errors
  KeptSessions sessions;          ///< of verified handshakes only; offered in the next ones
};

struct TlsServer::State {
  SslContext context;
};

/// The reason of the oldest error on OpenSSL's queue, which is emptied; with a hint where one is known.
[[nodiscard]] std::string tls_reason();

/// The SSL's slot for the words of a failed verification: a std::string* of the TlsSession.
[[nodiscard]] int verify_words_slot();

}  // namespace postern::net
