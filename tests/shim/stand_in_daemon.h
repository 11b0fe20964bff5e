// A control socket in a scratch directory with a daemon behind it that gives one answer to everybody.
#pragma once

#include "base/fd.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace postern::shim {

class StandInDaemon {
 public:
  /// `chunk`: octets a write; 0: all at once.
  explicit StandInDaemon(std::string answer, std::size_t chunk = 0) : answer_(std::move(answer)), chunk_(chunk) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~StandInDaemon() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  StandInDaemon(const StandInDaemon&) = delete;
  StandInDaemon& operator=(const StandInDaemon&) = delete;

  [[nodiscard]] std::string path() const { return dir_.path() + "/control.sock"; }
  /// The requests so far; to be read when the answers are.
  [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

 private:
  void serve() {
    while (true) {
      const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
      if (!client) return;
      std::string request;
      std::array<char, 4096> piece{};
      while (!request.ends_with('\n')) {
        const ssize_t count = ::recv(client.get(), piece.data(), piece.size(), 0);
        if (count <= 0) break;
        request.append(piece.data(), static_cast<std::size_t>(count));
      }
      requests_.push_back(request);
      const std::size_t step = chunk_ == 0 ? answer_.size() : chunk_;
      for (std::size_t at = 0; at < answer_.size(); at += step) {
        const std::string part = answer_.substr(at, step);
        if (::send(client.get(), part.data(), part.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }

  test::ScratchDir dir_;
  std::string answer_;
  std::size_t chunk_;
  UniqueFd listener_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace postern::shim
