// What the tests of the mechanisms share: credentials, challenges, and a conversation of both sides.
#pragma once

#include "base/base64.h"
#include "sasl/negotiate.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace postern::sasl::test {

inline Credentials with_password(std::string user, std::string password) {
  Credentials credentials;
  credentials.user = std::move(user);
  credentials.password = Secret(std::move(password));
  return credentials;
}

inline Credentials with_token(std::string user, std::string token) {
  Credentials credentials;
  credentials.user = std::move(user);
  credentials.token = Secret(std::move(token));
  return credentials;
}

inline Credentials with_certificate() {
  Credentials credentials;
  credentials.client_certificate = true;
  return credentials;
}

/// A challenge as a server should send it.
inline Challenge encoded(std::string_view text) {
  Challenge challenge;
  challenge.raw = base64_encode(text);
  challenge.decoded = text;
  return challenge;
}

/// A challenge as it came.
inline Challenge raw(std::string text) {
  Challenge challenge;
  challenge.raw = std::move(text);
  challenge.decoded = base64_decode(challenge.raw);
  return challenge;
}

inline ChannelBinding binding(std::string name, std::string data) {
  ChannelBinding result;
  result.name = std::move(name);
  result.data = std::move(data);
  return result;
}

/// A server that knows one user.
inline ServerSide server_of(const Credentials& known) {
  ServerSide side;
  side.password_of = [known](std::string_view user) -> std::optional<std::string> {
    if (user != known.user || !known.password) return std::nullopt;
    return std::string(known.password->reveal());
  };
  side.token_valid = [known](std::string_view user, std::string_view token) {
    return user == known.user && known.token && token == known.token->reveal();
  };
  return side;
}

struct End {
  bool accepted = false;       ///< the server said 235
  std::optional<Error> error;  ///< the client ended it, or does not believe the 235
  std::string refusal;         ///< of the client
};

enum class Initial { with_command, when_asked };

/// Runs both sides against each other as SMTP would.
inline End converse(Mechanism& client, ServerMechanism& server, Initial initial) {
  End end;
  auto answer = server.step(initial == Initial::with_command ? client.initial() : std::nullopt);
  for (int rounds = 0; answer.outcome == ServerMechanism::Outcome::challenge && rounds < 6; ++rounds) {
    const auto response = client.step(encoded(answer.challenge));
    if (!response) {
      end.error = response.error();
      return end;
    }
    answer = server.step(response->bytes);
  }
  end.accepted = answer.outcome == ServerMechanism::Outcome::success;
  end.refusal = client.refusal();
  if (!end.accepted) return end;
  const auto believed = client.accepted();
  if (!believed) end.error = believed.error();
  return end;
}

inline End converse(std::string_view name, const Credentials& credentials, const Situation& situation, ServerSide side,
                    Initial initial) {
  const auto client = make_mechanism(name, credentials, situation);
  const auto server = make_server_mechanism(name, std::move(side));
  return converse(*client, *server, initial);
}

}  // namespace postern::sasl::test
