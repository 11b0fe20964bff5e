#include "net/network_watch.h"

#include "base/log.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace postern::net {
namespace {

constexpr unsigned kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
constexpr std::size_t kAtOnce = 64;  // datagrams of one wake-up: a storm of them must not hold the loop

UniqueFd subscribe() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return socket;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kGroups;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return UniqueFd();
  return socket;
}

bool is_news(const nlmsghdr& header, const char* payload, std::size_t size) {
  switch (header.nlmsg_type) {
    case RTM_NEWADDR:
    case RTM_NEWROUTE: return true;
    case RTM_NEWLINK: {
      ifinfomsg link{};
      if (size < sizeof link) return false;
      std::memcpy(&link, payload, sizeof link);
      return (link.ifi_flags & IFF_RUNNING) != 0;
    }
    default: return false;
  }
}

}  // namespace

bool tells_of_network(const char* bytes, std::size_t size) {
  while (size >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size) return false;
    if (is_news(header, bytes + NLMSG_HDRLEN, header.nlmsg_len - sizeof header)) return true;
    const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), size);
    bytes += step;
    size -= step;
  }
  return false;
}

struct NetworkWatch::State : std::enable_shared_from_this<State> {
  State(const Executor& loop, std::function<void()> call, Pace how)
      : events(loop), timer(loop), came(std::move(call)), pace(how) {}

  void listen() {
    events.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (error || self->stopped) return;
                        if (self->drain()) self->settle();
                        self->listen();
                      });
  }

  /// True: news among what was there.
  bool drain() {
    std::array<char, 8192> buffer{};
    bool news = false;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      const ssize_t got = ::recv(events.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) {
        news = tells_of_network(buffer.data(), static_cast<std::size_t>(got)) || news;
      } else if (got < 0 && errno == ENOBUFS) {
        news = true;  // some were lost: nobody knows what they told
      } else if (got >= 0 || errno != EINTR) {
        break;
      }
    }
    return news;
  }

  void settle() {
    if (settling) return;
    settling = true;
    wait(pace.settle, true);
  }

  void wait(Milliseconds time, bool again) {
    timer.expires_after(time);
    timer.async_wait([self = shared_from_this(), again](const boost::system::error_code& error) {
      if (error || self->stopped) return;
      if (again) {
        self->settling = false;
        self->wait(self->pace.again, false);
      }
      self->came();
    });
  }

  boost::asio::posix::stream_descriptor events;
  boost::asio::steady_timer timer;
  std::function<void()> came;
  Pace pace;
  bool settling = false;
  bool stopped = false;
};

NetworkWatch::NetworkWatch(Executor loop, std::function<void()> came, Pace pace)
    : state_(std::make_shared<State>(loop, std::move(came), pace)) {}

NetworkWatch::~NetworkWatch() { stop(); }

bool NetworkWatch::start() {
  UniqueFd socket = subscribe();
  if (!socket) {
    log(Level::debug, "the kernel does not tell of networks that come; what waits is tried by its schedule",
        {{"why", std::generic_category().message(errno)}});
    return false;
  }
  start(std::move(socket));
  return true;
}

void NetworkWatch::start(UniqueFd socket) {
  state_->events.assign(socket.release());
  state_->listen();
}

void NetworkWatch::stop() {
  boost::system::error_code ignored;
  state_->stopped = true;
  state_->timer.cancel();
  if (state_->events.is_open()) state_->events.close(ignored);
}

}  // namespace postern::net
