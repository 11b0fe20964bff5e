// Private to net/: OpenSSL's objects with one owner.
#pragma once

#include <openssl/ssl.h>

#include <memory>

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

}  // namespace postern::net
