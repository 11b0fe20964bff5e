#include "net/certificate.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/tls_pin.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <ctime>
#include <memory>

namespace postern::net {
namespace {

constexpr int kNamesShown = 8;

std::string_view bytes_of(const ASN1_STRING* text) {
  const auto* data = ASN1_STRING_get0_data(text);
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != 4 && bytes.size() != 16) return "(bad address)";
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string expected_name(X509_STORE_CTX* store) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(store);
  if (const char* host = X509_VERIFY_PARAM_get0_host(parameters, 0); host != nullptr) return host;
  const std::unique_ptr<char, void (*)(char*)> address(X509_VERIFY_PARAM_get1_ip_asc(parameters),
                                                       [](char* text) { OPENSSL_free(text); });
  return address ? address.get() : "the address configured";
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (!out || name == nullptr) return {};
  // Without ESC_MSB, UTF-8 stays readable; printable() makes the rest harmless.
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? printable(std::string_view(data, static_cast<std::size_t>(size))) : std::string();
}

std::string common_name(const X509_NAME* name) {
  int at = -1;
  for (int next = 0; next >= 0;) {
    next = X509_NAME_get_index_by_NID(name, NID_commonName, at);
    if (next >= 0) at = next;
  }
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string shown = printable({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
  OPENSSL_free(text);
  return shown;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::time_t seconds = timegm(&parts);
  return to_rfc3339(WallTime(std::chrono::seconds(seconds)));
}

std::string alternative_names(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  if (!names) return "no name";
  std::string text;
  int shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    std::string one;
    if (name->type == GEN_DNS) one = printable(bytes_of(name->d.dNSName));
    if (name->type == GEN_IPADD) one = address_text(bytes_of(name->d.iPAddress));
    if (one.empty()) continue;
    if (shown == kNamesShown) return text + ", ...";
    if (shown++ > 0) text += ", ";
    text += one;
  }
  return shown == 0 ? "no name" : text;
}

namespace {

/// Nobody that is known vouches for it, or not in a way that is safe, which a pin could make up for.
std::string unvouched(X509_STORE_CTX* store, const std::string& words) {
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  return leaf == nullptr ? words : words + "; " + pin_words(leaf);
}

}  // namespace

std::string verify_failure(X509_STORE_CTX* store) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  const std::string words = X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      X509* leaf = X509_STORE_CTX_get0_cert(store);
      return "hostname mismatch: certificate is for " + alternative_names(leaf) + "; expected " + expected_name(store);
    }
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return words + " (not after " + time_text(X509_get0_notAfter(certificate)) +
             "); or this machine's clock is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return words + " (not before " + time_text(X509_get0_notBefore(certificate)) +
             "); or this machine's clock is wrong";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return unvouched(store,
                       words + " (issuer " + name_text(X509_get_issuer_name(certificate)) + " is not trusted here)");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK: return unvouched(store, words);
    default: return words;
  }
}

}  // namespace postern::net
