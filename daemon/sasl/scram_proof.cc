#include "base/ascii.h"
#include "base/secret.h"
#include "base/text.h"
#include "sasl/scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace postern::sasl::scram {
namespace {

struct Family {
  std::string_view mechanism;
  Hash hash;
};
constexpr std::array kFamilies{
    Family{"SCRAM-SHA-1", EVP_sha1},
    Family{"SCRAM-SHA-256", EVP_sha256},
    Family{"SCRAM-SHA-512", EVP_sha512},
};
constexpr std::string_view kPlus = "-PLUS";

using HashBytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

void check(bool succeeded) {
  if (!succeeded) throw std::runtime_error("OpenSSL cannot compute a SCRAM proof");
}

// A null pointer has a meaning of its own in OpenSSL, even with a length of zero.
const char* chars(std::string_view bytes) { return bytes.empty() ? "" : bytes.data(); }
const unsigned char* octets(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(chars(bytes)); }

std::string take(HashBytes& hash, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(hash.data()), size);
  OPENSSL_cleanse(hash.data(), hash.size());
  return bytes;
}

Secret salted_password(const EVP_MD* method, std::string_view password, const Salt& salt) {
  HashBytes out{};
  const int size = EVP_MD_get_size(method);
  check(PKCS5_PBKDF2_HMAC(chars(password), static_cast<int>(password.size()), octets(salt.bytes),
                          static_cast<int>(salt.bytes.size()), static_cast<int>(salt.iterations), method, size,
                          out.data()) == 1);
  return Secret(take(out, static_cast<std::size_t>(size)));
}

std::string hmac(const EVP_MD* method, std::string_view key, std::string_view text) {
  HashBytes out{};
  unsigned int size = 0;
  check(HMAC(method, chars(key), static_cast<int>(key.size()), octets(text), text.size(), out.data(), &size) !=
        nullptr);
  return take(out, size);
}

std::string hashed(const EVP_MD* method, std::string_view text) {
  HashBytes out{};
  unsigned int size = 0;
  check(EVP_Digest(chars(text), text.size(), out.data(), &size, method, nullptr) == 1);
  return take(out, size);
}

}  // namespace

bool is_plus(std::string_view mechanism) {
  return mechanism.size() > kPlus.size() && iequals(mechanism.substr(mechanism.size() - kPlus.size()), kPlus);
}

Hash hash_of(std::string_view mechanism) {
  if (is_plus(mechanism)) mechanism.remove_suffix(kPlus.size());
  for (const Family& family : kFamilies) {
    if (iequals(family.mechanism, mechanism)) return family.hash;
  }
  return nullptr;
}

std::optional<std::vector<Attribute>> parse(std::string_view message) {
  if (!is_utf8(message) || message.find('\0') != std::string_view::npos) return std::nullopt;
  std::vector<Attribute> attributes;
  for (bool more = true; more;) {
    const std::size_t comma = message.find(',');
    const std::string_view part = message.substr(0, comma);
    if (part.size() < 3 || !is_letter(part[0]) || part[1] != '=') return std::nullopt;
    const auto is_same = [&](const Attribute& attribute) { return attribute.name == part[0]; };
    if (std::ranges::any_of(attributes, is_same)) return std::nullopt;
    attributes.push_back(Attribute{part[0], part.substr(2)});
    more = comma != std::string_view::npos;
    message.remove_prefix(more ? comma + 1 : message.size());
  }
  return attributes;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F' && c != ','; });
}

Proof prove(Hash hash, std::string_view password, const Salt& salt, std::string_view auth_message) {
  const EVP_MD* method = hash();
  const Secret salted = salted_password(method, password, salt);
  const Secret client_key(hmac(method, salted.reveal(), "Client Key"));
  const Secret stored_key(hashed(method, client_key.reveal()));
  const Secret server_key(hmac(method, salted.reveal(), "Server Key"));
  Proof proof;
  proof.client = hmac(method, stored_key.reveal(), auth_message);
  const std::string_view key = client_key.reveal();
  for (std::size_t i = 0; i < proof.client.size(); ++i) {
    proof.client[i] =
        static_cast<char>(static_cast<unsigned char>(proof.client[i]) ^ static_cast<unsigned char>(key[i]));
  }
  proof.server = hmac(method, server_key.reveal(), auth_message);
  return proof;
}

}  // namespace postern::sasl::scram
