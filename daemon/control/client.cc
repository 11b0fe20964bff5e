#include "control/client.h"

#include "base/fd.h"
#include "base/result.h"
#include "base/text.h"
#include "control/exits.h"
#include "control/values.h"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>

namespace postern::control {
namespace {

constexpr std::size_t kLineLimit = 64 * 1024 * 1024;  // a message with its body, every byte escaped

Ending unreachable(const std::string& path, int error) {
  const std::string shown = printable(path);
  const std::string why = error == ENOENT ? "there is no such socket" : std::strerror(error);
  if (error == EACCES || error == EPERM) return {exits::kDenied, fmt::format("you may not use {}: {}", shown, why)};
  return {exits::kUnreachable, fmt::format("posternd cannot be reached at {}: {}\n"
                                           "is posternd running? systemctl status postern (another socket: --socket)",
                                           shown, why)};
}

Ending broken(const std::string& path, std::string_view why) {
  return {exits::kUnreachable, fmt::format("the answer of posternd at {} is not complete: {}\n"
                                           "its log says more: journalctl -u postern",
                                           printable(path), why)};
}

/// A descriptor, or the errno.
struct Opened {
  UniqueFd fd;
  int error = 0;
};

Opened open_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {UniqueFd(), ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return {UniqueFd(), errno};
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {UniqueFd(), errno};
  return {std::move(fd), 0};
}

int send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return 0;
}

class Reader {
 public:
  Reader(int fd, const std::function<void(Seconds)>& on_wait) : fd_(fd), on_wait_(on_wait) {}

  /// The next line without its end. Failures: closed, io, limit.
  Result<std::string> line() {
    while (true) {
      if (const std::size_t end = buffer_.find('\n', searched_); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        searched_ = 0;
        return line;
      }
      searched_ = buffer_.size();
      if (buffer_.size() > kLineLimit) return Error{Failure::limit, "a line of it is too long"};
      if (const Result<void> more = fill(); !more) return more.error();
    }
  }

 private:
  Result<void> fill() {
    const auto begin = std::chrono::steady_clock::now();
    while (true) {
      pollfd ready{fd_, POLLIN, 0};
      const int count = ::poll(&ready, 1, 1000);
      if (count < 0 && errno != EINTR) return system_error(errno, "poll");
      if (count > 0) break;
      const auto waited = std::chrono::steady_clock::now() - begin;
      if (on_wait_) on_wait_(std::chrono::duration_cast<Seconds>(waited));
    }
    std::array<char, 64 * 1024> piece;
    const ssize_t got = ::read(fd_, piece.data(), piece.size());
    if (got < 0) return system_error(errno, "read");
    if (got == 0) return Error{Failure::closed, "the connection was closed"};
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
    return {};
  }

  int fd_;
  const std::function<void(Seconds)>& on_wait_;
  std::string buffer_;
  std::size_t searched_ = 0;
};

int exit_of(const boost::json::object& line, int otherwise) {
  const boost::json::value* exit = line.if_contains("exit");
  if (exit == nullptr || !exit->is_int64()) return otherwise;
  const std::int64_t code = exit->get_int64();
  return code >= 0 && code <= 255 ? static_cast<int>(code) : otherwise;
}

}  // namespace

Ending talk(const Exchange& exchange) {
  const Opened opened = open_socket(exchange.socket);
  if (opened.error != 0) return unreachable(exchange.socket, opened.error);
  if (const int error = send_all(opened.fd.get(), to_line(exchange.request)); error != 0) {
    return broken(exchange.socket, std::strerror(error));
  }
  Reader reader(opened.fd.get(), exchange.on_wait);
  while (true) {
    const Result<std::string> line = reader.line();
    if (!line) return broken(exchange.socket, line.error().text);
    boost::json::error_code fault;
    const boost::json::value value = boost::json::parse(*line, fault);
    if (fault || !value.is_object()) return broken(exchange.socket, "a line of it is not JSON");
    const boost::json::object& object = value.get_object();
    if (const boost::json::value* error = object.if_contains("error")) {
      const std::string text = error->is_string() ? std::string(error->get_string()) : "unknown error";
      return {exit_of(object, exits::kInternal), printable(text)};
    }
    if (object.contains("done")) return {exit_of(object, exits::kWell), {}};
    exchange.on_line(object);
  }
}

}  // namespace postern::control
