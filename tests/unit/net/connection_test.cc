// The one room whose tests use real sockets: loopback, port 0, a scratch directory.
#include "net/connection.h"

#include "base/endpoint.h"
#include "base/fd.h"
#include "net/listener.h"
#include "net/socket_address.h"
#include "support/certificates.h"
#include "support/expected_log.h"
#include "support/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace postern::net {
namespace {

using test::Certificates;
using testing::HasSubstr;
using testing::StartsWith;

/// A server that greets, and then says back what it hears; "STARTTLS" makes it begin TLS.
Task<void> echo(std::unique_ptr<Stream> stream) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = co_await stream->read_some(buffer);
    if (!count || *count == 0) co_return;
    const std::string text(buffer.data(), *count);
    const auto written = co_await stream->write(text);
    if (!written) co_return;
    if (text != "STARTTLS") continue;
    const auto secured = co_await stream->start_tls();
    if (!secured) co_return;
  }
}

Task<Result<std::string>> ask(Stream& stream, std::string question) {
  const auto written = co_await stream.write(question);
  if (!written) co_return written.error();
  std::string answer(question.size(), '\0');
  std::size_t have = 0;
  while (have < answer.size()) {
    const std::span<char> room = std::span<char>(answer).subspan(have);
    const auto count = co_await stream.read_some(room);
    if (!count) co_return count.error();
    if (*count == 0) break;
    have += *count;
  }
  answer.resize(have);
  co_return answer;
}

/// Takes a little, says a word and hangs up on what is still coming.
Task<void> refuse_in_the_middle(std::unique_ptr<Stream> stream) {
  std::array<char, 512> buffer{};
  const auto count = co_await stream->read_some(buffer);
  EXPECT_TRUE(count && *count > 0);
  const auto written = co_await stream->write("552 too big\r\n");
  EXPECT_TRUE(written.has_value());
}

struct World {
  boost::asio::io_context loop;
  Certificates certificates;
  std::unique_ptr<Listener> listener;
  std::vector<Peer> peers;
  std::vector<std::unique_ptr<Stream>> silent;
  ClientOptions options;
  bool refuses = false;

  enum class Server { echo, silent };

  void serve(Result<std::unique_ptr<Listener>> made, Server kind = Server::echo, std::shared_ptr<TlsServer> tls = {},
             bool implicit = false) {
    listener = std::move(*made);
    const auto accepted = [this, kind](std::unique_ptr<Stream> stream, Peer peer) {
      peers.push_back(std::move(peer));
      if (kind == Server::silent) return silent.push_back(std::move(stream));
      auto talk = refuses ? refuse_in_the_middle(std::move(stream)) : echo(std::move(stream));
      spawn(loop.get_executor(), std::move(talk), "server");
    };
    listener->start(accepted, std::move(tls), implicit);
    const auto address = NumericEndpoint::parse(listener->address());
    if (!address) return;
    options.host = "127.0.0.1";
    options.port = address->port;
  }

  void serve_tls(bool implicit, const test::CertificateOptions& wanted) {
    const auto files = certificates.make("server", wanted);
    serve(Listener::tcp(loop.get_executor(), "127.0.0.1:0"), Server::echo,
          *TlsServer::make(files.certificate, files.key), implicit);
    TlsClient::Options client;
    client.tls_ca_file = certificates.ca_file();
    client.tls_name = "localhost";
    options.tls = *TlsClient::make(client);
    options.implicit_tls = implicit;
  }

  /// Runs the loop until the task ends; the listener's own work goes on afterwards.
  template <class T>
  T wait(Task<T> task) {
    return test::wait(loop, std::move(task));
  }

  Result<Connected> connected() { return wait(connect(loop.get_executor(), options)); }
};

TEST(Connection, CarriesBytesOverTcp) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"));
  auto client = world.connected();
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_EQ(client->peer, "127.0.0.1[127.0.0.1]:" + std::to_string(world.options.port));
  EXPECT_EQ(*world.wait(ask(*client->stream, "hello")), "hello");
  EXPECT_FALSE(client->stream->secure());
  ASSERT_EQ(world.peers.size(), 1U);
  EXPECT_EQ(world.peers[0].ip, parse_ip("127.0.0.1"));
  EXPECT_FALSE(world.peers[0].uid);
  EXPECT_THAT(world.peers[0].address, StartsWith("127.0.0.1:"));
}

TEST(Connection, ResolvesNames) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"));
  world.options.host = "localhost";
  const auto client = world.connected();
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_THAT(client->peer, StartsWith("localhost[127.0.0.1]:"));
}

TEST(Connection, SaysWhichHostAndAddressRefused) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"));
  world.listener->close();
  const auto client = world.connected();
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().failure, Failure::refused);
  EXPECT_THAT(client.error().text, StartsWith("127.0.0.1[127.0.0.1]:" + std::to_string(world.options.port) + ": "));
  EXPECT_THAT(client.error().text, HasSubstr("Connection refused"));
}

TEST(Connection, FailsForGoodWhenTheDeadlinePasses) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"), World::Server::silent);
  auto client = world.connected();
  ASSERT_TRUE(client.has_value());
  client->stream->expires_after(Seconds(60));  // armed late first: an earlier deadline must still count
  client->stream->expires_after(Milliseconds(20));
  const auto first = world.wait(ask(*client->stream, "anybody?"));
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error().failure, Failure::timeout);
  client->stream->expires_after(Seconds(60));
  EXPECT_EQ(world.wait(ask(*client->stream, "now?")).error().failure, Failure::timeout);
}

TEST(Connection, PutsOffItsDeadline) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"));
  auto client = world.connected();
  ASSERT_TRUE(client.has_value());
  client->stream->expires_after(Milliseconds(20));
  client->stream->expires_after(Seconds(60));
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60);
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_TRUE(world.wait(ask(*client->stream, "still here")).has_value());
  }
}

TEST(Connection, IsCancelledFromOutside) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"), World::Server::silent);
  auto client = world.connected();
  ASSERT_TRUE(client.has_value());
  boost::asio::post(world.loop, [&] { client->stream->cancel(); });
  EXPECT_EQ(world.wait(ask(*client->stream, "anybody?")).error().failure, Failure::cancelled);
  EXPECT_EQ(world.wait(ask(*client->stream, "anybody?")).error().failure, Failure::cancelled);
}

TEST(Connection, BeginsWithTlsAndResumesTheNextTime) {
  World world;
  world.serve_tls(true, {});
  for (int i = 0; i < 3; ++i) {
    auto client = world.connected();
    ASSERT_TRUE(client.has_value()) << client.error().text;
    EXPECT_EQ(*world.wait(ask(*client->stream, "hello")), "hello");
    ASSERT_TRUE(client->stream->secure());
    EXPECT_TRUE(client->stream->tls()->verified);
    EXPECT_EQ(client->stream->tls()->resumed, i > 0) << i;
  }
}

TEST(Connection, TurnsToTlsInTheMiddle) {
  World world;
  world.serve_tls(false, {});
  auto client = world.connected();
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_FALSE(client->stream->secure());
  EXPECT_EQ(*world.wait(ask(*client->stream, "STARTTLS")), "STARTTLS");
  const auto secured = world.wait(client->stream->start_tls());
  ASSERT_TRUE(secured.has_value()) << secured.error().text;
  EXPECT_TRUE(client->stream->secure());
  EXPECT_EQ(*world.wait(ask(*client->stream, "inside")), "inside");
  EXPECT_FALSE(world.wait(client->stream->start_tls()).has_value());
}

TEST(Connection, SeesWithoutWaitingWhetherThePeerHasSpoken) {
  for (const bool tls : {false, true}) {
    World world;
    world.serve_tls(tls, {});
    auto client = world.connected();
    ASSERT_TRUE(client.has_value()) << client.error().text;
    Stream& stream = *client->stream;
    EXPECT_EQ(*world.wait(ask(stream, "hello")), "hello");
    EXPECT_FALSE(stream.readable()) << tls;  // tickets that came meanwhile are no words
    ASSERT_TRUE(world.wait(stream.write("more")).has_value());
    for (int i = 0; i < 1000 && !stream.readable(); ++i) world.loop.run_one_for(Milliseconds(10));
    EXPECT_TRUE(stream.readable()) << tls;
    EXPECT_TRUE(stream.readable()) << "looking takes nothing away";
    std::array<char, 16> buffer{};
    const auto count = world.wait(stream.read_some(buffer));
    ASSERT_TRUE(count.has_value());
    EXPECT_EQ(std::string_view(buffer.data(), *count), "more");
    EXPECT_FALSE(stream.readable()) << tls;
  }
}

TEST(Connection, GivesNoStreamWhenTheServerIsNotVerified) {
  World world;
  test::CertificateOptions wrong;
  wrong.names = {"other.example"};
  world.serve_tls(true, wrong);
  const auto log = test::logged().size();
  const auto client = world.connected();
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().failure, Failure::tls);
  EXPECT_THAT(client.error().text,
              HasSubstr("hostname mismatch: certificate is for other.example; expected localhost"));
  EXPECT_EQ(world.peers.size(), 0U);
  EXPECT_EQ(log, 0U);
}

/// A port whose queue of connections is full: the system answers nobody who comes.
struct DeafPort {
  DeafPort() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener.get(), any(), size), 0);
    EXPECT_EQ(::listen(listener.get(), 0), 0);
    EXPECT_EQ(::getsockname(listener.get(), any(), &size), 0);
    for (int i = 0; i < 4; ++i) {
      crowd.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(crowd.back().get(), any(), size));
    }
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&address); }
  [[nodiscard]] std::uint16_t number() const { return ntohs(address.sin_port); }

  sockaddr_in address{};
  UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::vector<UniqueFd> crowd;
};

TEST(Connection, H50_GivesUpAHostThatDoesNotAnswerAtTheDeadline) {
  DeafPort port;
  World world;
  world.options.host = "127.0.0.1";
  world.options.port = port.number();
  world.options.connect_timeout = Seconds(1);
  const auto began = std::chrono::steady_clock::now();
  const auto client = world.connected();
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().failure, Failure::timeout);
  EXPECT_GE(took, Seconds(1));
  EXPECT_LT(took, Seconds(30)) << "the system itself gives up after two minutes";
}

struct LastWords {
  std::optional<Failure> write;
  std::optional<Failure> write_again;
  std::string words;
  std::size_t reads = 0;
};

Task<LastWords> send_until_refused(Stream& stream) {
  LastWords seen;
  const std::string block(64 * std::size_t{1024}, 'x');
  for (int i = 0; i < 1000 && !seen.write; ++i) {
    const auto written = co_await stream.write(block);
    if (!written) seen.write = written.error().failure;
  }
  const auto again = co_await stream.write("x");
  if (!again) seen.write_again = again.error().failure;
  std::array<char, 64> buffer{};
  for (; seen.reads < 100; ++seen.reads) {
    const auto count = co_await stream.read_some(buffer);
    if (!count || *count == 0) break;
    seen.words.append(buffer.data(), *count);
  }
  co_return seen;
}

TEST(Connection, ReadsWhatThePeerSaidBeforeItHungUpOnOurWrite) {
  for (const bool tls : {false, true}) {
    SCOPED_TRACE(tls);
    World world;
    if (tls) {
      world.serve_tls(true, {});
    } else {
      world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"));
    }
    world.refuses = true;
    auto client = world.connected();
    ASSERT_TRUE(client.has_value()) << client.error().text;
    client->stream->expires_after(Seconds(20));
    const LastWords seen = world.wait(send_until_refused(*client->stream));
    EXPECT_EQ(seen.write, Failure::closed);
    EXPECT_EQ(seen.write_again, Failure::closed);
    EXPECT_EQ(seen.words, "552 too big\r\n");
    EXPECT_LT(seen.reads, 20U);
  }
}

std::string socket_path(const World& world) { return world.certificates.directory() + "/submit.sock"; }

TEST(Listener, U01_TellsWhoCallsOnAUnixSocketAndRemovesItsFile) {
  World world;
  const std::string path = socket_path(world);
  world.serve(Listener::local(world.loop.get_executor(), path, 0666));
  struct stat found{};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0666U);
  auto client = world.wait(connect_unix(world.loop.get_executor(), path));
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_EQ(*world.wait(ask(**client, "hello")), "hello");
  ASSERT_EQ(world.peers.size(), 1U);
  EXPECT_EQ(world.peers[0].uid, getuid());
  EXPECT_EQ(world.peers[0].pid, getpid());
  EXPECT_EQ(world.peers[0].address, "local");
  EXPECT_EQ(world.listener->address(), path);
  world.listener->close();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Listener, HandsOverNoConnectionOfAClientThatIsGoneAndTellsOnlyOfThoseThatSentSomething) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"), World::Server::silent);
  const auto to = parse_socket_address("127.0.0.1:" + std::to_string(world.options.port));
  const auto call = [&](bool says_something) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), to->get(), to->size), 0);
    EXPECT_EQ(::send(fd.get(), "EHLO", says_something ? 4 : 0, 0), says_something ? 4 : 0);
    return fd;
  };
  call(true).reset();
  call(false).reset();
  UniqueFd reset = call(true);
  const linger at_once{1, 0};
  ::setsockopt(reset.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  reset.reset();
  const UniqueFd stays = call(true);
  while (world.peers.empty()) world.loop.run_one_for(Seconds(5));
  world.loop.poll();
  if (!world.peers.back().owner) GTEST_SKIP() << "the kernel does not tell";
  ASSERT_EQ(world.peers.size(), 1U);
  EXPECT_EQ(world.peers[0].owner, ::geteuid());
  const auto told = [](const auto& line) { return line.find("its client had gone") != line.npos; };
  EXPECT_GE(std::ranges::count_if(test::logged(), told), 1);
  EXPECT_LE(std::ranges::count_if(test::logged(), told), 2);
}

TEST(Listener, U21_ReplacesADeadSocketButNotALivingOneNorAFile) {
  World world;
  const std::string path = socket_path(world);
  const auto executor = world.loop.get_executor();
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  auto first = Listener::local(executor, path, 0600);
  ASSERT_TRUE(first.has_value()) << first.error().text;
  EXPECT_EQ(Listener::local(executor, path, 0600).error().failure, Failure::busy);
  first->reset();
  std::ofstream(path) << "a file";
  EXPECT_EQ(Listener::local(executor, path, 0600).error().failure, Failure::exists);
  EXPECT_EQ(Listener::local(executor, std::string(200, 'x'), 0600).error().failure, Failure::invalid);
}

TEST(Listener, LeavesASocketFileThatIsNoLongerItsOwn) {
  World world;
  const std::string path = socket_path(world);
  auto first = *Listener::local(world.loop.get_executor(), path, 0600);
  std::filesystem::rename(path, path + ".old");
  const auto second = Listener::local(world.loop.get_executor(), path, 0600);
  ASSERT_TRUE(second.has_value());
  first->close();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(Listener, RefusesAddressesThatAreNone) {
  World world;
  for (const std::string text : {"", "25", "localhost:25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:25",
                                 "[::1]", "[127.0.0.1]:25", "127.0.0.1:-1"}) {
    const auto made = Listener::tcp(world.loop.get_executor(), text);
    ASSERT_FALSE(made.has_value()) << text;
    EXPECT_EQ(made.error().failure, Failure::invalid) << text;
  }
}

TEST(Listener, SaysThatAPortIsTaken) {
  World world;
  world.serve(Listener::tcp(world.loop.get_executor(), "127.0.0.1:0"));
  EXPECT_EQ(Listener::tcp(world.loop.get_executor(), world.listener->address()).error().failure, Failure::busy);
}

TEST(Listener, U22_TakesOverOnlyAListeningStreamSocket) {
  World world;
  const auto executor = world.loop.get_executor();
  UniqueFd datagram(::socket(AF_UNIX, SOCK_DGRAM, 0));
  EXPECT_EQ(Listener::inherited(executor, std::move(datagram)).error().failure, Failure::invalid);
  UniqueFd deaf(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(Listener::inherited(executor, std::move(deaf)).error().failure, Failure::invalid);
  EXPECT_EQ(Listener::inherited(executor, UniqueFd(-1)).error().failure, Failure::invalid);
  UniqueFd listening(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::listen(listening.get(), 5), 0);
  world.serve(Listener::inherited(executor, std::move(listening)));
  auto client = world.connected();
  ASSERT_TRUE(client.has_value()) << client.error().text;
  EXPECT_EQ(*world.wait(ask(*client->stream, "hello")), "hello");
}

TEST(SocketAddress, S44_OfAClientIsTheSameWhicheverFamilyItsSocketHas) {
  for (const std::string text : {"127.0.0.1", "192.0.2.1", "0.0.0.0", "255.255.255.255"}) {
    EXPECT_EQ(ip_of(*parse_socket_address(text + ":1")), parse_ip(text)) << text;
    EXPECT_EQ(ip_of(*parse_socket_address("[::ffff:" + text + "]:1")), parse_ip(text)) << text;
    EXPECT_EQ(to_text(*parse_socket_address(text + ":1")), text + ":1");
  }
  for (const std::string text : {"::1", "::", "fe80::1", "2001:db8::25"}) {
    EXPECT_EQ(ip_of(*parse_socket_address("[" + text + "]:1")), parse_ip(text)) << text;
    EXPECT_EQ(to_text(*parse_socket_address("[" + text + "]:1")), "[" + text + "]:1");
  }
  SocketAddress local;
  local.storage.ss_family = AF_UNIX;
  EXPECT_FALSE(ip_of(local));
}

}  // namespace
}  // namespace postern::net
