#include "credentials/code_flow.h"

#include "base/text.h"
#include "credentials/token_change.h"
#include "support/expected_log.h"
#include "world.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::credentials {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Of one parameter, as it is written.
std::string value_in(const std::string& text, const std::string& name) {
  const std::size_t found = std::min(text.find("&" + name + "="), text.size());
  const std::size_t begin = std::min(found + name.size() + 2, text.size());
  return text.substr(begin, text.find('&', begin) - begin);
}

/// An authorization server, a person with a browser, and the directory of the token.
struct CodeBench {
  ScratchDir dir;
  boost::asio::io_context loop;
  std::string token = http_answer("200 OK", R"({"access_token":"a","refresh_token":"refresh-1","expires_in":9})");
  std::string metadata;  ///< empty: 404
  FakeServer server{loop, [this](const Request& request) { return answer(request); }};
  OAuth2 client;
  CodeWorld world;
  std::vector<BrowserPrompt> prompts;
  std::vector<std::string> told;
  std::function<void(Secret)> pasted;
  /// What the person does once the page is shown.
  std::function<Task<void>(CodeBench&)> person;
  bool leaves = false;
  Blocking blocking = at_once;

  CodeBench() {
    client.token_url = server.url("/token");
    client.auth_url = server.url("/auth?access_type=offline");
    client.client_id = "desktop app";
    client.scope = "https://mail.example.com/";
    client.refresh_token_file = dir / "refresh";
    world.http.timeout = Milliseconds(5000);
    world.patience = Milliseconds(5000);
    world.look = Milliseconds(20);
    world.request = Milliseconds(5000);
  }

  std::optional<std::string> answer(const Request& request) const {
    if (request.line == "POST /token HTTP/1.1") return token;
    if (request.line.find(".well-known") != std::string::npos && !metadata.empty()) {
      return http_answer("200 OK", metadata);
    }
    return http_answer("404 Not Found", "");
  }

  static Task<Result<void>> show(CodeBench& bench, BrowserPrompt prompt) {
    bench.prompts.push_back(std::move(prompt));
    if (bench.prompts.size() > 1) {
      co_return bench.leaves ? Result<void>(Error{Failure::closed, "the client is gone"}) : Result<void>();
    }
    if (bench.person) spawn(bench.loop.get_executor(), bench.person(bench), "person");
    co_return Result<void>();
  }
  static Task<Result<void>> hear(CodeBench& bench, std::string words) {
    bench.told.push_back(std::move(words));
    co_return Result<void>();
  }

  Result<void> login() {
    LoginTalk talk;
    talk.browser = [this](BrowserPrompt prompt) { return show(*this, std::move(prompt)); };
    talk.tell = [this](std::string words) { return hear(*this, std::move(words)); };
    talk.on_pasted = [this](std::function<void(Secret)> heard) { pasted = std::move(heard); };
    return wait(loop, code_login_in(world, loop.get_executor(), client, blocking, talk));
  }

  /// A parameter of the page's address.
  [[nodiscard]] std::string parameter(const std::string& name) const { return value_in(prompts.at(0).url, name); }
  [[nodiscard]] std::string authority() const {
    const std::string& uri = prompts.at(0).redirect;
    return uri.substr(7, uri.size() - 8);
  }
  /// The request that a server makes the browser send.
  [[nodiscard]] std::string back(const std::string& parameters) const {
    return "GET /?" + parameters + " HTTP/1.1\r\nHost: " + authority() + "\r\n\r\n";
  }
  [[nodiscard]] std::string good_back() const { return back("code=c0de&state=" + parameter("state")); }

  std::vector<std::string> answers;
};

Task<std::string> ask_door(CodeBench& bench, std::string request) {
  const std::string authority = bench.authority();
  net::ClientOptions options;
  options.host = "127.0.0.1";
  options.port = static_cast<std::uint16_t>(std::stoul(authority.substr(authority.find(':') + 1)));
  auto connected = co_await net::connect(bench.loop.get_executor(), std::move(options));
  if (!connected) co_return "no connection";
  net::Stream& stream = *connected->stream;
  stream.expires_after(Seconds(5));
  static_cast<void>(co_await stream.write(request));
  std::string answer;
  std::array<char, 4096> piece{};
  for (;;) {
    const auto count = co_await stream.read_some(piece);
    if (!count || *count == 0) break;
    answer.append(piece.data(), *count);
  }
  co_return answer;
}

Task<void> agree(CodeBench& bench) { bench.answers.push_back(co_await ask_door(bench, bench.good_back())); }

TEST(CodeLogin, StoresTheRefreshTokenThatABrowserBroughtACodeFor) {
  CodeBench bench;
  bench.person = agree;
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-1\n");
  const std::string& url = bench.prompts.at(0).url;
  EXPECT_THAT(url, StartsWith(bench.client.auth_url +
                              "&response_type=code&client_id=desktop%20app&redirect_uri=http%3A%2F%2F127.0.0.1%3A"));
  EXPECT_EQ(bench.parameter("scope"), "https%3A%2F%2Fmail.example.com%2F");
  EXPECT_EQ(bench.parameter("code_challenge_method"), "S256");
  EXPECT_EQ(bench.parameter("state").size(), 43U);
  const std::string body = bench.server.requests.back().body;
  EXPECT_THAT(body, StartsWith("grant_type=authorization_code&code=c0de&redirect_uri=http%3A%2F%2F127.0.0.1%3A"));
  const std::string verifier = value_in(body, "code_verifier");
  EXPECT_EQ(verifier.size(), 43U);
  EXPECT_THAT(body, EndsWith("&client_id=desktop%20app"));
  EXPECT_EQ(code_challenge(verifier), bench.parameter("code_challenge"));
  EXPECT_THAT(url, Not(HasSubstr(verifier)));
}

TEST(CodeLogin, HoldsUpAStopUntilTheTokenIsStored) {
  CodeBench bench;
  bench.person = agree;
  std::vector<std::size_t> counted;
  bench.blocking = [&counted](std::function<Result<std::string>()> function) {
    counted.push_back(TokenChange::under_way());
    return at_once(std::move(function));
  };
  ASSERT_TRUE(bench.login());
  EXPECT_THAT(counted, ElementsAre(1U));
  EXPECT_EQ(TokenChange::under_way(), 0U);
}

TEST(CodeLogin, TellsTheBrowserThatItIsDoneAndKeepsTheAddressInIt) {
  CodeBench bench;
  bench.person = agree;
  ASSERT_TRUE(bench.login());
  while (bench.answers.empty() && bench.loop.run_one() > 0) {
  }
  ASSERT_EQ(bench.answers.size(), 1U);
  EXPECT_THAT(bench.answers[0], StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(bench.answers[0], HasSubstr("Referrer-Policy: no-referrer\r\n"));
  EXPECT_THAT(bench.answers[0], HasSubstr("Cache-Control: no-store\r\n"));
}

TEST(CodeLogin, MakesTheChallengeOfRfc7636) {
  EXPECT_EQ(code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(CodeLogin, HasAnotherStateAndVerifierEachTime) {
  std::vector<std::string> seen;
  for (int i = 0; i < 2; ++i) {
    CodeBench bench;
    bench.person = agree;
    ASSERT_TRUE(bench.login());
    seen.push_back(bench.parameter("state"));
    seen.push_back(bench.parameter("code_challenge"));
  }
  EXPECT_NE(seen[0], seen[2]);
  EXPECT_NE(seen[1], seen[3]);
}

Task<void> knock_then_agree(CodeBench& bench) {
  const std::string state = bench.parameter("state");
  const std::string good = "code=c0de&state=" + state;
  const std::string host = "\r\nHost: " + bench.authority() + "\r\n\r\n";
  const std::vector<std::string> hostile{bench.back("code=c0de&state=guess"),
                                         bench.back("error=access_denied&state=guess"),
                                         "GET /?" + good + " HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                                         "GET /?" + good + " HTTP/1.1\r\n\r\n",
                                         "GET /?" + good + " HTTP/1.1\r\nHost: " + bench.authority() + host,
                                         "POST /?" + good + " HTTP/1.1" + host,
                                         "HEAD /?" + good + " HTTP/1.1" + host,
                                         "GET /other?" + good + " HTTP/1.1" + host,
                                         "GET /favicon.ico HTTP/1.1" + host,
                                         "GET http://127.0.0.1/?" + good + " HTTP/1.1" + host,
                                         "GET /?" + good + "&x=" + std::string(20'000, 'x') + " HTTP/1.1" + host,
                                         "EHLO web1.example.net\r\n",
                                         std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x01\r\n\r\n", 16)};
  for (const std::string& request : hostile) bench.answers.push_back(co_await ask_door(bench, request));
  static_cast<void>(co_await ask_door(bench, bench.good_back()));
}

TEST(CodeLogin, WaitsOnWhateverElseKnocksAtTheDoor) {
  CodeBench bench;
  bench.person = knock_then_agree;
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-1\n");
  for (const std::string& answer : bench.answers) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 4"));
    EXPECT_THAT(answer, Not(HasSubstr("c0de")));
    EXPECT_THAT(answer, Not(HasSubstr(bench.parameter("state"))));
  }
  EXPECT_EQ(bench.answers.size(), 13U);
}

Task<void> hold_many_then_agree(CodeBench& bench) {
  std::vector<std::unique_ptr<net::Stream>> held;
  const std::string authority = bench.authority();
  for (int i = 0; i < 40; ++i) {
    net::ClientOptions options;
    options.host = "127.0.0.1";
    options.port = static_cast<std::uint16_t>(std::stoul(authority.substr(authority.find(':') + 1)));
    auto connected = co_await net::connect(bench.loop.get_executor(), std::move(options));
    if (!connected) continue;
    static_cast<void>(co_await connected->stream->write("GET /"));
    held.push_back(std::move(connected->stream));
  }
  bench.answers.push_back(co_await ask_door(bench, bench.good_back()));
}

TEST(CodeLogin, LetsNobodyKeepTheBrowserOutByConnectionsThatSayNothing) {
  CodeBench bench;
  bench.person = hold_many_then_agree;
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
}

Task<void> paste_all(CodeBench& bench) {
  const std::string state = bench.parameter("state");
  const std::string uri = bench.prompts.at(0).redirect;
  boost::asio::steady_timer timer(bench.loop);
  const std::vector<std::string> all{"c0de", uri + "?code=c0de&state=guess", " ",
                                     " " + uri + "?code=c0de&state=" + state + "\r"};
  for (const std::string& pasted : all) {
    bench.pasted(Secret(pasted));
    timer.expires_after(Milliseconds(10));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

TEST(CodeLogin, TakesTheAddressThatAPersonPastes) {
  CodeBench bench;
  bench.person = paste_all;
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(bench.dir.read("refresh"), "refresh-1\n");
  ASSERT_EQ(bench.told.size(), 3U);
  EXPECT_THAT(bench.told[0], HasSubstr(bench.prompts.at(0).redirect));
  EXPECT_THAT(bench.told[1], HasSubstr("its state is not the one of this login. Open the page that is shown above"));
  EXPECT_THAT(bench.told[2], HasSubstr("it is exchanged for a token"));
  for (const std::string& words : bench.told) EXPECT_THAT(words, Not(HasSubstr("c0de")));
  EXPECT_FALSE(bench.pasted) << "nothing more is wanted";
}

Task<void> paste_twice(CodeBench& bench) {
  const std::string good = bench.prompts.at(0).redirect + "?code=c0de&state=" + bench.parameter("state");
  for (const std::string& pasted : {good, good, std::string("what is this?")}) bench.pasted(Secret(pasted));
  co_return;
}

TEST(CodeLogin, FindsNoFaultWithAnAddressThatIsPastedTwice) {
  CodeBench bench;
  bench.person = paste_twice;
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_THAT(bench.told, testing::ElementsAre(HasSubstr("it is exchanged for a token")));
}

Task<void> refuse(CodeBench& bench) {
  const std::string request =
      bench.back("error=access_denied&error_description=c0de%0Aand%1B%5Bmore&state=" + bench.parameter("state"));
  bench.answers.push_back(co_await ask_door(bench, request));
}

TEST(CodeLogin, EndsWhenThePersonSaysNo) {
  CodeBench bench;
  bench.person = refuse;
  const auto done = bench.login();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::denied);
  EXPECT_EQ(
      done.error().text,
      "the login was refused: access_denied (c0de\\x0aand\\x1b[more): somebody, or the provider's rules, said no");
  EXPECT_FALSE(std::filesystem::exists(bench.client.refresh_token_file));
  EXPECT_EQ(bench.server.requests.back().line.find("POST"), std::string::npos) << "no token is asked for";
}

TEST(CodeLogin, EndsWhenNobodyComesOrIsThere) {
  CodeBench nobody;
  nobody.world.patience = Milliseconds(50);
  const auto late = nobody.login();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().failure, Failure::timeout);
  EXPECT_FALSE(nobody.pasted);
  CodeBench gone;
  gone.leaves = true;
  const auto ended = gone.login();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().failure, Failure::closed);
}

TEST(CodeLogin, SaysWhyThereIsNoToken) {
  const std::vector<std::tuple<std::string, Failure, std::string>> rows{
      {refusal("invalid_grant"), Failure::denied, "good once"},
      {refusal("invalid_client"), Failure::denied, "client_id"},
      {http_answer("200 OK", R"({"access_token":"a"})"), Failure::protocol, "access_type=offline"},
      {http_answer("503 Later", ""), Failure::busy, "503"},
      {http_answer("400 No", R"({"error":"invalid_grant","error_description":"no c0de-0123456789"})"), Failure::denied,
       std::string(Redactor::kRemark)}};
  for (const auto& [token, failure, words] : rows) {
    CodeBench bench;
    bench.token = token;
    bench.person = [](CodeBench& it) -> Task<void> {
      const std::string request = it.back("code=c0de-0123456789&state=" + it.parameter("state"));
      static_cast<void>(co_await ask_door(it, request));
    };
    const auto done = bench.login();
    ASSERT_FALSE(done) << token;
    EXPECT_EQ(done.error().failure, failure) << done.error().text;
    EXPECT_THAT(done.error().text, HasSubstr(words));
    EXPECT_THAT(done.error().text, Not(HasSubstr("c0de")));
    EXPECT_FALSE(std::filesystem::exists(bench.client.refresh_token_file));
  }
}

/// What the bench's server says of itself, or says that is another's.
std::string metadata_of(const CodeBench& bench, const std::string& issuer, const std::string& page) {
  return R"({"issuer":")" + issuer + R"(","token_endpoint":")" + bench.client.token_url +
         R"(","authorization_endpoint":")" + page + R"(","authorization_response_iss_parameter_supported":true})";
}

Task<void> agree_by_name(CodeBench& bench) {
  const std::string request =
      bench.back("code=c0de&state=" + bench.parameter("state") + "&iss=" + percent_encode(bench.server.url("")));
  bench.answers.push_back(co_await ask_door(bench, request));
}

TEST(CodeLogin, FindsItsPageAndTheServersNameInTheMetadata) {
  CodeBench bench;
  bench.client.auth_url.clear();
  const std::string issuer = bench.server.url("");
  const std::string auth = bench.server.url("/auth");
  bench.metadata = metadata_of(bench, issuer, auth);
  bench.person = agree;
  const test::ExpectLog warned("from another server than the one it was sent to");
  const auto done = bench.login();
  ASSERT_FALSE(done) << "the answer names no server";
  EXPECT_EQ(done.error().failure, Failure::denied);
  EXPECT_THAT(done.error().text, HasSubstr("not from " + issuer));
  EXPECT_THAT(bench.prompts.at(0).url, StartsWith(auth + "?response_type=code&"));

  CodeBench nothing;
  nothing.client.auth_url.clear();
  const auto nowhere = nothing.login();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().failure, Failure::not_found);
  EXPECT_THAT(nowhere.error().text, HasSubstr("set auth_url"));
}

TEST(CodeLogin, TakesTheCodeOfAServerThatNamesItselfWhicheverPageIsConfigured) {
  CodeBench bench;
  bench.metadata = metadata_of(bench, bench.server.url(""), bench.server.url("/another/name/of/the/page"));
  bench.person = agree_by_name;
  const auto done = bench.login();
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_THAT(bench.prompts.at(0).url, StartsWith(bench.client.auth_url));
  CodeBench nameless;
  nameless.metadata = metadata_of(nameless, nameless.server.url(""), nameless.client.auth_url);
  nameless.person = agree;
  const test::ExpectLog warned("from another server than the one it was sent to");
  EXPECT_EQ(nameless.login().error().failure, Failure::denied);
}

// RFC 8414 3.3
TEST(CodeLogin, UsesNothingOfMetadataThatNamesAnotherIssuerThanItsPlace) {
  CodeBench bench;
  bench.client.auth_url.clear();
  bench.metadata = metadata_of(bench, "https://other.example", bench.server.url("/auth"));
  const auto nowhere = bench.login();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().failure, Failure::not_found);
  EXPECT_THAT(nowhere.error().text, HasSubstr("/.well-known/oauth-authorization-server says that it is of "
                                              "https://other.example, which is not its place, and is not used"));
  CodeBench configured;
  configured.metadata = metadata_of(configured, "https://other.example", configured.client.auth_url);
  configured.person = agree;
  EXPECT_TRUE(configured.login()) << "its page is configured, and it does not say that it names itself";
}

TEST(CodeLogin, AsksTheTokenEndpointsHostWhereThatOfThePageDoesNotAnswer) {
  CodeBench bench;
  bench.client.auth_url = "http://127.0.0.1:1/auth";  // the browser may reach it
  bench.metadata = metadata_of(bench, bench.server.url(""), bench.client.auth_url);
  bench.person = agree;
  const test::ExpectLog warned("from another server than the one it was sent to");
  const auto done = bench.login();
  ASSERT_FALSE(done) << "its metadata says that it names itself";
  EXPECT_EQ(done.error().failure, Failure::denied);
}

TEST(CodeLogin, SendsNobodyToAnAddressThatIsNotGood) {
  for (const std::string page : {"http://login.example.com/", "https://login.example.com/#/auth",
                                 "https://login.example.com/?prompt=none&state=mine"}) {
    CodeBench found;
    found.client.auth_url.clear();
    found.metadata = metadata_of(found, found.server.url(""), page);
    const auto done = found.login();
    ASSERT_FALSE(done) << page;
    EXPECT_EQ(done.error().failure, Failure::protocol);
    EXPECT_TRUE(found.prompts.empty());
  }
}

TEST(CodeLogin, SetsEachParameterOnce) {
  EXPECT_TRUE(check_page("https://login.example.com/auth?access_type=offline&prompt=consent&scopes=x&my_state=y"));
  EXPECT_FALSE(check_page("https://login.example.com/auth#x"));
  for (const std::string_view name : kLoginParameters) {
    for (const std::string before : {"?", "?a=b&"}) {
      for (const std::string after : {"", "=", "=x&a=b"}) {
        const auto good = check_page("https://login.example.com/auth" + before + std::string(name) + after);
        ASSERT_FALSE(good) << name;
        EXPECT_THAT(good.error().text, HasSubstr(std::string(name)));
      }
    }
  }
}

TEST(CodeLogin, NeedsAPlaceForTheToken) {
  CodeBench bench;
  bench.client.refresh_token_file.clear();
  const auto done = bench.login();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::invalid);
}

}  // namespace
}  // namespace postern::credentials
