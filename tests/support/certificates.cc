#include "support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace postern::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

Key make_key(std::size_t rsa_bits = 0) {
  // EVP_EC_gen() without its old-style cast.
  std::string curve = "P-256";
  Key key(rsa_bits != 0 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits)
                        : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data()),
          EVP_PKEY_free);
  check(key != nullptr, "cannot make a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr, "cannot make an extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

bool is_address(const std::string& name) {
  return name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
}

std::string alternative_name(const std::string& name) {
  if (name.starts_with("SRV:")) return "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:" + name.substr(4);
  return (is_address(name) ? "IP:" : "DNS:") + name;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string value;
  for (const std::string& name : names) value += (value.empty() ? "" : ",") + alternative_name(name);
  return value;
}

Certificate blank(const std::string& common_name, EVP_PKEY* key, long begins, long ends) {
  static long serial = 1;
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begins);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends);
  X509_set_pubkey(certificate.get(), key);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8, text, -1, -1, 0);
  return certificate;
}

File open_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "w"), std::fclose);
  check(file != nullptr, "cannot write a certificate");
  return file;
}

void write(const std::string& path, X509* certificate) { PEM_write_X509(open_file(path).get(), certificate); }

void write(const std::string& path, EVP_PKEY* key) {
  PEM_write_PrivateKey(open_file(path).get(), key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

struct Certificates::Authority {
  Key key = make_key();
  Certificate certificate = blank("Test Authority", key.get(), -24L * 3600, 24L * 3600);
};

Certificates::Certificates() : authority_(new Authority) {
  std::string pattern = std::filesystem::temp_directory_path() / "postern-test-XXXXXX";
  check(mkdtemp(pattern.data()) != nullptr, "cannot make a directory");
  directory_ = pattern;
  X509* certificate = authority_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  X509_sign(certificate, authority_->key.get(), EVP_sha256());
  write(ca_file(), certificate);
}

Certificates::~Certificates() {
  delete authority_;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Certificates::ca_file() const { return directory_ + "/ca.pem"; }

Certificates::Files Certificates::make(const std::string& name, const CertificateOptions& options) {
  const Key key = make_key(options.rsa_bits);
  const Certificate certificate = blank(name, key.get(), options.begins.count(), options.ends.count());
  X509* issuer = options.self_signed ? certificate.get() : authority_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  add_extension(certificate.get(), issuer, NID_subject_alt_name, alternative_names(options.names));
  X509_sign(certificate.get(), options.self_signed ? key.get() : authority_->key.get(), EVP_sha256());
  Files files{directory_ + "/" + name + ".pem", directory_ + "/" + name + ".key"};
  write(files.certificate, certificate.get());
  write(files.key, key.get());
  std::filesystem::permissions(files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return files;
}

}  // namespace postern::test
