#include "console/client.h"

#include "base/fd.h"
#include "control/members.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace postern::console {
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

TEST_F(ControlClient, SendsWhatIsPastedOnceItIsWanted) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd input(ends[0]);
  UniqueFd person(ends[1]);
  const std::string typed = "http://127.0.0.1:1/?code=\"c\"\nand one more";
  ASSERT_EQ(::write(person.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  person.reset();  // its end keeps nobody busy and ends nothing
  const UniqueFd listener = listening();
  std::string pasted;
  std::thread server([&] {
    const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
    const auto say = [&](std::string_view text) { (void)::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL); };
    const auto line = [&](std::string& into) {
      char byte = 0;
      while (byte != '\n' && ::read(client.get(), &byte, 1) == 1) into += byte;
    };
    line(request);
    say("{\"kind\":\"browser\"}\n");
    line(pasted);
    line(pasted);
    say("{\"done\":true,\"exit\":0}\n");
  });
  Exchange asked = exchange();
  asked.input = input.get();
  asked.pasting = [this] { return lines > 0; };
  const Ending ending = talk(asked);
  server.join();
  EXPECT_EQ(ending.exit, 0) << ending.error;
  EXPECT_EQ(request, "{\"command\":\"status\"}\n") << "nothing is read before it is wanted";
  EXPECT_EQ(pasted, "{\"pasted\":\"http://127.0.0.1:1/?code=\\\"c\\\"\"}\n{\"pasted\":\"and one more\"}\n");
}

TEST_F(ControlClient, TellsThatWhatIsPastedIsTooLongAndSendsWhatIsNoUtf8AsText) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd input(ends[0]);
  UniqueFd person(ends[1]);
  const std::string typed = std::string(control::members::kLongestPasted + 1, 'x') + "\nb\xFFyte\n";
  ASSERT_EQ(::write(person.get(), typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  person.reset();
  const UniqueFd listener = listening();
  std::string pasted;
  std::thread server([&] {
    const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
    const auto say = [&](std::string_view text) { (void)::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL); };
    const auto line = [&](std::string& into) {
      char byte = 0;
      while (byte != '\n' && ::read(client.get(), &byte, 1) == 1) into += byte;
    };
    line(request);
    say("{\"kind\":\"browser\"}\n");
    line(pasted);
    say("{\"done\":true,\"exit\":0}\n");
  });
  std::string trouble;
  Exchange asked = exchange();
  asked.input = input.get();
  asked.pasting = [this] { return lines > 0; };
  asked.on_trouble = [&trouble](const std::string& words) { trouble += words; };
  EXPECT_EQ(talk(asked).exit, 0);
  server.join();
  EXPECT_NE(trouble.find("longer than any such address"), std::string::npos) << trouble;
  EXPECT_EQ(pasted, "{\"pasted\":\"b\\\\xffyte\"}\n");
}

TEST_F(ControlClient, WaitsForOneThatIsAtWorkAsLongAsItAnswersOthers) {
  const UniqueFd listener = listening();
  std::thread server([&] {
    const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
    const UniqueFd other(::accept(listener.get(), nullptr, nullptr));
    for (const UniqueFd* who : {&other, &client}) {
      const std::string_view words =
          who == &client ? "{\"done\":true,\"exit\":2}\n" : "{\"error\":\"what?\",\"exit\":64}\n";
      EXPECT_EQ(::send(who->get(), words.data(), words.size(), MSG_NOSIGNAL), static_cast<ssize_t>(words.size()));
    }
  });
  Exchange asked = exchange();
  asked.patience = Seconds(2);
  const Ending ending = talk(asked);
  server.join();
  EXPECT_EQ(ending.exit, 2) << ending.error;
  EXPECT_EQ(ending.error, "");
}

TEST_F(ControlClient, DoesNotWaitForOneThatAnswersNobody) {
  for (const std::string& said : {std::string(), std::string("{\"kind\":\"a\"}\n")}) {
    std::filesystem::remove(path);
    const UniqueFd listener = listening();
    UniqueFd client;
    std::thread server([&] {
      client.reset(::accept(listener.get(), nullptr, nullptr));
      EXPECT_GE(::send(client.get(), said.data(), said.size(), MSG_NOSIGNAL), 0);
    });
    Exchange asked = exchange();
    asked.patience = Seconds(1);
    const Ending ending = talk(asked);
    server.join();
    EXPECT_EQ(ending.exit, 75) << said;
    EXPECT_NE(ending.error.find(path + " runs, or is to start, and does not answer"), std::string::npos);
    EXPECT_EQ(ending.unanswered, said.empty());
  }
  EXPECT_EQ(lines, 1U);
}

TEST_F(ControlClient, DoesNotWaitForAPlaceInAFullBacklog) {
  const UniqueFd listener = listening();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  std::vector<UniqueFd> others;
  for (int connected = 0; connected == 0;) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connected = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    others.push_back(std::move(fd));
  }
  Exchange asked = exchange();
  asked.patience = Seconds(0);
  const Ending ending = talk(asked);
  EXPECT_EQ(ending.exit, 75);
  EXPECT_TRUE(ending.unanswered);
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
}  // namespace postern::console
