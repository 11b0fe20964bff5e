#include "sasl/scram.h"

#include "base/base64.h"
#include "base/random.h"
#include "base/text.h"
#include "sasl/mechanisms.h"
#include "sasl/saslprep.h"

#include <utility>

namespace postern::sasl {
namespace {

constexpr std::size_t kNonceBytes = 24;  // 32 characters of base64 without padding
constexpr std::size_t kLongestSalt = 1024;

Error nonsense(std::string_view what) { return Error{Failure::protocol, std::string(what)}; }

/// The binding flag of RFC 5802 section 6. "y" lets a server that did offer -PLUS notice that somebody took it away.
std::string gs2_header(bool plus, const Situation& situation) {
  if (plus) return "p=" + situation.bindings.front().name + ",,";
  const bool missed = !situation.bindings.empty() && situation.binding_allowed && !situation.binding_offered;
  return missed ? "y,," : "n,,";
}

struct ServerFirst {
  std::string_view nonce;
  scram::Salt salt;
};

Result<scram::Salt> read_salt(std::string_view encoded, std::string_view iterations) {
  const std::optional<std::string> bytes = base64_decode(encoded);
  if (!bytes || bytes->size() > kLongestSalt) return nonsense("the server's SCRAM salt is not usable");
  if (iterations.find_first_not_of("0123456789") != std::string_view::npos ||
      (iterations.front() == '0' && iterations.size() > 1)) {
    return nonsense("the server's SCRAM iteration count is not a number");
  }
  const std::optional<std::uint64_t> count = parse_number(iterations);  // nothing: beyond 64 bits
  if (!count || *count < scram::kFewestIterations || *count > scram::kMostIterations) {
    return nonsense("the server asks for " + std::string(iterations.substr(0, 20)) +
                    " SCRAM iterations; only 4096 to 600000 are accepted, fewer would not protect the password");
  }
  scram::Salt salt;
  salt.bytes = *bytes;
  salt.iterations = static_cast<std::uint32_t>(*count);
  return salt;
}

/// "r=,s=,i=" in this order, then extensions that nobody needs to know (RFC 5802 section 5.1). A mandatory one would
/// come first as "m=".
Result<ServerFirst> read_server_first(std::string_view message, std::string_view our_nonce) {
  const auto attributes = scram::parse(message);
  if (!attributes) return nonsense("the server's first SCRAM message is malformed");
  const std::vector<scram::Attribute>& a = *attributes;
  for (const scram::Attribute& attribute : a) {
    if (attribute.name == 'm') return nonsense("the server demands a SCRAM extension that nobody has defined");
  }
  if (a.size() < 3 || a[0].name != 'r' || a[1].name != 's' || a[2].name != 'i') {
    return nonsense("the server's first SCRAM message is not r=, s=, i=");
  }
  ServerFirst first;
  first.nonce = a[0].value;
  if (!scram::is_nonce(first.nonce)) return nonsense("the server's SCRAM nonce holds forbidden characters");
  if (!first.nonce.starts_with(our_nonce)) return nonsense("the server's SCRAM nonce does not begin with ours");
  if (first.nonce.size() == our_nonce.size()) return nonsense("the server added nothing to our SCRAM nonce");
  auto salt = read_salt(a[1].value, a[2].value);
  if (!salt) return salt.error();
  first.salt = std::move(*salt);
  return first;
}

class Scram final : public Mechanism {
 public:
  Scram(std::string_view name, scram::Hash hash, const Credentials& credentials, const Situation& situation)
      : name_(name), hash_(hash), password_(*credentials.password) {
    const bool plus = scram::is_plus(name);
    gs2_header_ = gs2_header(plus, situation);
    if (plus) binding_ = situation.bindings.front().data;
    nonce_ = situation.nonce.empty() ? base64_encode(random_bytes(kNonceBytes)) : situation.nonce;
    first_bare_ = "n=" + escape_name(prepare_name(credentials.user)) + ",r=" + nonce_;
  }

  [[nodiscard]] std::string_view name() const override { return name_; }

  [[nodiscard]] std::optional<std::string> initial() override { return gs2_header_ + first_bare_; }

  Result<Response> step(const Challenge& challenge) override {
    if (challenge.raw.size() > kLongestLine) return fail(nonsense("the server's SCRAM message is too long"));
    if (state_ == State::start && is_go_on(challenge)) {
      state_ = State::asked;
      return Response{gs2_header_ + first_bare_, true};
    }
    if (!challenge.decoded) return fail(nonsense("the server's SCRAM message is not base64"));
    const std::string& message = *challenge.decoded;
    switch (state_) {
      case State::start:
      case State::asked: return message.starts_with("e=") ? on_error(message) : on_first(message);
      case State::proved: return message.starts_with("e=") ? on_error(message) : on_final(message);
      case State::verified:
      case State::over: break;
    }
    return fail(nonsense("the server goes on after the end of the SCRAM exchange"));
  }

  [[nodiscard]] Result<void> accepted() const override {
    if (state_ == State::verified) return {};
    return Error{Failure::tls,
                 "the server accepts the login without having proved that it knows the password (no valid SCRAM "
                 "signature): it may not be the server it claims to be"};
  }

  [[nodiscard]] std::string refusal() const override { return refusal_; }

 private:
  enum class State { start, asked, proved, verified, over };

  Error fail(Error error) {
    state_ = State::over;
    return error;
  }

  Result<Response> on_first(const std::string& message) {
    const auto first = read_server_first(message, nonce_);
    if (!first) return fail(first.error());
    std::string final = "c=" + base64_encode(gs2_header_ + binding_) + ",r=" + std::string(first->nonce);
    Secret password(prepare_password(password_.reveal()));
    const scram::Proof proof =
        scram::prove(hash_, password.reveal(), first->salt, first_bare_ + ',' + message + ',' + final);
    expected_ = proof.server;
    state_ = State::proved;
    final += ",p=" + base64_encode(proof.client);
    return Response{std::move(final), true};
  }

  Result<Response> on_final(const std::string& message) {
    const auto attributes = scram::parse(message);
    if (!attributes || attributes->front().name != 'v') {
      return fail(nonsense("the server's last SCRAM message holds no signature"));
    }
    const std::optional<std::string> signature = base64_decode(attributes->front().value);
    if (!signature || !same_secret(*signature, expected_)) {
      return fail(Error{Failure::tls,
                        "the server's SCRAM signature is wrong: it does not know the password and may not be the "
                        "server it claims to be"});
    }
    state_ = State::verified;
    return Response{std::string(), true};
  }

  /// What says that the channel is not what both sides think ends the session; for the rest the server gets its turn to
  /// refuse the login in SMTP.
  Result<Response> on_error(const std::string& message) {
    state_ = State::over;
    const std::string_view code = std::string_view(message).substr(2, message.find(',') - 2);
    refusal_ = printable(code.substr(0, 200));
    if (code == "channel-bindings-dont-match") {
      return Error{Failure::tls, "the server sees another TLS channel than we do (" + refusal_ +
                                     "): somebody may sit between, or a proxy ends TLS before the server"};
    }
    if (code == "server-does-support-channel-binding") {
      return Error{Failure::tls, "the server offers channel binding but its offer did not reach us (" + refusal_ +
                                     "): somebody may sit between"};
    }
    return Response{std::string(), true};
  }

  std::string name_;
  scram::Hash hash_;
  Secret password_;
  std::string gs2_header_;
  std::string binding_;
  std::string nonce_;
  std::string first_bare_;
  std::string expected_;  ///< ServerSignature
  std::string refusal_;
  State state_ = State::start;
};

}  // namespace

std::unique_ptr<Mechanism> make_scram(std::string_view name, const Credentials& credentials,
                                      const Situation& situation) {
  const scram::Hash hash = scram::hash_of(name);
  if (hash == nullptr || !credentials.password) return nullptr;
  if (scram::is_plus(name) && situation.bindings.empty()) return nullptr;
  return std::make_unique<Scram>(name, hash, credentials, situation);
}

}  // namespace postern::sasl
