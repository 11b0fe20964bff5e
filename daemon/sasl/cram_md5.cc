#include "base/hash.h"
#include "base/text.h"
#include "sasl/mechanisms.h"

#include <utility>

namespace postern::sasl {
namespace {

std::string proof(std::string_view password, std::string_view challenge) { return hex(hmac_md5(password, challenge)); }

class CramMd5 final : public Mechanism {
 public:
  CramMd5(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}

  [[nodiscard]] std::string_view name() const override { return "CRAM-MD5"; }

  [[nodiscard]] std::optional<std::string> initial() override { return std::nullopt; }

  /// The challenge is answered exactly as received, whatever its form: the server signed the same bytes. Only what
  /// cannot be a challenge at all is refused.
  Result<Response> step(const Challenge& challenge) override {
    if (std::exchange(answered_, true)) return Error{Failure::protocol, "the server asks again after the digest"};
    if (challenge.raw.size() > kLongestLine) return Error{Failure::protocol, "the challenge is too long"};
    if (!challenge.decoded) return Error{Failure::protocol, "the challenge is not base64"};
    if (challenge.decoded->empty()) return Error{Failure::protocol, "the challenge is empty"};
    return Response{user_ + ' ' + proof(password_.reveal(), *challenge.decoded), true};
  }

 private:
  std::string user_;
  Secret password_;
  bool answered_ = false;
};

class CramMd5Server final : public ServerMechanism {
 public:
  explicit CramMd5Server(ServerSide server) : server_(std::move(server)) {}

  /// The server speaks first, so an initial response is a fault (RFC 4954 section 4).
  Answer step(const std::optional<std::string>& response) override {
    if (!response) {
      if (std::exchange(asked_, true)) return Answer{Outcome::failure, {}};
      return Answer{Outcome::challenge, server_.challenge_seed};
    }
    const std::size_t blank = response->rfind(' ');  // a user name may hold blanks, the digest does not
    if (!asked_ || blank == std::string::npos) return Answer{Outcome::failure, {}};
    const std::string_view answer = *response;
    const std::optional<std::string> password = password_of(server_, answer.substr(0, blank));
    const bool right = password && same_secret(proof(*password, server_.challenge_seed), answer.substr(blank + 1));
    return Answer{right ? Outcome::success : Outcome::failure, {}};
  }

 private:
  ServerSide server_;
  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_cram_md5(std::string_view, const Credentials& credentials, const Situation&) {
  if (!credentials.password) return nullptr;
  return std::make_unique<CramMd5>(credentials.user, *credentials.password);
}

std::unique_ptr<ServerMechanism> make_cram_md5_server(std::string_view, ServerSide server) {
  return std::make_unique<CramMd5Server>(std::move(server));
}

}  // namespace postern::sasl
