#include "credentials/device_flow.h"

#include "base/redactor.h"
#include "credentials/token_change.h"
#include "support/expected_log.h"
#include "world.h"

namespace postern::credentials {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct LoginBench {
  ScratchDir dir;
  boost::asio::io_context loop;
  std::vector<std::string> polls{http_answer("200 OK", R"({"access_token":"a","refresh_token":"r1","expires_in":9})")};
  std::size_t next = 0;
  std::string code = http_answer(
      "200 OK", R"({"device_code":"device&1","user_code":"WDJB-MJHT","verification_uri":"https://example.com/d",)"
                R"("verification_uri_complete":"https://example.com/d?c=WDJB-MJHT","expires_in":600})");
  std::string metadata;  ///< empty: 404
  std::string metadata_path = "/.well-known/openid-configuration";
  FakeServer server{loop, [this](const Request& request) { return answer(request); }};
  OAuth2 client;
  std::vector<int> slept;
  std::optional<DevicePrompt> prompted;
  Result<void> prompt_says;
  int prompts = 0;
  Blocking blocking = at_once;
  int leaves_after = 1'000'000;  ///< so many prompts the person is there
  Result<void> gone = Error{Failure::closed, "the client is gone"};

  LoginBench() {
    client.token_url = server.url("/token");
    client.device_url = server.url("/device");
    client.client_id = "postern";
    client.refresh_token_file = dir / "refresh";
    client.scope = "smtp offline_access";
  }

  std::string answer(const Request& request) {
    if (request.line == "POST /device HTTP/1.1") return code;
    if (request.line == "POST /token HTTP/1.1") return polls.at(std::min(next++, polls.size() - 1));
    if (request.line == "GET " + metadata_path + " HTTP/1.1" && !metadata.empty()) {
      return http_answer("200 OK", metadata);
    }
    return http_answer("404 Not Found", "");
  }

  static Task<void> pass(LoginBench& bench, Seconds time) {
    bench.slept.push_back(static_cast<int>(time.count()));
    co_return;
  }
  static Task<Result<void>> show(LoginBench& bench, DevicePrompt prompt) {
    if (bench.prompts++ > 0) co_return bench.prompts > bench.leaves_after ? bench.gone : Result<void>();
    bench.prompted = std::move(prompt);
    co_return bench.prompt_says;
  }

  Result<void> login() {
    DeviceWorld world;
    world.http.timeout = Milliseconds(5000);
    world.sleep = [this](Seconds time) { return pass(*this, time); };
    auto prompt = [this](DevicePrompt shown) { return show(*this, std::move(shown)); };
    return wait(loop, device_login_in(world, loop.get_executor(), client, blocking, prompt));
  }
};

TEST(DeviceLogin, ShowsTheCodePollsAndStoresTheRefreshToken) {
  LoginBench bench;
  bench.polls.insert(bench.polls.begin(), 2, refusal("authorization_pending"));
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
  ASSERT_TRUE(bench.prompted);
  EXPECT_EQ(bench.prompted->url, "https://example.com/d");
  EXPECT_EQ(bench.prompted->complete_url, "https://example.com/d?c=WDJB-MJHT");
  EXPECT_EQ(bench.prompted->code, "WDJB-MJHT");
  EXPECT_EQ(bench.prompted->expires, Seconds(600));
  EXPECT_EQ(bench.dir.read("refresh"), "r1\n");
  EXPECT_THAT(bench.slept, ElementsAre(5, 5, 5));
  EXPECT_EQ(bench.server.requests.at(0).body, "scope=smtp%20offline_access&client_id=postern");
  EXPECT_EQ(
      bench.server.requests.at(1).body,
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=device%261&client_id=postern");
}

TEST(DeviceLogin, HoldsUpAStopUntilTheTokenIsStored) {
  LoginBench bench;
  std::vector<std::size_t> counted;
  bench.blocking = [&counted](std::function<Result<std::string>()> function) {
    counted.push_back(TokenChange::under_way());
    return at_once(std::move(function));
  };
  ASSERT_TRUE(bench.login());
  EXPECT_THAT(counted, ElementsAre(1U));
  EXPECT_EQ(TokenChange::under_way(), 0U);
}

TEST(DeviceLogin, RespectsTheIntervalAndSlowsDownWhenToldOrWhenTheServerIsInTrouble) {
  LoginBench bench;
  bench.code = http_answer(
      "200 OK", R"({"device_code":"device-code","user_code":"U","verification_url":"https://e/","interval":2})");
  bench.polls = {refusal("authorization_pending"), refusal("slow_down"), refusal("authorization_pending"),
                 http_answer("503 Later", ""), bench.polls.front()};
  ASSERT_TRUE(bench.login());
  EXPECT_THAT(bench.slept, ElementsAre(2, 2, 7, 7, 12));
  EXPECT_EQ(bench.prompted->url, "https://e/");
}

TEST(DeviceLogin, EndsAsThePersonOrTheTimeDecides) {
  const std::vector<std::tuple<std::string, Failure, std::string>> rows{
      {refusal("access_denied"), Failure::denied, "was refused"},
      {refusal("expired_token"), Failure::timeout, "in time"},
      {refusal("authorization_pending"), Failure::timeout, "in time"},
      {refusal("slow_down"), Failure::timeout, "in time"},
      {http_answer("500 Oops", ""), Failure::timeout, "answered 500"},
      {refusal("invalid_client"), Failure::denied, "client_id"},
      {http_answer("200 OK", R"({"access_token":"a"})"), Failure::protocol, "offline_access"}};
  for (const auto& [poll, failure, words] : rows) {
    LoginBench bench;
    bench.polls = {poll};
    const auto done = bench.login();
    ASSERT_FALSE(done) << poll;
    EXPECT_EQ(done.error().failure, failure) << done.error().text;
    EXPECT_THAT(done.error().text, HasSubstr(words));
    EXPECT_FALSE(std::filesystem::exists(bench.client.refresh_token_file));
    int sum = 0;
    for (const int seconds : bench.slept) sum += seconds;
    EXPECT_LE(sum, 600) << "polls after the code has expired";
  }
}

TEST(DeviceLogin, NeedsAUsableAnswerOfTheDeviceEndpoint) {
  for (const std::string body :
       {R"({"user_code":"U","verification_uri":"https://e/"})",
        R"({"device_code":"device-code","verification_uri":"https://e/"})",
        R"({"device_code":"device-code","user_code":"U"})",
        R"({"device_code":"device\n","user_code":"U","verification_uri":"https://e/"})", "<html>"}) {
    LoginBench bench;
    bench.code = http_answer("200 OK", body);
    const auto done = bench.login();
    ASSERT_FALSE(done) << body;
    EXPECT_EQ(done.error().failure, Failure::protocol);
    EXPECT_FALSE(bench.prompted);
  }
  LoginBench refused;
  refused.code = refusal("unauthorized_client");
  const auto done = refused.login();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::denied);
}

TEST(DeviceLogin, SendsPeopleToGoodAddressesAlone) {
  struct Row {
    std::string uri;
    std::string complete;
    bool good;
  };
  const std::string bad = "http://login.example.com/device";
  const std::vector<Row> rows{{"https://login.example.com/device", "", true},
                              {"https://login.example.com:8443/#/device?x=%20", "", true},
                              {"https://xn--lgin-0ra.example.com/", "", true},
                              {"https://[2001:db8::1]/", "", true},
                              {"http://localhost:8080/device", "http://127.0.0.1/device?c=WDJB-MJHT", true},
                              {"https://e/", "https://e/" + std::string(2000, 'x'), true},
                              {bad, "", false},
                              {"https://login.example.com/", bad, false},
                              {"https://login.example.com/", "https://other@login.example.com/", false},
                              {"javascript:alert(1)", "", false},
                              {"data:text/html,x", "", false},
                              {"file:///etc/passwd", "", false},
                              {"login.example.com/device", "", false},
                              {"https:login.example.com", "", false},
                              {"https://login.example.com@evil.example/", "", false},
                              {"https://login.example.com\\\\@evil.example/", "", false},
                              {"https://evil.example\\\\.login.example.com/", "", false},
                              {"https://login.example.com/\\u001b[2J", "", false},
                              {"https://login.example.com/\\nhttps://evil.example/", "", false},
                              {"https://login.example.com/#\\u202eevil", "", false},
                              {"https://l\\u043egin.example.com/", "", false},
                              {"https://login.example.com/ https://evil.example/", "", false},
                              {"https://e/" + std::string(2100, 'x'), "", false},
                              {"https://e/?code=the-device-code", "", false},
                              {"https://e/", "https://e/?code=the%2Ddevice%2Dcode", false}};
  for (const Row& row : rows) {
    LoginBench bench;
    bench.code =
        http_answer("200 OK", R"({"device_code":"the-device-code","user_code":"WDJB-MJHT","verification_uri":")" +
                                  row.uri + R"(","verification_uri_complete":")" + row.complete + "\"}");
    const auto done = bench.login();
    EXPECT_EQ(done.has_value(), row.good) << row.uri << (done ? "" : done.error().text);
    EXPECT_EQ(bench.prompted.has_value(), row.good) << row.uri;
    if (done) continue;
    EXPECT_EQ(done.error().failure, Failure::protocol);
    EXPECT_THAT(done.error().text, HasSubstr("nobody was logged in"));
    EXPECT_THAT(done.error().text, Not(HasSubstr("\x1B")));
  }
}

TEST(DeviceLogin, ShowsNoCodeThatCouldMisleadOrTellTheDevices) {
  for (const std::string code :
       {"WDJB\\u001b[2J", "WDJB\\nopen another page", "the-device-code", "the%2Ddevice-code"}) {
    LoginBench bench;
    bench.code = http_answer(
        "200 OK", R"({"device_code":"the-device-code","verification_uri":"https://e/","user_code":")" + code + "\"}");
    const auto done = bench.login();
    ASSERT_FALSE(done) << code;
    EXPECT_THAT(done.error().text, HasSubstr("user_code"));
    EXPECT_FALSE(bench.prompted);
  }
}

TEST(DeviceLogin, NothingThatAServerSaysRepeatsASecret) {
  for (const std::string said : {"the-device-code", "the%2ddevice%2Dcode", "dGhlLWRldmljZS1jb2Rl", "s3cret-of-client",
                                 "s3cret\\u002dof\\u002dclient"}) {
    LoginBench bench;
    bench.client.client_secret_file = bench.dir.write("secret", "s3cret-of-client");
    bench.code =
        http_answer("200 OK", R"({"device_code":"the-device-code","user_code":"U","verification_uri":"https://e/"})");
    bench.polls = {
        http_answer("400 Bad Request", R"({"error":"access_denied","error_description":"not )" + said + "\"}")};
    const auto done = bench.login();
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text, HasSubstr(Redactor::kRemark)) << said << ": " << done.error().text;
  }
}

TEST(DeviceLogin, AClientSecretThatIsTooShortStandsInNoLoginsWay) {
  for (const std::string secret : {"x9", "authorization_pending"}) {
    LoginBench bench;
    bench.client.client_secret_file = bench.dir.write("secret", secret);
    bench.metadata = R"({"issuer":")" + bench.server.url("") + R"(","token_endpoint":")" + bench.client.token_url +
                     R"(","device_authorization_endpoint":")" + bench.client.device_url + "\"}";
    bench.client.device_url.clear();
    bench.polls.insert(bench.polls.begin(), 2, refusal("authorization_pending"));
    const auto done = bench.login();
    ASSERT_TRUE(done) << done.error().text;
    EXPECT_EQ(bench.prompted->code, "WDJB-MJHT");
    EXPECT_EQ(bench.dir.read("refresh"), "r1\n");
  }
}

TEST(DeviceLogin, StopsWhenNobodyCanBeShownTheCode) {
  LoginBench bench;
  bench.prompt_says = Error{Failure::cancelled, "hung up"};
  const auto done = bench.login();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::cancelled);
  EXPECT_TRUE(bench.slept.empty());
}

TEST(DeviceLogin, EndsWhenThePersonHasGoneWhileItWaits) {
  LoginBench bench;
  bench.polls = {refusal("authorization_pending")};
  bench.leaves_after = 3;
  const auto done = bench.login();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::closed);
  EXPECT_EQ(bench.slept.size(), 3U);
}

TEST(DeviceLogin, SaysThatALoginCouldNotBeStored) {
  LoginBench bench;
  bench.client.refresh_token_file = bench.dir / "missing/refresh";
  const auto done = bench.login();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, HasSubstr("cannot be stored"));
  EXPECT_THAT(done.error().text, HasSubstr(bench.client.refresh_token_file));
  bench.client.refresh_token_file.clear();
  const auto nowhere = bench.login();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().failure, Failure::invalid);
}

TEST(DeviceLogin, FindsTheDeviceEndpointInTheServersMetadata) {
  for (const std::string path :
       {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
        "/realms/mail/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/realms/mail"}) {
    const bool of_realm = path.find("/realms/mail") != std::string::npos;
    LoginBench bench;
    bench.metadata_path = path;
    bench.client.token_url = bench.server.url("/realms/mail/connect/token");
    bench.metadata = R"({"issuer":")" + bench.server.url(of_realm ? "/realms/mail" : "") + R"(","token_endpoint":")" +
                     bench.client.token_url + R"(","device_authorization_endpoint":")" + bench.client.device_url +
                     "\"}";
    bench.client.device_url.clear();
    bench.server.answer_with([&](const Request& request) {
      const bool token = request.line == "POST /realms/mail/connect/token HTTP/1.1";
      return token ? bench.polls.front() : bench.answer(request);
    });
    const auto done = bench.login();
    ASSERT_TRUE(done) << path << done.error().text;
  }
}

TEST(DeviceLogin, DoesNotTrustMetadataOfAnotherIssuerAndSaysWhatIsMissing) {
  for (
      const std::string& metadata :
      {std::string(), std::string("<html>"), std::string("{}"),
       std::string(
           R"({"token_endpoint":"https://evil.example/token","device_authorization_endpoint":"https://evil.example/d"})")}) {
    LoginBench bench;
    bench.client.device_url.clear();
    bench.metadata = metadata;
    const auto done = bench.login();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().failure, Failure::not_found);
    EXPECT_THAT(done.error().text, HasSubstr("set device_url"));
  }
}

TEST(DeviceLogin, GivesTheClientsSecret) {
  LoginBench bench;
  bench.client.client_secret_file = bench.dir.write("secret", "s3cret");
  ASSERT_TRUE(bench.login());
  for (const Request& request : bench.server.requests) EXPECT_THAT(request.head, HasSubstr("Authorization: Basic "));
  LoginBench scopeless;
  scopeless.client.client_secret_file = scopeless.dir.write("secret", "s3cret");
  scopeless.client.scope.clear();
  ASSERT_TRUE(scopeless.login());
  EXPECT_EQ(scopeless.server.requests.at(0).body, "client_id=postern");
}

}  // namespace
}  // namespace postern::credentials
