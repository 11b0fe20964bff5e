#include "sasl/mechanisms.h"

#include <utility>

namespace postern::sasl {
namespace {

class Login final : public Mechanism {
 public:
  Login(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}

  [[nodiscard]] std::string_view name() const override { return "LOGIN"; }

  /// Nothing: some servers refuse a user name in the AUTH line, none insists on it.
  [[nodiscard]] std::optional<std::string> initial() override { return std::nullopt; }

  /// Servers write every imaginable prompt ("Username:", "User Name\0", nothing), in base64 or in clear, so the order
  /// decides and not the words; but a first prompt for the password means that the user is known already.
  Result<Response> step(const Challenge& challenge) override {
    if (challenge.raw.size() > kLongestLine) return Error{Failure::protocol, "the server's prompt is too long"};
    if (state_ == State::user && read_prompt(challenge).asks == Prompt::Asks::password) state_ = State::password;
    switch (state_) {
      case State::user: state_ = State::password; return Response{user_, true};
      case State::password: state_ = State::done; return Response{std::string(password_.reveal()), true};
      case State::done: break;
    }
    return Error{Failure::protocol, "the server asks again after user and password"};
  }

 private:
  enum class State { user, password, done };
  std::string user_;
  Secret password_;
  State state_ = State::user;
};

class LoginServer final : public ServerMechanism {
 public:
  explicit LoginServer(ServerSide server) : server_(std::move(server)) {}

  /// A user name in the AUTH line is taken, as the common servers do.
  Answer step(const std::optional<std::string>& response) override {
    if (!response) {
      if (std::exchange(asked_, true)) return Answer{Outcome::failure, {}};
      return Answer{Outcome::challenge, "Username:"};
    }
    asked_ = true;
    if (!user_) {
      user_ = *response;
      return Answer{Outcome::challenge, "Password:"};
    }
    const std::optional<std::string> expected = password_of(server_, *user_);
    const bool right = expected && same_secret(*expected, *response);
    return Answer{right ? Outcome::success : Outcome::failure, {}};
  }

 private:
  ServerSide server_;
  std::optional<std::string> user_;
  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_login(std::string_view, const Credentials& credentials, const Situation&) {
  if (!credentials.password) return nullptr;
  return std::make_unique<Login>(credentials.user, *credentials.password);
}

std::unique_ptr<ServerMechanism> make_login_server(std::string_view, ServerSide server) {
  return std::make_unique<LoginServer>(std::move(server));
}

}  // namespace postern::sasl
