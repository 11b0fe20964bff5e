// What the tests of credentials share: an event loop, a directory, and an HTTP server on loopback that says what the
// test wants.
#pragma once

#include "base/text.h"
#include "credentials/make.h"
#include "net/connection.h"
#include "net/listener.h"
#include "support/certificates.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::credentials {

using test::ScratchDir;
using test::wait;

/// On this thread: nothing to wait for in a test.
inline Task<Result<std::string>> at_once(std::function<Result<std::string>()> function) { co_return function(); }

struct Request {
  std::string line;  ///< "POST /token HTTP/1.1"
  std::string head;  ///< all of the header
  std::string body;
};

inline std::string http_answer(const std::string& status, const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string refusal(const std::string& error) {
  return http_answer("400 Bad Request", R"({"error":")" + error + R"("})");
}

/// Answers each request with what `answer` makes of it; without an answer the connection stays open and silent.
class FakeServer {
 public:
  using Answer = std::function<std::optional<std::string>(const Request&)>;

  explicit FakeServer(boost::asio::io_context& loop, Answer answer, std::shared_ptr<net::TlsServer> tls = {})
      : loop_(loop), answer_(std::move(answer)), tls_(tls != nullptr) {
    auto listener = net::Listener::tcp(loop.get_executor(), "127.0.0.1:0");
    listener_ = std::move(*listener);
    const auto accepted = [this](std::unique_ptr<net::Stream> stream, const net::Peer&) {
      spawn(loop_.get_executor(), serve(*this, std::move(stream)), "fake server");
    };
    listener_->start(accepted, std::move(tls), tls_);
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    const std::string address = listener_->address();
    if (!tls_) return "http://" + address + path;
    return "https://localhost" + address.substr(address.rfind(':')) + path;
  }
  void answer_with(Answer answer) { answer_ = std::move(answer); }

  std::vector<Request> requests;

 private:
  static Task<void> serve(FakeServer& server, std::unique_ptr<net::Stream> stream) {
    std::string bytes;
    std::array<char, 4096> piece{};
    while (!complete(bytes)) {
      const auto count = co_await stream->read_some(piece);
      if (!count || *count == 0) co_return;
      bytes.append(piece.data(), *count);
    }
    const std::size_t end = bytes.find("\r\n\r\n");
    Request request;
    request.line = bytes.substr(0, bytes.find("\r\n"));
    request.head = bytes.substr(0, end + 2);
    request.body = bytes.substr(end + 4);
    server.requests.push_back(request);
    const auto answer = server.answer_(request);
    if (!answer) {
      server.silent_.push_back(std::move(stream));
      co_return;
    }
    const auto written = co_await stream->write(*answer);
    static_cast<void>(written);
  }

  static bool complete(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t field = bytes.find("Content-Length: ");
    if (field == std::string::npos || field > end) return true;
    const std::size_t length = std::stoul(bytes.substr(field + 16));
    return bytes.size() >= end + 4 + length;
  }

  boost::asio::io_context& loop_;
  Answer answer_;
  bool tls_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<net::Stream>> silent_;
};

}  // namespace postern::credentials
