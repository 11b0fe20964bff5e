#include "base/base64.h"
#include "base/random.h"
#include "base/text.h"
#include "sasl/mechanisms.h"
#include "sasl/saslprep.h"
#include "sasl/scram.h"

#include <algorithm>
#include <utility>

namespace postern::sasl {
namespace {

constexpr std::size_t kServerNonceBytes = 18;
constexpr std::size_t kSaltBytes = 16;

struct ClientFirst {
  std::string_view gs2_header;  ///< with both commas
  char flag = 'n';              ///< n, y or p
  std::string_view binding;     ///< the name after "p="
  std::string_view bare;
  std::string user;
  std::string_view nonce;
};

/// RFC 5802 section 7, client-first-message.
std::optional<ClientFirst> read_client_first(std::string_view message) {
  const std::size_t flag_end = message.find(',');
  if (flag_end == std::string_view::npos) return std::nullopt;
  const std::size_t header_end = message.find(',', flag_end + 1);
  if (header_end == std::string_view::npos) return std::nullopt;
  ClientFirst first;
  first.gs2_header = message.substr(0, header_end + 1);
  first.bare = message.substr(header_end + 1);
  const std::string_view flag = message.substr(0, flag_end);
  if (flag != "n" && flag != "y" && !(flag.starts_with("p=") && flag.size() > 2)) return std::nullopt;
  first.flag = flag.front();
  if (first.flag == 'p') first.binding = flag.substr(2);

  const auto attributes = scram::parse(first.bare);
  if (!attributes || attributes->size() < 2) return std::nullopt;
  const std::vector<scram::Attribute>& a = *attributes;
  if (a[0].name != 'n' || a[1].name != 'r' || !scram::is_nonce(a[1].value)) return std::nullopt;
  first.nonce = a[1].value;
  std::optional<std::string> user = unescape_name(a[0].value);
  if (!user) return std::nullopt;
  first.user = std::move(*user);
  const std::string_view acting_as = message.substr(flag_end + 1, header_end - flag_end - 1);
  if (!acting_as.empty() && acting_as != "a=" + escape_name(first.user)) return std::nullopt;
  return first;
}

class ScramServer final : public ServerMechanism {
 public:
  ScramServer(bool plus, scram::Hash hash, ServerSide server) : plus_(plus), hash_(hash), server_(std::move(server)) {}

  Answer step(const std::optional<std::string>& response) override {
    if (!response && state_ == State::start) {
      state_ = State::asked;
      return Answer{Outcome::challenge, {}};
    }
    if (!response) return failure();
    switch (state_) {
      case State::start:
      case State::asked: return on_first(*response);
      case State::challenged: return on_final(*response);
      case State::proved: return response->empty() ? Answer{Outcome::success, {}} : failure();
      case State::over: break;
    }
    return failure();
  }

 private:
  enum class State { start, asked, challenged, proved, over };

  Answer failure() {
    state_ = State::over;
    return Answer{Outcome::failure, {}};
  }

  /// The client answers with nothing, and then hears the refusal.
  Answer error(std::string_view code) {
    state_ = State::over;
    return Answer{Outcome::challenge, "e=" + std::string(code)};
  }

  Answer on_first(const std::string& message) {
    const auto first = read_client_first(message);
    if (!first) return error("other-error");
    if (first->flag == 'y' && !server_.bindings.empty()) return error("server-does-support-channel-binding");
    if (plus_ != (first->flag == 'p')) return error("channel-binding-not-supported");
    bound_ = first->gs2_header;
    if (plus_) {
      const auto binding = std::ranges::find(server_.bindings, first->binding, &ChannelBinding::name);
      if (binding == server_.bindings.end()) return error("unsupported-channel-binding-type");
      bound_ += binding->data;
    }
    const std::optional<std::string> password = password_of(server_, first->user);
    known_ = password.has_value();  // who asks for a user that is not there learns so only at the end
    password_ = Secret(prepare_password(password.value_or(std::string())));
    std::string first_message = "r=" + std::string(first->nonce) + rest_of_first();
    messages_ = std::string(first->bare) + ',' + first_message;
    const auto attributes = scram::parse(first_message);
    if (!attributes || attributes->size() < 3) return failure();
    nonce_ = (*attributes)[0].value;
    salt_.bytes = base64_decode((*attributes)[1].value).value_or(std::string());
    salt_.iterations = static_cast<std::uint32_t>(parse_number((*attributes)[2].value).value_or(0));
    state_ = State::challenged;
    return Answer{Outcome::challenge, std::move(first_message)};
  }

  /// Our nonce, salt and count; or as ServerSide::challenge_seed has them.
  [[nodiscard]] std::string rest_of_first() const {
    std::string rest =
        server_.challenge_seed.empty() ? base64_encode(random_bytes(kServerNonceBytes)) : server_.challenge_seed;
    if (rest.find(',') != std::string::npos) return rest;
    rest += ",s=" + base64_encode(random_bytes(kSaltBytes));
    return rest + ",i=" + std::to_string(scram::kFewestIterations);
  }

  Answer on_final(std::string_view message) {
    const auto attributes = scram::parse(message);
    if (!attributes || attributes->size() < 3) return error("other-error");
    const std::vector<scram::Attribute>& a = *attributes;
    if (a[0].name != 'c' || a[1].name != 'r' || a.back().name != 'p') return error("other-error");
    if (base64_decode(a[0].value) != bound_) return error("channel-bindings-dont-match");
    if (a[1].value != nonce_) return error("other-error");
    const std::string_view without_proof = message.substr(0, message.rfind(",p="));
    if (salt_.iterations == 0) return failure();
    const scram::Proof proof =
        scram::prove(hash_, password_.reveal(), salt_, messages_ + ',' + std::string(without_proof));
    const std::optional<std::string> given = base64_decode(a.back().value);
    if (!given || !same_secret(*given, proof.client) || !known_) return error("invalid-proof");
    state_ = State::proved;
    return Answer{Outcome::challenge, "v=" + base64_encode(proof.server)};
  }

  bool plus_;
  scram::Hash hash_;
  ServerSide server_;
  State state_ = State::start;
  bool known_ = false;
  Secret password_;
  std::string bound_;     ///< what c= must encode: the header, and the channel's bytes
  std::string messages_;  ///< the first two messages, as they are signed
  std::string nonce_;
  scram::Salt salt_;
};

}  // namespace

std::unique_ptr<ServerMechanism> make_scram_server(std::string_view name, ServerSide server) {
  const scram::Hash hash = scram::hash_of(name);
  if (hash == nullptr) return nullptr;
  return std::make_unique<ScramServer>(scram::is_plus(name), hash, std::move(server));
}

}  // namespace postern::sasl
