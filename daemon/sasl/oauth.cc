#include "base/text.h"
#include "sasl/mechanisms.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace postern::sasl {
namespace {

constexpr char kSeparator = '\x01';  // ^A, between the parts of a message
constexpr std::string_view kBearer = "auth=Bearer ";
constexpr std::size_t kLongestRefusal = 200;

bool is_bearer(std::string_view name) { return iequals(name, "OAUTHBEARER"); }

/// RFC 7628 section 3.1: the header of GS2 without binding, then parts. Host and port are for servers that check what
/// the client thinks it talks to.
std::string bearer_message(const Credentials& credentials, const Situation& situation) {
  std::string message = "n,";
  if (!credentials.user.empty()) message += "a=" + escape_name(credentials.user);
  message.append(",").append(1, kSeparator);
  if (!situation.host.empty()) message.append("host=").append(situation.host).append(1, kSeparator);
  if (situation.port != 0) message.append("port=").append(std::to_string(situation.port)).append(1, kSeparator);
  return message;
}

std::string text_of(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(text->begin(), text->end());
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  return {};
}

/// "invalid_token, scope example_scope" out of the error object (RFC 7628 section 3.2.2; XOAUTH2's is alike). Of what
/// is no such object, its beginning.
std::string refusal_of(std::string_view challenge) {
  boost::system::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(challenge.data(), challenge.size()), error);
  std::string words;
  if (const auto* object = error ? nullptr : value.if_object()) {
    constexpr std::array<std::pair<const char*, const char*>, 4> kKeys{
        {{"status", ""}, {"error", ""}, {"error_description", ""}, {"scope", "scope "}}};
    for (const auto& [key, label] : kKeys) {
      const boost::json::value* member = object->if_contains(key);
      const std::string text = member == nullptr ? std::string() : text_of(*member);
      if (!text.empty()) words.append(words.empty() ? "" : ", ").append(label).append(text);
    }
  }
  if (words.empty()) words = trim(challenge);
  if (words.empty()) words = "the token is refused";
  return printable(std::string_view(words).substr(0, kLongestRefusal));
}

class OAuth final : public Mechanism {
 public:
  /// `message` ends where the token belongs.
  OAuth(std::string_view name, std::string message, Secret token)
      : name_(name), message_(std::move(message)), token_(std::move(token)) {}

  [[nodiscard]] std::string_view name() const override { return name_; }

  [[nodiscard]] std::optional<std::string> initial() override { return whole(); }

  /// An object is the server's error, and the answer to it only gives the server its turn to say 535: nothing in
  /// XOAUTH2, ^A in OAUTHBEARER. Anything else, once, is a prompt.
  Result<Response> step(const Challenge& challenge) override {
    if (challenge.raw.size() > kLongestLine) return Error{Failure::protocol, "the server's challenge is too long"};
    if (!refusal_.empty()) return Error{Failure::protocol, "the server goes on after its error"};
    const std::string& text = challenge.decoded ? *challenge.decoded : challenge.raw;
    if (!trim(text).starts_with('{') && !std::exchange(prompted_, true)) return Response{whole(), true};
    // What is refused may be repeated, and a refusal is shown to people.
    const bool repeats = !token_.empty() && text.find(token_.reveal()) != std::string::npos;
    refusal_ = refusal_of(repeats ? std::string_view() : text);
    return Response{is_bearer(name_) ? std::string(1, kSeparator) : std::string(), true};
  }

  [[nodiscard]] std::string refusal() const override { return refusal_; }

 private:
  [[nodiscard]] std::string whole() const {
    std::string message;
    message.reserve(message_.size() + kBearer.size() + token_.reveal().size() + 2);
    return message.append(message_).append(kBearer).append(token_.reveal()).append(2, kSeparator);
  }

  std::string name_;
  std::string message_;
  Secret token_;
  bool prompted_ = false;
  std::string refusal_;
};

struct Presented {
  std::string user;
  std::string token;
};

/// "key=value" parts that end in ^A, and one more ^A.
std::optional<Presented> read_parts(std::string_view parts, Presented login) {
  if (!parts.ends_with(std::string(2, kSeparator))) return std::nullopt;
  parts.remove_suffix(1);
  while (!parts.empty()) {
    const std::size_t end = parts.find(kSeparator);
    const std::string_view part = parts.substr(0, end);
    if (part.starts_with("user=")) login.user = part.substr(5);
    if (part.starts_with(kBearer)) login.token = part.substr(kBearer.size());
    if (part.find('=') == std::string_view::npos) return std::nullopt;
    parts.remove_prefix(end + 1);
  }
  return login;
}

std::optional<Presented> read_bearer(std::string_view message) {
  const std::size_t header_end = message.find(kSeparator);
  if (header_end == std::string_view::npos) return std::nullopt;
  std::string_view header = message.substr(0, header_end);
  if (header.size() < 3 || !header.starts_with("n,") || !header.ends_with(',')) return std::nullopt;
  header = header.substr(2, header.size() - 3);
  Presented login;
  if (!header.empty()) {
    if (!header.starts_with("a=")) return std::nullopt;
    std::optional<std::string> user = unescape_name(header.substr(2));
    if (!user) return std::nullopt;
    login.user = std::move(*user);
  }
  return read_parts(message.substr(header_end + 1), std::move(login));
}

class OAuthServer final : public ServerMechanism {
 public:
  OAuthServer(bool bearer, ServerSide server) : bearer_(bearer), server_(std::move(server)) {}

  Answer step(const std::optional<std::string>& response) override {
    if (!response) {
      if (refused_ || std::exchange(asked_, true)) return Answer{Outcome::failure, {}};
      return Answer{Outcome::challenge, {}};
    }
    if (refused_) return Answer{Outcome::failure, {}};
    const std::optional<Presented> login = bearer_ ? read_bearer(*response) : read_parts(*response, Presented());
    if (login && server_.token_valid && server_.token_valid(login->user, login->token)) {
      return Answer{Outcome::success, {}};
    }
    refused_ = true;
    return Answer{Outcome::challenge, bearer_ ? R"({"status":"invalid_token","scope":"mail"})"
                                              : R"({"status":"401","schemes":"bearer","scope":"mail"})"};
  }

 private:
  bool bearer_;
  ServerSide server_;
  bool asked_ = false;
  bool refused_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_oauth(std::string_view name, const Credentials& credentials,
                                      const Situation& situation) {
  if (!credentials.token) return nullptr;
  std::string message =
      is_bearer(name) ? bearer_message(credentials, situation) : "user=" + credentials.user + kSeparator;
  return std::make_unique<OAuth>(name, std::move(message), *credentials.token);
}

std::unique_ptr<ServerMechanism> make_oauth_server(std::string_view name, ServerSide server) {
  return std::make_unique<OAuthServer>(is_bearer(name), std::move(server));
}

}  // namespace postern::sasl
