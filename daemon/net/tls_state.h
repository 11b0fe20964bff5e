// Private to net/: what TlsClient and TlsServer hold, and OpenSSL objects with one owner.
#pragma once

#include "net/tls_context.h"

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace postern::net {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SslContext = std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, Freed<&SSL_free>>;
using SslSession = std::unique_ptr<SSL_SESSION, Freed<&SSL_SESSION_free>>;

struct TlsClient::State {
  SslContext context;
  std::string name;
  bool name_is_address = false;
  std::string certificate_file;  ///< for the texts of errors
  SslSession latest;             ///< of a verified handshake only; offered in the next one
};

struct TlsServer::State {
  SslContext context;
};

/// The reason of the oldest error on OpenSSL's queue, which is emptied; with a hint where one is known.
[[nodiscard]] std::string tls_reason();

/// The SSL's slot for the words of a failed verification: a std::string* of the TlsSession.
[[nodiscard]] int verify_words_slot();

}  // namespace postern::net
