// Private to credentials/: one HTTP/1.1 request (RFC 9112) on one connection, as authorization servers need it. Nothing
// is followed, kept or cached.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "credentials/url.h"
#include "net/stream.h"

#include <string>
#include <utility>
#include <vector>

namespace postern::credentials {

/// application/x-www-form-urlencoded, in this order.
using Form = std::vector<std::pair<std::string, Secret>>;

/// One name or value of a form (RFC 6749 appendix B): unreserved bytes as they are, all others as %XX.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

struct HttpRequest {
  Url url;
  Form form;             ///< POST; empty: GET
  Secret authorization;  ///< the value of the field; empty: none
};

struct HttpOptions {
  std::string ca_file;           ///< empty: the system's store
  Milliseconds timeout{30'000};  ///< for all of it, from the name's resolution to the last byte
};

struct HttpAnswer {
  unsigned status = 0;
  std::string location;  ///< of a redirection, as received
  Secret body;
};

/// Any status is an answer. Failures: those of net::connect and of the stream; protocol (not HTTP), closed (ended in
/// the middle), limit (header over 16 KiB, body over 256 KiB). The texts name the URL.
Task<Result<HttpAnswer>> http_exchange(Executor loop, HttpRequest request, HttpOptions options);

/// The answer to a request that was sent on the stream.
Task<Result<HttpAnswer>> read_http_answer(net::Stream& stream);

}  // namespace postern::credentials
