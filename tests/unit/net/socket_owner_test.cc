// The kernel is asked about real connections: who holds the other end, and what is nobody's.
#include "net/socket_owner.h"

#include "base/fd.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <tuple>

namespace postern::net {
namespace {

struct Ends {
  UniqueFd listener;
  UniqueFd client;
  UniqueFd served;
};

UniqueFd listen_at(const std::string& address, bool both) {
  const auto at = parse_socket_address(address);
  UniqueFd fd(::socket(at->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int only = both ? 0 : 1;
  if (at->family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  if (::bind(fd.get(), at->get(), at->size) != 0 || ::listen(fd.get(), 8) != 0) return UniqueFd();
  return fd;
}

std::string with_port(const std::string& host, int listener) {
  SocketAddress name;
  ::getsockname(listener, name.get(), &name.size);
  const std::string text = to_text(name);
  return host + text.substr(text.rfind(':'));
}

/// Nothing: there is no such family here.
std::optional<Ends> connect_pair(const std::string& listen, const std::string& host, bool both = false) {
  Ends pair;
  pair.listener = listen_at(listen, both);
  if (!pair.listener) return {};
  const auto to = parse_socket_address(with_port(host, pair.listener.get()));
  pair.client = UniqueFd(::socket(to->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(pair.client.get(), to->get(), to->size) != 0) return {};
  pair.served = UniqueFd(::accept4(pair.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return pair;
}

SocketOwner owner_of(const UniqueFd& served) {
  SocketAddress peer;
  SocketAddress local;
  ::getpeername(served.get(), peer.get(), &peer.size);
  ::getsockname(served.get(), local.get(), &local.size);
  return socket_owner(peer, local);
}

using Kind = SocketOwner::Kind;

TEST(SocketOwner, IsTheUserWhoHoldsTheOtherEndInEveryFamily) {
  for (const auto& [listen, host, both] :
       {std::tuple("127.0.0.1:0", "127.0.0.1", false), std::tuple("127.0.0.2:0", "127.0.0.2", false),
        std::tuple("[::1]:0", "[::1]", false), std::tuple("[::]:0", "127.0.0.1", true),
        std::tuple("[::]:0", "[::ffff:127.0.0.1]", true), std::tuple("0.0.0.0:0", "127.0.0.1", false)}) {
    const auto pair = connect_pair(listen, host, both);
    if (!pair) continue;
    const auto owner = owner_of(pair->served);
    if (owner.kind == Kind::not_told) GTEST_SKIP() << "the kernel does not tell";
    EXPECT_EQ(owner.kind, Kind::user) << listen << " " << host;
    EXPECT_EQ(owner.uid, ::geteuid()) << listen << " " << host;
  }
}

TEST(SocketOwner, AConnectionWhoseOtherEndNobodyHoldsAnyMoreIsNotRoots) {
  auto pair = connect_pair("127.0.0.1:0", "127.0.0.1");
  ASSERT_TRUE(pair);
  if (owner_of(pair->served).kind == Kind::not_told) GTEST_SKIP() << "the kernel does not tell";
  ::shutdown(pair->client.get(), SHUT_WR);
  EXPECT_EQ(owner_of(pair->served).kind, Kind::user) << "it is held still";
  EXPECT_FALSE(was_reset(pair->served.get()));
  pair->client.reset();
  EXPECT_EQ(owner_of(pair->served).kind, Kind::nobody);
}

TEST(SocketOwner, AConnectionThatItsOtherEndResetIsKnownThoughWhatItSentCanBeRead) {
  auto pair = connect_pair("127.0.0.1:0", "127.0.0.1");
  ASSERT_TRUE(pair);
  ASSERT_EQ(::send(pair->client.get(), "EHLO", 4, 0), 4);
  const linger at_once{1, 0};
  ::setsockopt(pair->client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  EXPECT_FALSE(was_reset(pair->served.get()));
  pair->client.reset();
  for (int i = 0; i < 1000 && !was_reset(pair->served.get()); ++i) ::usleep(1000);
  EXPECT_TRUE(was_reset(pair->served.get()));
  EXPECT_NE(owner_of(pair->served).kind, Kind::user);
}

TEST(SocketOwner, AListenerOfThatPortIsNotTheOtherEnd) {
  const auto pair = connect_pair("127.0.0.1:0", "127.0.0.1");
  ASSERT_TRUE(pair);
  const auto listens = parse_socket_address(with_port("127.0.0.1", pair->listener.get()));
  const auto elsewhere = parse_socket_address("127.0.0.1:1");
  EXPECT_EQ(socket_owner(*listens, *elsewhere).kind, Kind::not_told);
  EXPECT_EQ(socket_owner(*parse_socket_address("192.0.2.1:7"), *listens).kind, Kind::not_told);
  EXPECT_EQ(socket_owner(*parse_socket_address("[::1]:7"), *listens).kind, Kind::not_told) << "two families";
  EXPECT_EQ(socket_owner(SocketAddress(), SocketAddress()).kind, Kind::not_told);
}

TEST(SocketOwner, IsAnotherUserWhereAnotherUserConnected) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  const UniqueFd listener = listen_at("127.0.0.1:0", false);
  const auto to = parse_socket_address(with_port("127.0.0.1", listener.get()));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setuid(4242) != 0) ::_exit(1);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(fd, to->get(), to->size) != 0) ::_exit(1);
    char byte = 0;
    static_cast<void>(::read(fd, &byte, 1));
    ::_exit(0);
  }
  UniqueFd served(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const auto owner = owner_of(served);
  served.reset();
  int status = 0;
  ::waitpid(child, &status, 0);
  if (owner.kind == Kind::not_told) GTEST_SKIP() << "the kernel does not tell";
  EXPECT_EQ(owner.uid, 4242U);
}

}  // namespace
}  // namespace postern::net
