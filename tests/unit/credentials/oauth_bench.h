// An authorization server that numbers its tokens, and a client of it.
#pragma once

#include "credentials/oauth.h"
#include "support/fake_clock.h"
#include "world.h"

namespace postern::credentials {

inline std::string token_answer(const std::string& token, int expires_in = 3600, const std::string& more = {}) {
  return http_answer("200 OK", R"({"access_token":")" + token + R"(","token_type":"Bearer","expires_in":)" +
                                   std::to_string(expires_in) + more + "}");
}

/// The client has a refresh token.
struct OAuthBench {
  ScratchDir dir;
  boost::asio::io_context loop;
  test::FakeClock clock;
  int issued = 0;
  int life = 3600;
  FakeServer server{loop, [this](const Request&) { return issue(); }};
  OAuth2 client;
  HttpOptions http;
  std::shared_ptr<SecretOrigin> origin;
  Blocking blocking = at_once;
  std::shared_ptr<Redactor> redactor = std::make_shared<Redactor>();

  OAuthBench() {
    client.token_url = server.url("/token");
    client.client_id = "post ern";
    client.refresh_token_file = dir.write("refresh", "refresh-0\n");
  }

  std::string issue() { return token_answer("access-" + std::to_string(++issued), life); }
  void make() { origin = make_oauth_origin(loop.get_executor(), clock, client, blocking, http, redactor); }
  Result<Secret> get(Source::Want want = Source::Want::current) {
    if (!origin) make();
    return wait(loop, origin->get(want));
  }
  std::string token(Source::Want want = Source::Want::current) {
    const auto secret = get(want);
    return secret ? std::string(secret->reveal()) : "error: " + secret.error().text;
  }
  void always(const std::string& bytes) {
    server.answer_with([bytes](const Request&) { return bytes; });
  }
  /// The answers in turn; the last again and again.
  void in_turn(std::vector<std::string> answers) {
    server.answer_with([answers = std::move(answers), next = std::size_t{0}](const Request&) mutable {
      return answers[std::min(next++, answers.size() - 1)];
    });
  }
};

}  // namespace postern::credentials
