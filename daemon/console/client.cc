#include "console/client.h"

#include "base/fd.h"
#include "base/json_text.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/text.h"
#include "console/pasted_lines.h"
#include "control/exits.h"
#include "control/members.h"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace postern::console {
namespace {

constexpr std::size_t kLineLimit = 64 * 1024 * 1024;  // a message with its body, every byte escaped

Ending unreachable(const std::string& path, int error) {
  const std::string shown = printable(path);
  const std::string why = error == ENOENT ? "there is no such socket" : std::strerror(error);
  if (error == EACCES || error == EPERM)
    return {control::exits::kDenied, fmt::format("you may not use {}: {}", shown, why)};
  return {control::exits::kUnreachable,
          fmt::format("posternd cannot be reached at {}: {}\n"
                      "is posternd running? systemctl status postern (another socket: --socket)",
                      shown, why),
          true};
}

/// `begun`: some of the answer has come.
Ending silent(const std::string& path, bool begun) {
  return {control::exits::kLater,
          fmt::format("posternd at {} runs, or is to start, and does not answer\n"
                      "see systemctl status postern, and journalctl -u postern",
                      printable(path)),
          !begun};
}

/// `begun`: some of it has come.
Ending broken(const std::string& path, std::string_view why, bool begun) {
  return {control::exits::kUnreachable,
          fmt::format("the answer of posternd at {} is not complete: {}\n"
                      "its log says more: journalctl -u postern",
                      printable(path), why),
          !begun};
}

/// A descriptor, or the errno.
struct Opened {
  UniqueFd fd;
  int error = 0;
};

/// Nobody is waited for longer than `patience`, as to a backlog that is full: 0 would be no limit.
Opened open_socket(const std::string& path, Seconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {UniqueFd(), ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return {UniqueFd(), errno};
  const timeval limit{std::max(patience, Seconds(1)).count(), 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
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

/// Lost on the way if posternd has gone: its answer, or the lack of one, says so.
void send_pasted(int fd, const Secret& pasted) {
  boost::json::object request;
  request[control::members::kPasted] = json_text(pasted.reveal());
  std::string line = to_line(request);
  static_cast<void>(send_all(fd, line));
  wipe(line);
}

/// Whether posternd says anything at all, here that it knows no such command.
bool answers(const Exchange& exchange);

class Reader {
 public:
  Reader(int fd, const Exchange& exchange) : fd_(fd), exchange_(exchange), pasted_(exchange.input) {}

  /// The next line without its end. Failures: closed, io, limit.
  Result<std::string> line() {
    while (true) {
      if (const std::size_t end = buffer_.find('\n', searched_); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        searched_ = 0;
        begun_ = true;
        return line;
      }
      searched_ = buffer_.size();
      if (buffer_.size() > kLineLimit) return Error{Failure::limit, "a line of it is too long"};
      if (const Result<void> more = fill(); !more) return more.error();
    }
  }

  /// A line has come.
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  Result<void> fill() {
    const auto begin = std::chrono::steady_clock::now();
    auto asked = begin;
    while (true) {
      const bool pasting = exchange_.pasting && exchange_.pasting();
      std::array<pollfd, 2> ready{pollfd{fd_, POLLIN, 0}, pollfd{pasting ? pasted_.descriptor() : -1, POLLIN, 0}};
      const int count = ::poll(ready.data(), ready.size(), static_cast<int>(next_look(asked).count()));
      if (count < 0 && errno != EINTR) return system_error(errno, "poll");
      if (count > 0 && ready[0].revents != 0) break;
      if (count > 0) {
        pasted_.read([this](const Secret& line, bool whole) { paste(line, whole); });
        continue;
      }
      const auto waited = std::chrono::duration_cast<Seconds>(std::chrono::steady_clock::now() - begin);
      if (std::chrono::steady_clock::now() - asked >= exchange_.patience) {
        if (!answers(exchange_) && ::poll(ready.data(), 1, 0) <= 0) return Error{Failure::timeout, "nothing came"};
        asked = std::chrono::steady_clock::now();
      }
      if (exchange_.on_wait) exchange_.on_wait(waited);
    }
    std::array<char, 64 * 1024> piece;
    const ssize_t got = ::read(fd_, piece.data(), piece.size());
    if (got < 0) return system_error(errno, "read");
    if (got == 0) return Error{Failure::closed, "the connection was closed"};
    buffer_.append(piece.data(), static_cast<std::size_t>(got));
    return {};
  }

  /// About once a second, and when the patience is at its end that began then.
  [[nodiscard]] Milliseconds next_look(std::chrono::steady_clock::time_point begin) const {
    const Milliseconds often = Seconds(1);
    const auto left = std::chrono::ceil<Milliseconds>(begin + exchange_.patience - std::chrono::steady_clock::now());
    return std::clamp(left, Milliseconds(0), often);
  }

  /// A terminal gives no more of a line than it can edit, and drops the rest in silence.
  void paste(const Secret& line, bool whole) const {
    constexpr std::size_t kTerminalsLongest = 4095;
    if (whole && !(line.reveal().size() >= kTerminalsLongest && ::isatty(exchange_.input) == 1)) {
      return send_pasted(fd_, line);
    }
    if (!exchange_.on_trouble) return;
    exchange_.on_trouble(whole ? "The terminal takes lines of up to 4095 bytes, and this one is longer: run `stty "
                                 "-icanon`, then this command anew, and `stty icanon` afterwards."
                               : "That is longer than any such address, and was not sent.");
  }

  int fd_;
  const Exchange& exchange_;
  PastedLines pasted_;
  std::string buffer_;
  std::size_t searched_ = 0;
  bool begun_ = false;
};

int exit_of(const boost::json::object& line, int otherwise) {
  const boost::json::value* exit = line.if_contains("exit");
  if (exit == nullptr || !exit->is_int64()) return otherwise;
  const std::int64_t code = exit->get_int64();
  return code >= 0 && code <= 255 ? static_cast<int>(code) : otherwise;
}

bool answers(const Exchange& exchange) {
  const Opened opened = open_socket(exchange.socket, exchange.patience);
  if (opened.error != 0) return false;
  if (send_all(opened.fd.get(), "{\"command\":\"\"}\n") != 0) return false;
  pollfd ready{opened.fd.get(), POLLIN, 0};
  const auto end = std::chrono::steady_clock::now() + exchange.patience;
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
    const int count = ::poll(&ready, 1, static_cast<int>(std::max(left, Milliseconds(0)).count()));
    if (count < 0 && errno == EINTR) continue;
    return count > 0;
  }
}

}  // namespace

Ending talk(const Exchange& exchange) {
  const Opened opened = open_socket(exchange.socket, exchange.patience);
  if (opened.error == EAGAIN) return silent(exchange.socket, false);
  if (opened.error != 0) return unreachable(exchange.socket, opened.error);
  if (const int error = send_all(opened.fd.get(), to_line(exchange.request)); error != 0) {
    if (error == EAGAIN) return silent(exchange.socket, false);
    return broken(exchange.socket, std::strerror(error), false);
  }
  Reader reader(opened.fd.get(), exchange);
  while (true) {
    const Result<std::string> line = reader.line();
    if (!line && line.error().failure == Failure::timeout) return silent(exchange.socket, reader.begun());
    if (!line) return broken(exchange.socket, line.error().text, reader.begun());
    boost::json::error_code fault;
    const boost::json::value value = boost::json::parse(*line, fault);
    if (fault || !value.is_object()) return broken(exchange.socket, "a line of it is not JSON", true);
    const boost::json::object& object = value.get_object();
    if (const boost::json::value* error = object.if_contains("error")) {
      const std::string text = error->is_string() ? std::string(error->get_string()) : "unknown error";
      return {exit_of(object, control::exits::kInternal), printable(text)};
    }
    if (object.contains("done")) return {exit_of(object, control::exits::kWell), {}};
    exchange.on_line(object);
  }
}

}  // namespace postern::console
