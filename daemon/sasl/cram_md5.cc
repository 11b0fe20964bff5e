#include "base/digest.h"
#include "sasl/mechanisms.h"

#include <utility>

namespace postern::sasl {
namespace {

std::string proof(std::string_view password, std::string_view challenge) { return hex(hmac_md5(password, challenge)); }

class CramMd5 final : public Mechanism {
 public:
  explicit CramMd5(Credentials credentials) : credentials_(std::move(credentials)) {}

  [[nodiscard]] std::string_view name() const override { return "CRAM-MD5"; }

  [[nodiscard]] std::optional<std::string> initial() override { return std::nullopt; }

  /// The challenge is answered exactly as received, whatever its form: the server signed the same bytes. Only what
  /// cannot be a challenge at all is refused.
  Result<Response> step(const Challenge& challenge) override {
    if (std::exchange(answered_, true)) return Error{Failure::protocol, "the server asks again after the digest"};
    if (challenge.raw.size() > kLongestLine) return Error{Failure::protocol, "the challenge is too long"};
    if (!challenge.decoded) return Error{Failure::protocol, "the challenge is not base64"};
    if (challenge.decoded->empty()) return Error{Failure::protocol, "the challenge is empty"};
    return Response{credentials_.user + ' ' + proof(credentials_.password.reveal(), *challenge.decoded), true};
  }

 private:
  Credentials credentials_;
  bool answered_ = false;
};

class CramMd5Server final : public ServerMechanism {
 public:
  CramMd5Server(PasswordOf password_of, std::string challenge)
      : password_of_(std::move(password_of)), challenge_(std::move(challenge)) {}

  /// The server speaks first, so an initial response is a fault (RFC 4954 section 4).
  Answer step(const std::optional<std::string>& response) override {
    if (!response) {
      if (std::exchange(asked_, true)) return Answer{Outcome::failure, {}};
      return Answer{Outcome::challenge, challenge_};
    }
    const std::size_t blank = response->rfind(' ');  // a user name may hold blanks, the digest does not
    if (!asked_ || blank == std::string::npos) return Answer{Outcome::failure, {}};
    const std::string_view answer = *response;
    const std::optional<std::string> password = password_of_(answer.substr(0, blank));
    const bool right = password && same_secret(proof(*password, challenge_), answer.substr(blank + 1));
    return Answer{right ? Outcome::success : Outcome::failure, {}};
  }

 private:
  PasswordOf password_of_;
  std::string challenge_;
  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_cram_md5(const Credentials& credentials) {
  return std::make_unique<CramMd5>(credentials);
}

std::unique_ptr<ServerMechanism> make_cram_md5_server(PasswordOf password_of, std::string challenge_seed) {
  return std::make_unique<CramMd5Server>(std::move(password_of), std::move(challenge_seed));
}

}  // namespace postern::sasl
