#include "net/http_head.h"

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>

#include <array>
#include <iterator>

namespace postern::net {

namespace http = boost::beast::http;

std::string http_answer(std::string_view status, std::string_view type, std::string_view more, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status,
                     type, body.size(), more, body);
}

std::string http_refusal(std::string_view status, std::string_view more) {
  return http_answer(status, "text/plain; charset=utf-8", more, std::string(status) + "\n");
}

Task<Result<void>> read_http_head(Stream& stream, HttpHead& head, std::uint32_t limit, std::string_view more) {
  head.header_limit(limit);
  std::string pending;
  std::array<char, 2048> piece{};
  while (!head.is_header_done()) {
    const auto count = co_await stream.read_some(piece);
    if (!count) co_return count.error();
    if (*count == 0) co_return Error{Failure::closed, "no request"};
    pending.append(piece.data(), *count);
    if (pending.size() > limit) {
      co_return Error{Failure::limit, http_refusal("431 Request Header Fields Too Large", more)};
    }
    boost::system::error_code code;
    const std::size_t used = head.put(boost::asio::buffer(pending), code);
    pending.erase(0, used);
    if (code == http::error::need_more) continue;
    if (code == http::error::header_limit) {
      co_return Error{Failure::limit, http_refusal("431 Request Header Fields Too Large", more)};
    }
    if (code) co_return Error{Failure::protocol, http_refusal("400 Bad Request", more)};
  }
  co_return Result<void>();
}

std::string_view http_target(const HttpHead& head) {
  const auto target = head.get().target();
  return std::string_view(target.data(), target.size());
}

std::optional<std::string_view> http_host(const HttpHead& head) {
  const auto fields = head.get().equal_range(http::field::host);
  if (std::distance(fields.first, fields.second) != 1) return std::nullopt;
  const auto host = fields.first->value();
  return std::string_view(host.data(), host.size());
}

}  // namespace postern::net
