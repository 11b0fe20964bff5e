#include "net/kept_sessions.h"

#include <openssl/x509.h>

#include <utility>

namespace postern::net {
namespace {

/// Once its certificate has run out the peer must show a new one.
bool can_be_resumed(SSL_SESSION* session) {
  const X509* certificate = SSL_SESSION_get0_peer(session);
  const bool valid = certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
  return valid && SSL_SESSION_is_resumable(session) == 1;
}

}  // namespace

void KeptSessions::keep(SslSession session) {
  if (sessions_.size() == kMost) sessions_.pop_front();
  sessions_.push_back(std::move(session));
}

SslSession KeptSessions::take() {
  while (!sessions_.empty()) {
    SslSession newest = std::move(sessions_.back());
    sessions_.pop_back();
    if (!can_be_resumed(newest.get())) continue;
    const bool once = SSL_SESSION_get_protocol_version(newest.get()) >= TLS1_3_VERSION;
    if (once) return newest;
    SSL_SESSION_up_ref(newest.get());
    sessions_.emplace_back(newest.get());
    return newest;
  }
  return nullptr;
}

}  // namespace postern::net
