#include "metrics/scrape.h"

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <iterator>

namespace postern::metrics {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kRequestLimit = 8U << 10U;

using Parser = http::request_parser<http::empty_body>;

std::string answer(std::string_view status, std::string_view type, std::string_view more, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status,
                     type, body.size(), more, body);
}

std::string refusal(std::string_view status, std::string_view more = {}) {
  return answer(status, "text/plain; charset=utf-8", more, std::string(status) + "\n");
}

/// Reads the request's header. Failures: limit and protocol, the text being the whole answer; those of the stream.
Task<Result<void>> read_request(net::Stream& stream, Parser& parser) {
  std::string pending;
  std::array<char, 2048> piece{};
  while (!parser.is_header_done()) {
    const auto count = co_await stream.read_some(piece);
    if (!count) co_return count.error();
    if (*count == 0) co_return Error{Failure::closed, "no request"};
    pending.append(piece.data(), *count);
    if (pending.size() > kRequestLimit) co_return Error{Failure::limit, refusal("431 Request Header Fields Too Large")};
    boost::system::error_code code;
    const std::size_t used = parser.put(boost::asio::buffer(pending), code);
    pending.erase(0, used);
    if (code == http::error::need_more) continue;
    if (code == http::error::header_limit) {
      co_return Error{Failure::limit, refusal("431 Request Header Fields Too Large")};
    }
    if (code) co_return Error{Failure::protocol, refusal("400 Bad Request")};
  }
  co_return Result<void>();
}

/// Empty: it is for us. A request without the field is of HTTP/1.0, which no browser speaks (RFC 9112 3.2).
std::string misdirected(const Parser& parser, HostCheck& hosts) {
  const auto& request = parser.get();
  const auto fields = request.equal_range(http::field::host);
  const auto count = std::distance(fields.first, fields.second);
  if (count == 0 && request.version() < 11) return {};
  if (count != 1) return refusal("400 Bad Request");
  const auto host = fields.first->value();
  if (hosts.is_ours(std::string_view(host.data(), host.size()), system_clock().steady())) return {};
  return answer(
      "421 Misdirected Request", "text/plain; charset=utf-8", {},
      "This host is not known to be this machine. Ask by localhost, by an address or a name of this machine, or "
      "name the host in metrics_hosts in the settings file.\n");
}

Task<std::string> answer_to(const Parser& parser, const Source& source, HostCheck& hosts) {
  const auto& request = parser.get();
  if (std::string words = misdirected(parser, hosts); !words.empty()) co_return words;
  const std::string_view target(request.target().data(), request.target().size());
  if (target.substr(0, target.find('?')) != "/metrics") co_return refusal("404 Not Found");
  if (request.method() != http::verb::get) co_return refusal("405 Method Not Allowed", "Allow: GET\r\n");
  const auto accept = request[http::field::accept];
  const Format format = format_for(std::string_view(accept.data(), accept.size()));
  const std::string page = co_await source(format);
  co_return answer("200 OK", content_type(format), {}, page);
}

}  // namespace

Format format_for(std::string_view accept) {
  const bool open = accept.find("application/openmetrics-text") != std::string_view::npos;
  const bool other = accept.find("text/plain") != std::string_view::npos;
  return other && !open ? Format::prometheus : Format::openmetrics;
}

Task<void> serve_scrape(std::shared_ptr<net::Stream> stream, Source source, HostCheck& hosts,
                        std::function<void()> asked) {
  Parser parser;
  parser.header_limit(kRequestLimit);
  stream->expires_after(kScrapePatience);
  const auto read = co_await read_request(*stream, parser);
  std::string text;
  if (read) {
    asked();
    text = co_await answer_to(parser, source, hosts);
  } else if (read.error().failure == Failure::limit || read.error().failure == Failure::protocol) {
    text = read.error().text;
  } else {
    co_return;
  }
  stream->expires_after(kScrapePatience);
  static_cast<void>(co_await stream->write(text));
}

}  // namespace postern::metrics
