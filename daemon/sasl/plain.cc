#include "sasl/mechanisms.h"

#include <utility>

namespace postern::sasl {
namespace {

class Plain final : public Mechanism {
 public:
  Plain(std::string user, Secret password) : user_(std::move(user)), password_(std::move(password)) {}

  [[nodiscard]] std::string_view name() const override { return "PLAIN"; }

  /// The authorization identity stays empty: servers refuse or misread any other (RFC 4616 section 2).
  [[nodiscard]] std::optional<std::string> initial() override {
    std::string message;
    message.reserve(user_.size() + password_.reveal().size() + 2);
    message += '\0';
    message += user_;
    message += '\0';
    message += password_.reveal();
    return message;
  }

  /// A server asks for the message with an empty challenge or with chatter ("334 go on"), even after it has had it
  /// inline. Some old ones ask for user and password one by one, in clear text: they get them as they ask.
  Result<Response> step(const Challenge& challenge) override {
    if (challenge.raw.size() > kLongestLine) return Error{Failure::protocol, "the server's prompt is too long"};
    const Prompt prompt = read_prompt(challenge);
    if (state_ == State::start && prompt.asks == Prompt::Asks::user) {
      state_ = State::user_sent;
      return Response{user_, !prompt.clear};
    }
    if (state_ == State::start) {
      state_ = State::done;
      return Response{*initial(), true};
    }
    if (state_ == State::user_sent) {
      state_ = State::done;
      return Response{std::string(password_.reveal()), !prompt.clear};
    }
    return Error{Failure::protocol, "the server asks again after the whole answer"};
  }

 private:
  enum class State { start, user_sent, done };
  std::string user_;
  Secret password_;
  State state_ = State::start;
};

class PlainServer final : public ServerMechanism {
 public:
  explicit PlainServer(ServerSide server) : server_(std::move(server)) {}

  Answer step(const std::optional<std::string>& response) override {
    if (!response && !asked_) {
      asked_ = true;
      return Answer{Outcome::challenge, {}};
    }
    if (!response) return Answer{Outcome::failure, {}};
    const std::string_view message = *response;
    const std::size_t first = message.find('\0');
    if (first == std::string_view::npos) return Answer{Outcome::failure, {}};
    const std::size_t second = message.find('\0', first + 1);
    if (second == std::string_view::npos) return Answer{Outcome::failure, {}};
    const std::string_view acting_as = message.substr(0, first);
    const std::string_view user = message.substr(first + 1, second - first - 1);
    const std::string_view password = message.substr(second + 1);
    if (user.empty() || password.find('\0') != std::string_view::npos) return Answer{Outcome::failure, {}};
    if (!acting_as.empty() && acting_as != user) return Answer{Outcome::failure, {}};
    const std::optional<std::string> expected = password_of(server_, user);
    const bool right = expected && same_secret(*expected, password);
    return Answer{right ? Outcome::success : Outcome::failure, {}};
  }

 private:
  ServerSide server_;
  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_plain(std::string_view, const Credentials& credentials, const Situation&) {
  if (!credentials.password) return nullptr;
  return std::make_unique<Plain>(credentials.user, *credentials.password);
}

std::unique_ptr<ServerMechanism> make_plain_server(std::string_view, ServerSide server) {
  return std::make_unique<PlainServer>(std::move(server));
}

}  // namespace postern::sasl
