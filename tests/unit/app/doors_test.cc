// A door that cannot be opened keeps no other shut, and is opened as soon as it can be. Real sockets on loopback.
#include "app/doors.h"

#include "base/endpoint.h"
#include "net/connection.h"
#include "support/expected_log.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

using test::was_logged;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

net::Accepted nobody() {
  return [](std::unique_ptr<net::Stream>, net::Peer) {};
}

Task<void> visit(Executor executor, net::ClientOptions options, bool& done) {
  const auto connected = co_await net::connect(std::move(executor), std::move(options));
  done = connected.has_value();
}

/// An address that somebody else listens on.
struct Taken {
  explicit Taken(const Executor& loop) : listener(*net::Listener::tcp(loop, "127.0.0.1:0")) {}
  [[nodiscard]] std::string address() const { return listener->address(); }
  std::unique_ptr<net::Listener> listener;
};

/// Whether a client can connect there, served or not.
bool answers(const std::string& path) {
  boost::asio::io_context client;  // that of a door which is served never ends
  return test::run(client, net::connect_unix(client.get_executor(), path)).has_value();
}

/// Unix sockets in the directory, and no TCP.
net::ListenOptions options_in(const std::string& directory) {
  net::ListenOptions listen;
  listen.submit = directory + "/submit.sock";
  listen.control = directory + "/control.sock";
  listen.smtp.clear();
  return listen;
}

const std::vector<Network> kNetworks = {loopback_v4(), loopback_v6()};

class DoorsTest : public testing::Test {
 protected:
  boost::asio::io_context loop;
  test::ScratchDir scratch;
  std::string directory = scratch.path();
  net::ListenOptions listen = options_in(directory);
  Doors doors{loop.get_executor(), Doors::Serve{nobody(), nobody()}};
};

TEST_F(DoorsTest, OneThatCannotBeOpenedKeepsNoOtherShut) {
  const test::ExpectLog told("cannot listen");
  const Taken taken(loop.get_executor());
  // Taken; an address that this machine does not have (TEST-NET-1, RFC 5737).
  listen.smtp = {taken.address(), "192.0.2.1:2525", "127.0.0.1:0"};
  ASSERT_TRUE(doors.open(listen, kNetworks));
  EXPECT_TRUE(answers(listen.submit));
  EXPECT_TRUE(answers(listen.control));
  EXPECT_THAT(doors.troubles(), ElementsAre("nobody can connect to " + taken.address() + ": Address already in use",
                                            HasSubstr("nobody can connect to 192.0.2.1:2525: Cannot assign")));
  doors.close();
}

TEST_F(DoorsTest, AUnixSocketThatCannotBeMadeKeepsNoOtherShut) {
  const test::ExpectLog told("cannot listen");
  listen.submit = "/nonexistent/submit.sock";
  listen.smtp = {"127.0.0.1:0"};
  ASSERT_TRUE(doors.open(listen, kNetworks));
  EXPECT_TRUE(answers(listen.control));
  EXPECT_THAT(doors.troubles(), ElementsAre(HasSubstr("nobody can connect to /nonexistent/submit.sock")));
  doors.close();
}

TEST_F(DoorsTest, TheStartFailsWhereNoMailCanComeInAtAll) {
  const test::ExpectLog told("cannot listen");
  const Taken taken(loop.get_executor());
  listen.submit = "/nonexistent/submit.sock";
  for (const auto& addresses : {std::vector<std::string>(), std::vector{taken.address()}}) {
    Doors shut{loop.get_executor(), Doors::Serve{nobody(), nobody()}};
    listen.smtp = addresses;
    const Result<void> opened = shut.open(listen, kNetworks);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().text, StartsWith("no mail can come in: "));
    EXPECT_THAT(opened.error().text, HasSubstr("/nonexistent/submit.sock"));
    shut.close();
  }
}

TEST_F(DoorsTest, F12_AReloadMayNameOneThatCannotBeOpenedAndTakeItBack) {
  const test::ExpectLog told("cannot listen");
  const Taken taken(loop.get_executor());
  ASSERT_TRUE(doors.open(listen, kNetworks));
  doors.start();
  listen.smtp = {taken.address()};
  doors.reconfigure(listen, kNetworks);
  EXPECT_THAT(doors.troubles(), ElementsAre(HasSubstr(taken.address())));
  listen.smtp.clear();
  doors.reconfigure(listen, kNetworks);
  EXPECT_THAT(doors.troubles(), IsEmpty());
  doors.close();
  loop.poll();
}

TEST_F(DoorsTest, AReloadTriesAtOnceWhatIsShut) {
  const test::ExpectLog told("cannot listen");
  Taken taken(loop.get_executor());
  listen.smtp = {taken.address()};
  ASSERT_TRUE(doors.open(listen, kNetworks));
  doors.start();
  taken.listener->close();
  doors.reconfigure(listen, kNetworks);
  EXPECT_THAT(doors.troubles(), IsEmpty());
  doors.close();
  loop.poll();
}

TEST_F(DoorsTest, AUnixSocketThatIsOpenStaysAndOneThatIsShutMoves) {
  const test::ExpectLog told("cannot listen");
  const test::ExpectLog restart("a changed socket needs a restart");
  listen.submit = "/nonexistent/submit.sock";
  listen.smtp = {"127.0.0.1:0"};
  ASSERT_TRUE(doors.open(listen, kNetworks));
  doors.start();
  listen.submit = directory + "/elsewhere.sock";
  listen.control = directory + "/another.sock";
  doors.reconfigure(listen, kNetworks);
  const std::string moved = "the socket " + directory + "/control.sock is in use, and " + listen.control +
                            " after a restart: restart postern";
  EXPECT_THAT(doors.moved(), ElementsAre(moved));
  EXPECT_THAT(doors.troubles(), ElementsAre(moved));
  EXPECT_TRUE(answers(listen.submit));
  EXPECT_TRUE(answers(directory + "/control.sock"));
  EXPECT_FALSE(answers(listen.control));
  listen.control = directory + "/control.sock";
  doors.reconfigure(listen, kNetworks);
  EXPECT_THAT(doors.troubles(), IsEmpty());
  doors.close();
  loop.poll();
}

TEST_F(DoorsTest, TheStartFailsWithEveryReason) {
  const test::ExpectLog told("cannot listen");
  const Taken taken(loop.get_executor());
  listen.submit = "/nonexistent/submit.sock";
  listen.smtp = {taken.address(), "192.0.2.1:2525"};
  const Result<void> opened = doors.open(listen, kNetworks);
  ASSERT_FALSE(opened);
  for (const std::string& words : {listen.submit, taken.address(), std::string("192.0.2.1:2525")}) {
    EXPECT_THAT(opened.error().text, HasSubstr(words));
  }
  doors.close();
}

/// Whichever socket is the one too many.
TEST_F(DoorsTest, WithoutDescriptorsForAllTheStartFails) {
  const test::ExpectLog told("cannot listen");
  listen.smtp = {"127.0.0.1:0", "127.0.0.1:0"};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const Taken first(loop.get_executor());  // the loop has its own descriptors from now on, as the daemon's has
  const int next = ::dup(STDIN_FILENO);
  ::close(next);
  for (rlim_t free = 0; free < 4; ++free) {
    Doors few{loop.get_executor(), Doors::Serve{nobody(), nobody()}};
    const rlimit limit{static_cast<rlim_t>(next) + free, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    const Result<void> opened = few.open(listen, kNetworks);
    few.close();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_FALSE(opened) << free;
    EXPECT_THAT(opened.error().text, HasSubstr("Too many open files"));
    EXPECT_THAT(opened.error().text, StartsWith("too few file descriptors for all sockets: ")) << "others may be open";
  }
}

/// Real sockets of a service manager would have to be the descriptors from 3 on; a broken environment is told the same.
TEST_F(DoorsTest, ABrokenEnvironmentOfTheServiceManagerKeepsNoDoorShut) {
  const test::ExpectLog told("a socket cannot be used");
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "nonsense", 1);
  ASSERT_TRUE(doors.open(listen, kNetworks));
  EXPECT_TRUE(answers(listen.submit));
  EXPECT_THAT(doors.troubles(), ElementsAre(HasSubstr("the sockets of the service manager")));
  doors.close();
  loop.poll();
}

/// The service manager's sockets are the descriptors from 3 on, so these doors are those of a process of its own; it
/// ends with what `check` says.
bool in_process_with_sockets(const std::vector<std::pair<std::string, int>>& sockets, bool (*check)(const std::string&),
                             const std::string& directory) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::string names;
    std::vector<int> copies;  // above all numbers that are taken over
    for (const auto& [name, fd] : sockets) {
      names += (names.empty() ? "" : ":") + name;
      copies.push_back(::fcntl(fd, F_DUPFD, 100));
    }
    for (int i = 3; i < 3 + static_cast<int>(copies.size()); ++i) ::dup2(copies[static_cast<std::size_t>(i - 3)], i);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(copies.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
    ::_exit(check(directory) ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

UniqueFd listening_socket(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(fd.get(), 5), 0);
  return fd;
}

UniqueFd listening_on_all_addresses() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::listen(fd.get(), 5), 0);  // unbound: the kernel takes 0.0.0.0 and a free port
  return fd;
}

bool stand_in_for_their_kind(const std::string& where) {
  boost::asio::io_context loop;
  Doors doors(loop.get_executor(), Doors::Serve{nobody(), nobody()});
  net::ListenOptions listen = options_in(where);
  listen.smtp = {"192.0.2.1:2525"};  // could not be had
  if (!doors.open(listen, kNetworks)) return false;
  const std::vector<std::string> troubles = doors.troubles();
  if (troubles.size() != 1 || troubles[0].find("as listen.smtp says, 192.0.2.1:2525") == std::string::npos)
    return false;
  listen.smtp = {troubles[0].substr(17, troubles[0].find(" and") - 17)};  // where it is taken in truth
  doors.reconfigure(listen, kNetworks);
  if (!doors.troubles().empty()) return false;
  return was_logged("stand in for listen.smtp") && !answers(listen.submit) && answers(listen.control) &&
         answers(where + "/inherited.sock") &&
         was_logged("only this machine can send to a socket of the service manager");  // of all addresses
}

TEST_F(DoorsTest, SocketsOfTheServiceManagerStandInForTheAddressesOfTheirKind) {
  const UniqueFd submit = listening_socket(directory + "/inherited.sock");
  const UniqueFd smtp = listening_on_all_addresses();
  EXPECT_TRUE(
      in_process_with_sockets({{"submit", submit.get()}, {"smtp", smtp.get()}}, stand_in_for_their_kind, directory));
}

bool take_what_is_ours(const std::string& where) {
  boost::asio::io_context loop;
  Doors doors(loop.get_executor(), Doors::Serve{nobody(), nobody()});
  const net::ListenOptions listen = options_in(where);
  if (!doors.open(listen, kNetworks)) return false;
  const std::vector<std::string> troubles = doors.troubles();
  return answers(listen.submit) && answers(listen.control) && troubles.size() == 1 &&
         troubles.front().find("the service manager's socket control") != std::string::npos &&
         was_logged("a socket of the service manager is not used") && was_logged("name=http");
}

TEST_F(DoorsTest, ASocketOfTheServiceManagerThatIsNoneOfOursIsLeftAloneAndABrokenOneIsComplainedOf) {
  const UniqueFd foreign = listening_socket(directory + "/foreign.sock");
  const UniqueFd broken(::socket(AF_UNIX, SOCK_STREAM, 0));  // does not listen
  EXPECT_TRUE(
      in_process_with_sockets({{"http", foreign.get()}, {"control", broken.get()}}, take_what_is_ours, directory));
}

TEST_F(DoorsTest, ClientsWaitUntilTheyAreServedAndEachKindHasItsOwnServer) {
  std::size_t submissions = 0;
  std::size_t commands = 0;
  Doors both{loop.get_executor(), Doors::Serve{[&](std::unique_ptr<net::Stream>, net::Peer) { ++submissions; },
                                               [&](std::unique_ptr<net::Stream>, net::Peer) { ++commands; }}};
  ASSERT_TRUE(both.open(listen, kNetworks));
  EXPECT_TRUE(answers(listen.submit));
  EXPECT_TRUE(answers(listen.submit));
  EXPECT_TRUE(answers(listen.control));
  loop.poll();
  EXPECT_EQ(submissions + commands, 0U);
  both.start();
  loop.restart();
  while (submissions + commands < 3) loop.run_one();
  EXPECT_EQ(submissions, 2U);
  EXPECT_EQ(commands, 1U);
  both.close();
  loop.restart();
  loop.poll();
  EXPECT_FALSE(answers(listen.submit));
}

TEST(Door, IsOpenedAsSoonAsTheAddressCanBeHadAndItsTroubleIsToldOnce) {
  const test::ExpectLog told("cannot listen");
  boost::asio::io_context loop;
  Taken taken(loop.get_executor());
  const std::string address = taken.address();
  std::size_t tries = 0;
  std::size_t guests = 0;
  const auto open = [&] {
    if (++tries == 4) taken.listener->close();
    return net::Listener::tcp(loop.get_executor(), address);
  };
  Door door(
      loop.get_executor(), address, open, [&](std::unique_ptr<net::Stream>, net::Peer) { ++guests; }, Milliseconds(1));
  door.open();
  door.start();
  const auto count = [] {
    return std::ranges::count_if(test::logged(),
                                 [](const auto& line) { return line.find("cannot listen") != line.npos; });
  };
  while (door.trouble()) loop.run_one();
  EXPECT_EQ(tries, 4U);
  EXPECT_EQ(count(), 1);
  net::ClientOptions client;
  client.host = "127.0.0.1";
  client.port = NumericEndpoint::parse(address)->port;
  bool connected = false;
  spawn(loop.get_executor(), visit(loop.get_executor(), client, connected), "client");
  for (int i = 0; i < 1000 && !(connected && guests > 0); ++i) loop.run_one_for(Milliseconds(10));
  EXPECT_TRUE(connected);
  EXPECT_EQ(guests, 1U);
  door.close();
  loop.poll();
}

TEST(Door, ThatIsGivenUpIsTriedNoMore) {
  const test::ExpectLog told("cannot listen");
  boost::asio::io_context loop;
  std::size_t tries = 0;
  const auto open = [&]() -> Result<std::unique_ptr<net::Listener>> {
    ++tries;
    return Error{Failure::busy, "taken"};
  };
  {
    Door door(loop.get_executor(), "127.0.0.1:25", open, nobody(), Milliseconds(1));
    door.open();
    door.start();
    while (tries < 3) loop.run_one();
    door.close();
  }
  const std::size_t before = tries;
  EXPECT_GT(before, 1U);
  loop.restart();
  loop.run_for(Milliseconds(20));
  EXPECT_EQ(tries, before);
}

}  // namespace
}  // namespace postern::app
