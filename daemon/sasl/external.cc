#include "sasl/mechanisms.h"

#include <utility>

namespace postern::sasl {
namespace {

class External final : public Mechanism {
 public:
  [[nodiscard]] std::string_view name() const override { return "EXTERNAL"; }

  /// Empty: to act as whom the certificate names. Other names are refused by most servers.
  [[nodiscard]] std::optional<std::string> initial() override { return std::string(); }

  /// Whatever the server's prompt says, there is one answer.
  Result<Response> step(const Challenge& challenge) override {
    if (challenge.raw.size() > kLongestLine) return Error{Failure::protocol, "the server's prompt is too long"};
    if (std::exchange(answered_, true)) return Error{Failure::protocol, "the server asks again after the empty answer"};
    return Response{std::string(), true};
  }

 private:
  bool answered_ = false;
};

class ExternalServer final : public ServerMechanism {
 public:
  explicit ExternalServer(std::string user) : user_(std::move(user)) {}

  Answer step(const std::optional<std::string>& response) override {
    if (!response) {
      if (std::exchange(asked_, true)) return Answer{Outcome::failure, {}};
      return Answer{Outcome::challenge, {}};
    }
    const bool right = !user_.empty() && (response->empty() || *response == user_);
    return Answer{right ? Outcome::success : Outcome::failure, {}};
  }

 private:
  std::string user_;
  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_external(std::string_view, const Credentials& credentials, const Situation&) {
  if (!credentials.client_certificate) return nullptr;
  return std::make_unique<External>();
}

std::unique_ptr<ServerMechanism> make_external_server(std::string_view, ServerSide server) {
  return std::make_unique<ExternalServer>(std::move(server.certificate_user));
}

}  // namespace postern::sasl
