#include "net/fresh_tls_client.h"

#include <openssl/x509.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

namespace postern::net {
namespace {

/// Differs whenever the file is another one, or was written to, or its mode changed.
std::string state_of(const std::string& path) {
  struct stat status{};
  if (path.empty()) return "none;";
  if (::stat(path.c_str(), &status) != 0) return "error " + std::to_string(errno) + ';';
  std::string text;
  const auto add = [&text](auto number) { text += std::to_string(number) + ','; };
  add(status.st_dev);
  add(status.st_ino);
  add(status.st_size);
  add(status.st_mtim.tv_sec);
  add(status.st_mtim.tv_nsec);
  add(status.st_ctim.tv_sec);
  add(status.st_ctim.tv_nsec);
  return text + ';';
}

/// Where OpenSSL looks, unless the environment says otherwise.
std::string place(const char* variable, const char* otherwise) {
  const char* said = std::getenv(variable);
  return said != nullptr ? said : otherwise;
}

/// A directory changes when a certificate comes or goes.
std::string state_of_authorities(const std::string& ca_file) {
  if (!ca_file.empty()) return state_of(ca_file);
  return state_of(place(X509_get_default_cert_file_env(), X509_get_default_cert_file())) +
         state_of(place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()));
}

}  // namespace

Result<std::shared_ptr<TlsClient>> FreshTlsClient::get() {
  // Looked at before the reading: what changes meanwhile is read again the next time.
  std::string now = state_of(options_.client_certificate) + state_of(options_.client_key) +
                    state_of_authorities(options_.tls_ca_file);
  if (!made_ || now != seen_) {
    made_.reset();
    auto made = TlsClient::make(options_, srv_id_);
    if (!made) return made.error();
    made_ = std::move(*made);
    seen_ = std::move(now);
  }
  if (auto valid = made_->check_dates(); !valid) return valid.error();
  return made_;
}

}  // namespace postern::net
