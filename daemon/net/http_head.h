// The head of one HTTP/1.1 request (RFC 9112) as the small servers of the daemon read it, and the answer that ends it:
// one request a connection, no bodies.
#pragma once

#include "net/stream.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::net {

using HttpHead = boost::beast::http::request_parser<boost::beast::http::empty_body>;

/// A whole answer. `more` are fields besides those of length and type, each with its line end.
[[nodiscard]] std::string http_answer(std::string_view status, std::string_view type, std::string_view more,
                                      std::string_view body);
/// One whose text is the status.
[[nodiscard]] std::string http_refusal(std::string_view status, std::string_view more = {});

/// Reads a request to the end of its header, which has at most `limit` bytes. Failures: limit and protocol, the text
/// being the whole answer, `more` as in http_answer() and valid as long as this runs; those of the stream, closed if
/// nothing came.
Task<Result<void>> read_http_head(Stream& stream, HttpHead& head, std::uint32_t limit, std::string_view more = {});

/// What the request is for: path and query.
[[nodiscard]] std::string_view http_target(const HttpHead& head);
/// The value of the one Host field there is (RFC 9112 3.2). Nothing: there is none, or there are several.
[[nodiscard]] std::optional<std::string_view> http_host(const HttpHead& head);

}  // namespace postern::net
