#include "net/network_watch.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>
#include <initializer_list>
#include <string>

namespace postern::net {
namespace {

std::string message(std::uint16_t type, const std::string& payload) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + payload.size());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += payload;
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

std::string link(unsigned flags) {
  ifinfomsg info{};
  info.ifi_flags = flags;
  return message(RTM_NEWLINK, std::string(reinterpret_cast<const char*>(&info), sizeof info));
}

bool tells(const std::string& bytes) { return tells_of_network(bytes.data(), bytes.size()); }

TEST(NetworkWatch, AddressesRoutesAndLinksThatRunAreNews) {
  EXPECT_TRUE(tells(message(RTM_NEWADDR, std::string(8, '\0'))));
  EXPECT_TRUE(tells(message(RTM_NEWROUTE, std::string(12, '\0'))));
  EXPECT_TRUE(tells(link(IFF_UP | IFF_RUNNING)));
  EXPECT_FALSE(tells(link(IFF_UP))) << "no cable";
  for (const int type :
       std::initializer_list<int>{RTM_DELADDR, RTM_DELROUTE, RTM_DELLINK, RTM_NEWNEIGH, NLMSG_DONE, NLMSG_ERROR}) {
    EXPECT_FALSE(tells(message(static_cast<std::uint16_t>(type), std::string(32, '\0')))) << type;
  }
  EXPECT_TRUE(tells(link(0) + message(RTM_DELADDR, "12345") + message(RTM_NEWADDR, ""))) << "among others";
}

TEST(NetworkWatch, ADatagramThatIsCutOrBrokenMeansNothingAndIsNotReadBeyond) {
  const std::string whole = link(0) + link(0) + link(IFF_RUNNING);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut(whole, 0, size);  // a copy of its own: a byte read beyond it is found
    EXPECT_FALSE(tells(cut)) << size;
  }
  for (const std::uint32_t length : {0U, 1U, 15U, 1000U, UINT32_MAX}) {
    std::string broken = link(IFF_RUNNING);
    std::memcpy(broken.data(), &length, sizeof length);
    EXPECT_FALSE(tells(broken)) << length;
  }
}

struct Heard {
  Heard() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    kernel = UniqueFd(pair[0]);
    watch.start(UniqueFd(pair[1]));
  }
  void say(const std::string& bytes) {
    EXPECT_EQ(::send(kernel.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  /// How often it was told, once nothing is left to do at once.
  std::size_t told() {
    loop.restart();
    // Not poll(): a timer that is due at once is heard of a moment later. A machine that stands still for such a moment
    // shows nothing to do: it is asked some more times.
    for (int quiet = 0; quiet < 5;) quiet = loop.run_one_for(Milliseconds(20)) > 0 ? 0 : quiet + 1;
    return times;
  }

  boost::asio::io_context loop;
  std::size_t times = 0;
  UniqueFd kernel;
  NetworkWatch watch{loop.get_executor(), [this] { ++times; }, NetworkWatch::Pace{Milliseconds(0), Milliseconds(0)}};
};

TEST(NetworkWatch, ManyMessagesOfANetworkThatComesAreToldTwice) {
  Heard heard;
  for (int i = 0; i < 40; ++i) heard.say(link(IFF_RUNNING));
  EXPECT_EQ(heard.told(), 2U);
  heard.say(link(0));
  EXPECT_EQ(heard.told(), 2U) << "a network that goes is no news";
  heard.say(message(RTM_NEWADDR, ""));
  EXPECT_EQ(heard.told(), 4U);
}

TEST(NetworkWatch, NothingIsToldAfterItWasStopped) {
  Heard heard;
  heard.say(link(IFF_RUNNING));
  heard.watch.stop();
  EXPECT_EQ(heard.told(), 0U);
}

}  // namespace
}  // namespace postern::net
