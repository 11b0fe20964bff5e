#include "net/tls_session.h"

#include "net/certificate.h"
#include "net/channel_binding.h"
#include "net/tls_pin.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <limits>

namespace postern::net {
namespace {

int length(std::size_t size) {
  return static_cast<int>(std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

bool TlsSession::set_up(SSL_CTX* context) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  if (!ssl_) return false;
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), in_, out_);
  return in_ != nullptr && out_ != nullptr && SSL_set_ex_data(ssl_.get(), verify_words_slot(), &verify_words_) == 1;
}

Result<std::unique_ptr<TlsSession>> TlsSession::make(std::shared_ptr<TlsClient> client, Resume resume) {
  std::unique_ptr<TlsSession> session(new TlsSession);
  session->client_ = std::move(client);
  TlsClient::State& state = session->client_->state();
  if (!session->set_up(state.context.get())) return session->failure("cannot begin TLS");
  SSL* ssl = session->ssl_.get();
  SSL_set_connect_state(ssl);
  // SSL_set_tlsext_host_name() without its old-style cast.
  if (!state.name_is_address &&
      SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, state.name.data()) != 1) {
    return session->failure("cannot begin TLS");
  }
  if (resume == Resume::no) return session;
  const SslSession kept = state.sessions.take();
  session->offered_ = kept != nullptr && SSL_set_session(ssl, kept.get()) == 1;
  return session;
}

Result<std::unique_ptr<TlsSession>> TlsSession::make(std::shared_ptr<TlsServer> server) {
  std::unique_ptr<TlsSession> session(new TlsSession);
  session->server_ = std::move(server);
  if (!session->set_up(session->server_->state().context.get())) return session->failure("cannot begin TLS");
  SSL_set_accept_state(session->ssl_.get());
  return session;
}

void TlsSession::forget_sessions() {
  if (client_) client_->state().sessions.forget();
}

Error TlsSession::failure(std::string_view doing) {
  forget_sessions();
  if (!verify_words_.empty()) {
    offered_ = false;  // a certificate was shown, so the handshake was a full one
    ERR_clear_error();
    return Error{Failure::tls, "certificate verify failed: " + verify_words_};
  }
  return Error{Failure::tls, std::string(doing) + ": " + tls_reason()};
}

Result<TlsSession::Want> TlsSession::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) {
    if (auto accepted = accept_peer(); !accepted) return accepted.error();
    return Want::nothing;
  }
  if (SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ) return Want::input;
  return failure("TLS handshake failed");
}

Result<void> TlsSession::accept_peer() {
  SSL* ssl = ssl_.get();
  info_.version = SSL_get_version(ssl);
  info_.cipher = SSL_get_cipher_name(ssl);
  info_.resumed = SSL_session_reused(ssl) == 1;
  offered_ = info_.resumed;
  info_.bindings = channel_bindings(ssl);
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (!client_) {
    // Without a certificate the result is "ok", too.
    if (certificate != nullptr && SSL_get_verify_result(ssl) == X509_V_OK) describe_peer(certificate);
    return {};
  }
  // A resumed handshake shows no certificate; the verdict comes with the session, which keep_session() took only from a
  // verified one. Either way nothing counts as secure without both.
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
    forget_sessions();
    return Error{Failure::tls, "certificate verify failed: the server's certificate was not verified"};
  }
  describe_peer(certificate);
  if (const X509* own = SSL_get_certificate(ssl); own != nullptr) info_.own_ends = time_text(X509_get0_notAfter(own));
  info_.verified = true;
  return {};
}

void TlsSession::describe_peer(X509* certificate) {
  info_.subject = name_text(X509_get_subject_name(certificate));
  info_.common_name = common_name(X509_get_subject_name(certificate));
  info_.issuer = name_text(X509_get_issuer_name(certificate));
  info_.not_after = time_text(X509_get0_notAfter(certificate));
  info_.pin = key_pin(certificate);
  info_.key_bits = key_bits(certificate);
}

Result<TlsSession::Read> TlsSession::read(std::span<char> into) {
  ERR_clear_error();
  Read result;
  const int count = SSL_read(ssl_.get(), into.data(), length(into.size()));
  if (count > 0) {
    result.count = static_cast<std::size_t>(count);
    return result;
  }
  switch (SSL_get_error(ssl_.get(), count)) {
    case SSL_ERROR_WANT_READ: result.wants_input = true; return result;
    case SSL_ERROR_ZERO_RETURN: result.ended = true; return result;
    default: return failure("TLS read failed");
  }
}

bool TlsSession::readable() {
  ERR_clear_error();
  char first = 0;
  const int count = SSL_peek(ssl_.get(), &first, 1);
  const bool waits = count <= 0 && SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return !waits;
}

Result<void> TlsSession::write(std::string_view text) {
  ERR_clear_error();
  // Renegotiation is off and the output is memory, so SSL_write either takes everything or has failed.
  while (!text.empty()) {
    const int count = SSL_write(ssl_.get(), text.data(), length(text.size()));
    if (count <= 0) return failure("TLS write failed");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

void TlsSession::close() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsSession::input(std::string_view records) { BIO_write(in_, records.data(), length(records.size())); }

std::string_view TlsSession::output() const {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  return size > 0 ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

void TlsSession::output_sent() { static_cast<void>(BIO_reset(out_)); }

}  // namespace postern::net
