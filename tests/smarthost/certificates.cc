#include "certificates.h"

#include "base/fd.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <memory>

namespace postern::practice {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Bytes = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr long kDay = 24L * 3600;
constexpr long kCaDays = 3650;

Error tls_error(const std::string& what) {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return {Failure::tls, what + ": " + text};
}

/// What a certificate says; the CA signs itself.
struct Wish {
  std::string common_name;
  std::string alternative_names;  ///< empty: a CA
  long serial = 1;
  long from_days = -1;
  long to_days = 1;
};

bool extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool extend_all(X509* certificate, X509* issuer, const Wish& wish) {
  const bool ca = wish.alternative_names.empty();
  bool good = extend(certificate, issuer, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  good = good && extend(certificate, issuer, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" : "digitalSignature");
  good = good && extend(certificate, issuer, NID_subject_key_identifier, "hash");
  if (ca) return good;
  good = good && extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  good = good && extend(certificate, issuer, NID_ext_key_usage, "serverAuth");
  return good && extend(certificate, issuer, NID_subject_alt_name, wish.alternative_names);
}

Certificate make(const Wish& wish, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  if (!certificate) return nullptr;
  X509* made = certificate.get();
  const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
  bool good = X509_set_version(made, X509_VERSION_3) == 1;
  good = good && ASN1_INTEGER_set(X509_get_serialNumber(made), wish.serial) == 1;
  good = good && X509_gmtime_adj(X509_getm_notBefore(made), wish.from_days * kDay) != nullptr;
  good = good && X509_gmtime_adj(X509_getm_notAfter(made), wish.to_days * kDay) != nullptr;
  good = good && X509_set_pubkey(made, key) == 1;
  X509_NAME* subject = X509_get_subject_name(made);
  good = good && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1;
  X509* by = issuer != nullptr ? issuer : made;
  good = good && X509_set_issuer_name(made, X509_get_subject_name(by)) == 1;
  good = good && extend_all(made, by, wish) && X509_sign(made, issuer_key, EVP_sha256()) > 0;
  if (!good) return nullptr;
  return certificate;
}

Result<void> write_file(const std::string& path, BIO* bytes, mode_t mode) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return system_error(errno, path);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bytes, &text);
  if (::write(fd.get(), text, static_cast<std::size_t>(size)) != size) return system_error(errno, path);
  return {};
}

Result<void> write_certificate(const std::string& path, X509* certificate) {
  const Bytes bytes(BIO_new(BIO_s_mem()));
  if (!bytes || PEM_write_bio_X509(bytes.get(), certificate) != 1) return tls_error(path);
  return write_file(path, bytes.get(), 0644);
}

Result<void> write_key(const std::string& path, EVP_PKEY* key) {
  const Bytes bytes(BIO_new(BIO_s_mem()));
  if (!bytes || PEM_write_bio_PrivateKey(bytes.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return tls_error(path);
  }
  return write_file(path, bytes.get(), 0600);
}

}  // namespace

Result<CertificateFiles> make_certificates(const std::string& directory, const std::string& name, long days) {
  const CertificateFiles files{directory + "/ca.pem", directory + "/cert.pem", directory + "/key.pem"};
  namespace fs = std::filesystem;
  if (fs::exists(files.ca) && fs::exists(files.certificate) && fs::exists(files.key)) return files;

  const Key ca_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  if (!ca_key || !key) return tls_error("cannot make a key");
  const Wish ca_wish{"Practice smarthost CA", "", 1, -kCaDays, kCaDays};
  const Certificate ca = make(ca_wish, ca_key.get(), nullptr, ca_key.get());
  if (!ca) return tls_error("cannot make the CA");
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (!name.empty()) names += ",DNS:" + name;
  const Wish wish{name.empty() ? "localhost" : name, names, 2, std::min(days, 0L) - 1, days};
  const Certificate certificate = make(wish, key.get(), ca.get(), ca_key.get());
  if (!certificate) return tls_error("cannot make the certificate for " + names);

  if (const Result<void> done = write_certificate(files.ca, ca.get()); !done) return done.error();
  if (const Result<void> done = write_certificate(files.certificate, certificate.get()); !done) return done.error();
  if (const Result<void> done = write_key(files.key, key.get()); !done) return done.error();
  return files;
}

}  // namespace postern::practice
