// A service manager is a datagram socket that $NOTIFY_SOCKET names (sd_notify(3)).
#include "app/supervisor.h"

#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace postern::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() : socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir / "notify";
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~SupervisorTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }

  std::vector<std::string> told() {
    std::vector<std::string> messages;
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = ::recv(socket.get(), bytes.data(), bytes.size(), 0)) >= 0;)
      messages.emplace_back(bytes.data(), static_cast<std::size_t>(count));
    return messages;
  }

  test::ScratchDir dir;
  UniqueFd socket;
};

TEST_F(SupervisorTest, TheServiceManagerHearsOfEachChange) {
  notify_ready("3 waiting");
  notify_status("2 waiting");
  notify_reloading();
  notify_stopping();
  EXPECT_THAT(told(), ElementsAre("READY=1\nSTATUS=3 waiting", "STATUS=2 waiting",
                                  MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=reloading"),
                                  "STOPPING=1\nSTATUS=stopping"));
}

TEST_F(SupervisorTest, AServersWordsMakeNoLineOfTheirOwn) {
  notify_ready("h: 535 no\nSTOPPING=1");
  EXPECT_THAT(told(), ElementsAre("READY=1\nSTATUS=h: 535 no\\x0aSTOPPING=1"));
}

TEST_F(SupervisorTest, WithoutAServiceManagerNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready("well");
  EXPECT_THAT(told(), IsEmpty());
  const auto sockets = inherited_sockets();
  ASSERT_TRUE(sockets);
  EXPECT_TRUE(sockets->empty());
}

TEST_F(SupervisorTest, TheWatchdogIsFedTwiceAsOftenAsItMustBeWithTheStatusOfTheMoment) {
  ::setenv("WATCHDOG_USEC", "2000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  boost::asio::io_context loop;
  int beats = 0;
  Heartbeat heartbeat(loop.get_executor(), [&beats] { return "beat " + std::to_string(++beats); });
  EXPECT_THAT(told(), IsEmpty());
  const auto begin = std::chrono::steady_clock::now();
  heartbeat.start();
  EXPECT_THAT(told(), ElementsAre("WATCHDOG=1\nSTATUS=beat 1"));
  while (beats < 4) loop.run_one();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Milliseconds(3));
  EXPECT_THAT(told(),
              ElementsAre("WATCHDOG=1\nSTATUS=beat 2", "WATCHDOG=1\nSTATUS=beat 3", "WATCHDOG=1\nSTATUS=beat 4"));
  heartbeat.stop();
  loop.run();  // ends: no beat is left
  EXPECT_EQ(beats, 4);
}

TEST_F(SupervisorTest, AWatchdogOfAnotherProcessIsNotOurs) {
  ::setenv("WATCHDOG_USEC", "2000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  boost::asio::io_context loop;
  Heartbeat heartbeat(loop.get_executor(), [] { return std::string("well"); });
  heartbeat.start();
  EXPECT_EQ(told().size(), 1U);
  loop.run_for(Milliseconds(20));
  EXPECT_THAT(told(), IsEmpty());
  heartbeat.stop();
  loop.run();
}

TEST(StatusText, NamesTheTroubleOfEachSite) {
  queue::Totals totals;
  totals.waiting = 3;
  totals.active = 1;
  totals.accepted = 20;
  totals.delivered = 16;
  queue::SiteStatus well;
  well.name = "a.example";
  queue::SiteStatus ill;
  ill.name = "b.example";
  ill.trouble = mail::SiteTrouble();
  ill.trouble->text = "connect: refused";
  EXPECT_EQ(status_text(totals, {}), "3 waiting, 1 under way, 20 accepted, 16 delivered");
  EXPECT_EQ(status_text(totals, {well, ill}),
            "3 waiting, 1 under way, 20 accepted, 16 delivered; b.example: connect: refused");
  ill.trouble = mail::SiteTrouble{mail::Step::auth, Failure::denied, 535, "535 5.7.8 bob@example.com: no"};
  EXPECT_EQ(status_text(totals, {ill}).find("bob"), std::string::npos) << "everybody reads it";
}

}  // namespace
}  // namespace postern::app
