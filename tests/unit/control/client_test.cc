#include "control/client.h"

#include "base/fd.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace postern::control {
namespace {

/// A socket file of which one client is served with fixed bytes. Local and without time: the client's connect is
/// queued by the kernel before anybody accepts.
class ControlClient : public testing::Test {
 protected:
  ControlClient() {
    std::string name = (std::filesystem::temp_directory_path() / "postern-client-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory = name;
    path = directory + "/s";
  }
  ~ControlClient() override { std::filesystem::remove_all(directory); }

  [[nodiscard]] UniqueFd listening() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 1), 0);
    return fd;
  }

  Ending talk_to(const std::string& answer) {
    const UniqueFd listener = listening();
    std::thread server([&] {
      const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
      char byte = 0;
      while (byte != '\n' && ::read(client.get(), &byte, 1) == 1) request += byte;
      EXPECT_EQ(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
    });
    const Ending ending = talk(exchange());
    server.join();
    std::filesystem::remove(path);
    return ending;
  }

  [[nodiscard]] Exchange exchange() {
    Exchange result;
    result.socket = path;
    result.request["command"] = "status";
    result.on_line = [this](const boost::json::object&) { ++lines; };
    return result;
  }

  std::string directory;
  std::string path;
  std::string request;
  std::size_t lines = 0;
};

TEST_F(ControlClient, NamesTheSocketAndTheRemedyIfNobodyIsThere) {
  const Ending missing = talk(exchange());
  EXPECT_EQ(missing.exit, 69);
  EXPECT_NE(missing.error.find(path), std::string::npos) << missing.error;
  EXPECT_NE(missing.error.find("systemctl status postern"), std::string::npos) << missing.error;
  listening().reset();
  EXPECT_EQ(talk(exchange()).exit, 69);
  path.append(200, 'x');
  EXPECT_EQ(talk(exchange()).exit, 69);
}

TEST_F(ControlClient, Q16_ShowsEveryLineAndReturnsTheExitCode) {
  const Ending ending = talk_to("{\"kind\":\"a\"}\n{\"kind\":\"b\"}\n{\"done\":true,\"exit\":2}\n");
  EXPECT_EQ(ending.exit, 2);
  EXPECT_EQ(ending.error, "");
  EXPECT_EQ(lines, 2U);
  EXPECT_EQ(request, "{\"command\":\"status\"}\n");
}

TEST_F(ControlClient, EscapesTheErrorOfTheServer) {
  const Ending ending = talk_to("{\"error\":\"no\\u001b[2J\",\"exit\":77}\n");
  EXPECT_EQ(ending.exit, 77);
  EXPECT_EQ(ending.error, "no\\x1b[2J");
}

TEST_F(ControlClient, NoticesAnAnswerCutAnywhere) {
  const std::string whole = "{\"kind\":\"a\"}\n{\"done\":true}\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Ending ending = talk_to(whole.substr(0, size));
    EXPECT_EQ(ending.exit, 69) << size;
    EXPECT_NE(ending.error.find("not complete"), std::string::npos) << ending.error;
  }
  EXPECT_EQ(talk_to(whole).exit, 0);
}

TEST_F(ControlClient, RefusesWhatIsNotAnAnswer) {
  for (const char* answer : {"garbage\n", "7\n", "\n"}) EXPECT_EQ(talk_to(answer).exit, 69) << answer;
  EXPECT_EQ(talk_to("{\"error\":7}\n").exit, 70);
  EXPECT_EQ(talk_to("{\"error\":\"x\",\"exit\":100000}\n").exit, 70);
}

}  // namespace
}  // namespace postern::control
