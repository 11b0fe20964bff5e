// A hostile server in a SCRAM exchange. Input: a line that says which mechanism, then one challenge a line; "raw "
// before it: as it came, not base64. "@" in a challenge stands for our nonce, so that the fuzzer finds the way past it.
#include "base/base64.h"
#include "fuzz.h"
#include "sasl/negotiate.h"

#include <algorithm>
#include <optional>
#include <string>

namespace {

using namespace postern;

constexpr std::string_view kNonce = "fyko+d2lbbFgONRv9qkxdawL";
constexpr std::string_view kPassword = "pencil";

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

sasl::Challenge challenge_of(std::string_view line) {
  sasl::Challenge challenge;
  if (line.starts_with("raw ")) {
    challenge.raw = line.substr(4);
    challenge.decoded = base64_decode(challenge.raw);
    return challenge;
  }
  std::string text;
  for (const char c : line) {
    if (c == '@') {
      text += kNonce;
    } else {
      text += c;
    }
  }
  challenge.raw = base64_encode(text);
  challenge.decoded = text;
  return challenge;
}

/// Counts of five and six digits may be taken, and so many rounds of HMAC would leave the fuzzer no time.
bool is_slow(const sasl::Challenge& challenge) {
  const std::string text = challenge.decoded.value_or("");
  const std::size_t at = text.find(",i=");
  if (at == std::string::npos) return false;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", at + 3), text.size());
  return end - at - 3 == 5 || end - at - 3 == 6;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view kind = take_line(rest);
  sasl::Credentials credentials;
  credentials.user = "user";
  credentials.password = Secret(std::string(kPassword));
  sasl::Situation situation;
  situation.nonce = kNonce;
  sasl::ChannelBinding binding;
  binding.name = "tls-exporter";
  binding.data = "bytes";
  situation.bindings.push_back(std::move(binding));
  situation.binding_offered = kind.ends_with("-PLUS");
  const auto mechanism = sasl::make_mechanism(kind.starts_with("SCRAM") ? kind : "SCRAM-SHA-1", credentials, situation);
  if (!mechanism) return 0;
  bool over = false;
  for (int steps = 0; steps < 6 && !rest.empty(); ++steps) {
    const sasl::Challenge challenge = challenge_of(take_line(rest));
    if (is_slow(challenge)) return 0;
    const auto response = mechanism->step(challenge);
    fuzz::check(!over || !response, "no answer after a failure");
    over = over || !response;
    // What the server says comes back as its nonce.
    const bool said = challenge.decoded && challenge.decoded->find(kPassword) != std::string::npos;
    const bool sent = response && response->bytes.find(kPassword) != std::string::npos;
    fuzz::check(said || !sent, "the password is not sent");
    if (!response) fuzz::check(response.error().text.size() < 1000, "errors are short");
    fuzz::check(mechanism->refusal().size() <= 1000, "refusals are short");
    const bool signed_now = response && challenge.decoded && challenge.decoded->starts_with("v=");
    fuzz::check(!mechanism->accepted() || signed_now, "nothing is believed without a signature");
  }
  return 0;
}
