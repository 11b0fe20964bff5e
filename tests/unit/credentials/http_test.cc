#include "credentials/http.h"

#include "support/run.h"
#include "support/scripted_stream.h"
#include "world.h"

namespace postern::credentials {
namespace {

using test::ScriptedStream;
using testing::HasSubstr;
using testing::StartsWith;

Result<HttpAnswer> read_answer(const std::string& bytes, std::size_t chunk = 4096) {
  ScriptedStream::Options options;
  options.chunk = chunk;
  ScriptedStream::Turn turn;
  turn.say = bytes;
  ScriptedStream stream({turn}, options);
  return test::run(read_http_answer(stream));
}

const std::string kPlain =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"a\":\"bcd\"}";
const std::string kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n6;x=y\r\n\"bcd\"}\r\n0\r\nTrailer: x\r\n\r\n";
const std::string kToTheEnd = "HTTP/1.0 200 OK\r\n\r\n{\"a\":\"bcd\"}";

TEST(HttpAnswer, IsTheSameInWhateverPiecesItArrives) {
  for (const std::string& bytes : {kPlain, kChunked, kToTheEnd}) {
    for (std::size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
      const auto answer = read_answer(bytes, chunk);
      ASSERT_TRUE(answer) << chunk << ": " << answer.error().text;
      EXPECT_EQ(answer->status, 200U);
      EXPECT_EQ(answer->body.reveal(), "{\"a\":\"bcd\"}");
    }
  }
}

TEST(HttpAnswer, ThatIsCutAnywhereIsNoAnswer) {
  for (const std::string& bytes : {kPlain, kChunked}) {
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      const auto answer = read_answer(bytes.substr(0, cut), 7);
      ASSERT_FALSE(answer) << cut;
      EXPECT_EQ(answer.error().failure, Failure::closed) << cut;
    }
  }
}

TEST(HttpAnswer, HasLimitsOfItsHeaderAndBody) {
  const std::string line(1000, 'x');
  std::string header = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 30; ++i) header += "X-" + std::to_string(i) + ": " + line + "\r\n";
  const std::string large(300'000, 'x');
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 300; ++i) chunked += "3e8\r\n" + line + "\r\n";
  for (const std::string& bytes :
       {header + "\r\n", std::string("HTTP/1.1 200 OK\r\nX: ") + large, http_answer("200 OK", large),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n{}"), "HTTP/1.0 200 OK\r\n\r\n" + large,
        chunked, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + large}) {
    for (const std::size_t chunk : {1000UL, 8192UL}) {
      const auto answer = read_answer(bytes, chunk);
      ASSERT_FALSE(answer) << bytes.substr(0, 60);
      EXPECT_EQ(answer.error().failure, Failure::limit) << bytes.substr(0, 60) << answer.error().text;
    }
  }
  const std::string most(200'000, 'x');
  EXPECT_EQ(read_answer(http_answer("200 OK", most))->body.reveal().size(), most.size());
}

TEST(HttpAnswer, ThatIsNotHttpIsRefused) {
  for (const std::string bytes :
       {"220 smtp.example.com ESMTP\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "<html></html>\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    const auto answer = read_answer(bytes);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().failure, Failure::protocol) << bytes << answer.error().text;
  }
}

TEST(PercentEncoding, LeavesOnlyUnreservedBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const bool plain = byte < 128 && (std::isalnum(byte) != 0 || std::string("-._~").find(one) != std::string::npos);
    EXPECT_EQ(percent_encode(one).size(), plain ? 1U : 3U) << byte;
  }
  EXPECT_EQ(percent_encode("a b&c=d+\xC3\xA9"), "a%20b%26c%3Dd%2B%C3%A9");
}

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = *parse_url(url);
  request.form.emplace_back("grant_type", Secret("refresh_token"));
  request.form.emplace_back("refresh_token", Secret("a/b c"));
  request.authorization = Secret("Basic eDp5");
  return request;
}

Result<HttpAnswer> fetch(boost::asio::io_context& loop, const HttpRequest& request, HttpOptions options = {}) {
  return wait(loop, http_exchange(loop.get_executor(), request, std::move(options)));
}

TEST(HttpExchange, PostsAFormAndGetsADocument) {
  boost::asio::io_context loop;
  FakeServer server(loop, [](const Request&) { return http_answer("200 OK", "{}"); });
  const auto answer = fetch(loop, request_to(server.url("/token?x=1")));
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->body.reveal(), "{}");
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(server.requests[0].line, "POST /token?x=1 HTTP/1.1");
  EXPECT_THAT(server.requests[0].head, HasSubstr("\r\nAuthorization: Basic eDp5\r\n"));
  EXPECT_THAT(server.requests[0].head, HasSubstr("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_THAT(server.requests[0].head, HasSubstr("\r\nHost: " + server.url("").substr(7) + "\r\n"));
  EXPECT_EQ(server.requests[0].body, "grant_type=refresh_token&refresh_token=a%2Fb%20c");

  HttpRequest get;
  get.url = *parse_url(server.url("/.well-known/x"));
  ASSERT_TRUE(fetch(loop, get));
  EXPECT_EQ(server.requests[1].line, "GET /.well-known/x HTTP/1.1");
  EXPECT_THAT(server.requests[1].head, testing::Not(HasSubstr("Content-")));
  EXPECT_THAT(server.requests[1].head, testing::Not(HasSubstr("Authorization")));
}

TEST(HttpExchange, GivesUpWhenItsTimeIsOver) {
  boost::asio::io_context loop;
  FakeServer server(loop, [](const Request&) { return std::nullopt; });
  HttpOptions options;
  options.timeout = Milliseconds(50);
  const auto answer = fetch(loop, request_to(server.url("/token")), options);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, Failure::timeout);
  EXPECT_THAT(answer.error().text, StartsWith(server.url("/token") + ": "));
}

TEST(HttpExchange, SaysWhereNobodyListens) {
  boost::asio::io_context loop;
  std::string url;
  {
    const FakeServer server(loop, [](const Request&) { return std::nullopt; });
    url = server.url("/token?secret=x");
  }
  const auto answer = fetch(loop, request_to(url));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, Failure::refused);
  EXPECT_THAT(answer.error().text, StartsWith(url.substr(0, url.find('?')) + ": "));
}

TEST(HttpExchange, SpeaksTlsAndVerifiesChainAndName) {
  boost::asio::io_context loop;
  test::Certificates certificates;
  const auto good = certificates.make("good");
  FakeServer server(
      loop, [](const Request&) { return http_answer("200 OK", "{}"); },
      *net::TlsServer::make(good.certificate, good.key));
  HttpOptions options;
  options.ca_file = certificates.ca_file();
  const auto answer = fetch(loop, request_to(server.url("/token")), options);
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 200U);

  HttpRequest other_name = request_to(server.url("/token"));
  other_name.url.host = "127.0.0.1";
  HttpOptions unknown_authority;
  const test::Certificates others;
  unknown_authority.ca_file = others.ca_file();
  for (const auto& refused :
       {fetch(loop, other_name, options), fetch(loop, request_to(server.url("/")), unknown_authority)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().failure, Failure::tls) << refused.error().text;
  }
  EXPECT_EQ(server.requests.size(), 1U) << "a secret went to a server that was not verified";
}

TEST(HttpExchange, NeverSpeaksHttpToATlsServerOrTlsToAnHttpServer) {
  boost::asio::io_context loop;
  FakeServer server(loop, [](const Request&) { return http_answer("200 OK", "{}"); });
  std::string url = server.url("/token");
  url.replace(0, 4, "https");
  HttpOptions options;
  options.timeout = Milliseconds(200);
  const auto answer = fetch(loop, request_to(url), options);
  ASSERT_FALSE(answer);
  EXPECT_TRUE(server.requests.empty());
}

}  // namespace
}  // namespace postern::credentials
