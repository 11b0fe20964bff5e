// What the two sides of SCRAM share: the form of its messages and its arithmetic (RFC 5802 sections 3 and 7).
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sasl::scram {

/// Counts below make guessing cheap for whoever reads along (RFC 5802 section 5.1 says at least 4,096); counts above
/// let a server burn our processor.
inline constexpr std::uint32_t kFewestIterations = 4096;
inline constexpr std::uint32_t kMostIterations = 600000;

using Hash = const EVP_MD* (*)();

/// The hash of "SCRAM-SHA-256" or "SCRAM-SHA-256-PLUS"; null for any other name.
[[nodiscard]] Hash hash_of(std::string_view mechanism);
[[nodiscard]] bool is_plus(std::string_view mechanism);

struct Attribute {
  char name;
  std::string_view value;
};

/// "a=1,b=2". Nothing unless every part is a letter, "=" and a value (UTF-8 without NUL), and no letter comes twice.
[[nodiscard]] std::optional<std::vector<Attribute>> parse(std::string_view message);

/// Without comma, blank and control (RFC 5802 section 7, "printable"), and not empty.
[[nodiscard]] bool is_nonce(std::string_view text);

struct Salt {
  std::string bytes;
  std::uint32_t iterations = 0;
};

struct Proof {
  std::string client;  ///< ClientProof
  std::string server;  ///< ServerSignature
};

/// Both proofs of one exchange. `password` is prepared. Costs `iterations` rounds of HMAC; safe on any thread.
[[nodiscard]] Proof prove(Hash hash, std::string_view password, const Salt& salt, std::string_view auth_message);

}  // namespace postern::sasl::scram
