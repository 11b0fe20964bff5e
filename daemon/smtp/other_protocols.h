// Clients that speak another protocol to an SMTP port: by a slip, or because a web page made somebody's browser do it,
// with SMTP in the body of the request. Nothing that comes behind such a beginning is read as commands. Pure.
#pragma once

#include <string_view>

namespace postern::smtp {

/// A request line of HTTP (RFC 9112 3): it begins with one of its methods (which no command of SMTP is called), or is
/// any word, a target and "HTTP/...", for a client may send methods of its own.
[[nodiscard]] bool is_http_request(std::string_view line);

/// The record of a TLS hello (RFC 8446 5.1). It need not have a line end.
[[nodiscard]] bool is_tls_hello(std::string_view bytes);

}  // namespace postern::smtp
