// Hashes by OpenSSL. Every function gives raw bytes; hex() of base/text.h makes them text.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace postern {

/// HMAC-MD5 (RFC 2104), for CRAM-MD5 only.
[[nodiscard]] std::string hmac_md5(std::string_view key, std::string_view text);

/// SHA-256 fed in pieces.
class Sha256 {
 public:
  static constexpr std::size_t kHexLength = 64;

  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  /// 32 raw bytes. The object is of no further use.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern
