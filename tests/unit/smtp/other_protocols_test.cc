#include "smtp/other_protocols.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::smtp {
namespace {

TEST(OtherProtocols, RequestLinesOfHttpAreKnownAndWordsOfMailAreNot) {
  for (const char* line : {"GET / HTTP/1.1", "POST /x HTTP/1.0", "PUT / HTTP/1.1", "HEAD / HTTP/1.1",
                           "OPTIONS * HTTP/1.1", "CONNECT a:25 HTTP/1.1", "DELETE /a HTTP/1.1", "PATCH / HTTP/1.1",
                           "TRACE / HTTP/1.1", "PRI * HTTP/2.0", "GET /", "GET", "GET\t/ HTTP/1.1",
                           "PROPFIND / HTTP/1.1", "x / HTTP/1.1", "post / HTTP/1.1", " GET / HTTP/1.1"}) {
    EXPECT_TRUE(is_http_request(line)) << line;
  }
  for (const char* line : {"", " ", "EHLO me", "MAIL FROM:<get@example.com>", "RCPT TO:<POST@example.com>", "DATA",
                           "Get well soon", "Subject: GET / HTTP/1.1", "GETTING", "HTTP/1.1 200 OK", "HELP HTTP/",
                           "NOOP a b HTTP/1.1", "VRFY x HTTP", "Host: localhost:25"}) {
    EXPECT_FALSE(is_http_request(line)) << line;
  }
}

TEST(OtherProtocols, ATlsHelloIsKnownByItsFirstTwoOctets) {
  for (const std::string bytes : {"\x16\x03", "\x16\x03\x01", "\x16\x03\x03\x02"}) EXPECT_TRUE(is_tls_hello(bytes));
  for (const std::string bytes : {"", "\x16", "\x16\x02", "\x17\x03", "EHLO me", "\x03\x16"}) {
    EXPECT_FALSE(is_tls_hello(bytes));
  }
}

}  // namespace
}  // namespace postern::smtp
