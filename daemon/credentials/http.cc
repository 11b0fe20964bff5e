#include "credentials/http.h"

#include "base/text.h"
#include "base/unescape.h"
#include "net/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace postern::credentials {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kHeaderLimit = 16U << 10U;
constexpr std::uint64_t kBodyLimit = 256U << 10U;
constexpr std::size_t kPendingLimit = 64U << 10U;  // not yet parsed: a header, a chunk's first line

/// Reserved once: growing would leave copies of secrets in freed memory.
std::string form_text(const Form& form) {
  std::size_t size = 0;
  for (const auto& [name, value] : form) size += 3 * (name.size() + value.reveal().size()) + 2;
  std::string text;
  text.reserve(size);
  for (const auto& [name, value] : form) {
    if (!text.empty()) text += '&';
    text += name;
    text += '=';
    std::string encoded = percent_encode(value.reveal());
    text += encoded;
    wipe(encoded);
  }
  return text;
}

Secret request_text(const HttpRequest& request) {
  std::string form = form_text(request.form);
  std::string text;
  text.reserve(form.size() + request.authorization.reveal().size() + request.url.target.size() + 1024);
  text += request.form.empty() ? "GET " : "POST ";
  text += request.url.target;
  text += " HTTP/1.1\r\nHost: ";
  text += request.url.authority();
  text += "\r\nUser-Agent: postern/" POSTERN_VERSION "\r\nAccept: application/json\r\nConnection: close\r\n";
  if (!request.authorization.empty()) {
    text += "Authorization: ";
    text += request.authorization.reveal();
    text += "\r\n";
  }
  if (!request.form.empty()) {
    text += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ";
    text += std::to_string(form.size());
    text += "\r\n";
  }
  text += "\r\n";
  text += form;
  wipe(form);
  Secret bytes(std::move(text));
  return bytes;
}

/// Bytes in, one answer out.
class AnswerReader {
 public:
  AnswerReader() {
    parser_.header_limit(kHeaderLimit);
    parser_.body_limit(kBodyLimit);
    parser_.eager(true);
    pending_.reserve(kPendingLimit + 8192);
  }
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;
  ~AnswerReader() {
    wipe(pending_);
    wipe(parser_.get().body());
  }

  [[nodiscard]] bool done() const { return parser_.is_done(); }

  Result<void> feed(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty() && !parser_.is_done()) {
      boost::system::error_code code;
      const std::size_t used = parser_.put(boost::asio::buffer(pending_), code);
      pending_.erase(0, used);
      if (!parser_.is_header_done()) header_size_ += used;
      if (code == http::error::need_more) break;
      if (code) return error_of(code);
      if (used == 0) break;
    }
    // Beast's own limit is for what it is shown at once; the last piece is not counted.
    if (header_size_ > kHeaderLimit) return error_of(http::error::header_limit);
    if (!parser_.is_done() && pending_.size() > kPendingLimit) return Error{Failure::limit, "a line is too long"};
    return {};
  }

  Result<void> end() {
    boost::system::error_code code;
    if (parser_.got_some()) parser_.put_eof(code);
    if (code || !parser_.is_done()) return Error{Failure::closed, "the connection ended before the answer did"};
    return {};
  }

  HttpAnswer take() {
    HttpAnswer answer;
    answer.status = parser_.get().result_int();
    const auto location = parser_.get()[http::field::location];
    answer.location.assign(location.data(), location.size());
    answer.body = Secret(std::move(parser_.get().body()));
    return answer;
  }

 private:
  static Error error_of(const boost::system::error_code& code) {
    if (code == http::error::header_limit) return Error{Failure::limit, "its header is over 16 KiB"};
    if (code == http::error::body_limit) return Error{Failure::limit, "its body is over 256 KiB"};
    return Error{Failure::protocol, "its answer is not HTTP: " + code.message()};
  }

  http::response_parser<http::string_body> parser_;
  std::string pending_;
  std::size_t header_size_ = 0;
};

Result<net::ClientOptions> client_options(const Url& url, const HttpOptions& options, SteadyTime end) {
  net::ClientOptions client;
  client.host = url.host;
  client.port = url.port;
  client.deadline = end;
  if (!url.tls) return client;
  net::TlsClient::Options tls;
  tls.tls_ca_file = options.ca_file;
  tls.tls_name = url.host;
  auto context = net::TlsClient::make(tls);
  if (!context) return context.error();
  client.tls = std::move(*context);
  return client;
}

Task<Result<HttpAnswer>> exchange(Executor loop, const HttpRequest& request, const HttpOptions& options) {
  const SteadyTime end = system_clock().steady() + options.timeout;
  auto client = client_options(request.url, options, end);
  if (!client) co_return client.error();
  const auto connected = co_await net::connect(loop, std::move(*client));
  if (!connected) co_return connected.error();
  net::Stream& stream = *connected->stream;
  const auto left = std::chrono::duration_cast<Milliseconds>(end - system_clock().steady());
  stream.expires_after(std::max(left, Milliseconds(0)));
  if (request.url.tls) {
    const auto secured = co_await stream.start_tls();
    if (!secured) co_return secured.error();
  }
  const Secret text = request_text(request);
  const auto written = co_await stream.write(text.reveal());
  // A server that refuses may hang up before it has read all; what it said can still be read.
  const bool readable = written || written.error().failure == Failure::closed || written.error().failure == Failure::io;
  if (!readable) co_return written.error();
  co_return co_await read_http_answer(stream);
}

}  // namespace

Task<Result<HttpAnswer>> read_http_answer(net::Stream& stream) {
  AnswerReader reader;
  std::array<char, 8192> piece{};
  while (!reader.done()) {
    const auto count = co_await stream.read_some(piece);
    if (!count) co_return count.error();
    const auto went = *count == 0 ? reader.end() : reader.feed(std::string_view(piece.data(), *count));
    if (!went) co_return went.error();
  }
  co_return reader.take();
}

std::string percent_encode(std::string_view bytes) { return hex_escaped(bytes, '%', is_unreserved); }

Task<Result<HttpAnswer>> http_exchange(Executor loop, HttpRequest request, HttpOptions options) {
  auto answer = co_await exchange(loop, request, options);
  if (answer) co_return answer;
  Error error = answer.error();
  error.text = request.url.text() + ": " + error.text;
  co_return error;
}

}  // namespace postern::credentials
