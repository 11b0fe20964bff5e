#include "console/session.h"

#include "base/fd.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace postern::console {
namespace {

using testing::HasSubstr;

class AskingSession : public testing::Test {
 protected:
  AskingSession() {
    session.socket = scratch.path() + "/s";
    session.json = true;
    session.without_daemon = [this](const boost::json::object& request, const auto& on_line) {
      asked.emplace_back(request.at("id").as_string());
      if (nothing) return std::optional<Ending>();
      on_line({{"kind", "record"}});
      return std::optional(Ending{66, "as it was written"});
    };
  }
  static boost::json::object request(const std::string& id = "a") { return {{"command", "history show"}, {"id", id}}; }
  /// The socket is there, and nobody says anything on it.
  [[nodiscard]] UniqueFd silent() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, session.socket.data(), session.socket.size());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 1), 0);
    return fd;
  }
  /// One connection with the request, one that finds out whether anybody is there.
  static void expect_asked_once(const UniqueFd& listener) {
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(UniqueFd(::accept(listener.get(), nullptr, nullptr))) << i;
    EXPECT_FALSE(UniqueFd(::accept(listener.get(), nullptr, nullptr))) << "another one";
  }
  template <class Command>
  int run(const Command& command) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int exit = command();
    out = testing::internal::GetCapturedStdout();
    error = testing::internal::GetCapturedStderr();
    return exit;
  }

  test::ScratchDir scratch;
  Session session;
  bool nothing = false;
  std::vector<std::string> asked;
  std::string out;
  std::string error;
};

TEST_F(AskingSession, WhereNobodyAnswersWhatIsKnownWithoutIsToldInItsPlace) {
  EXPECT_EQ(run([this] { return ask(session, request()); }), 66);
  EXPECT_EQ(out, "{\"kind\":\"record\"}\n");
  EXPECT_THAT(error, HasSubstr("as it was written"));
  EXPECT_THAT(error, testing::Not(HasSubstr("cannot be reached")));
}

TEST_F(AskingSession, WhereNothingIsKnownThatNobodyAnswersIsTold) {
  nothing = true;
  EXPECT_EQ(run([this] { return ask(session, request()); }), 69);
  EXPECT_EQ(out, "");
  EXPECT_THAT(error, HasSubstr("cannot be reached"));
  session.without_daemon = nullptr;
  EXPECT_EQ(run([this] { return ask(session, request()); }), 69);
}

TEST_F(AskingSession, WhoIsSilentIsWaitedForOnceOfAllRequests) {
  const UniqueFd listener = silent();
  session.patience = Seconds(0);
  EXPECT_EQ(run([this] { return ask_each(session, {request("a"), request("b"), request("c")}); }), 66);
  EXPECT_EQ(asked, (std::vector<std::string>{"a", "b", "c"}));
  expect_asked_once(listener);
}

TEST_F(AskingSession, WhoIsSilentIsToldOfOnceWhereNothingIsKnownWithout) {
  for (const bool knows : {true, false}) {
    std::filesystem::remove(session.socket);
    const UniqueFd listener = silent();
    session.patience = Seconds(0);
    nothing = true;
    if (!knows) session.without_daemon = nullptr;
    EXPECT_EQ(run([this] { return ask_each(session, {request("a"), request("b"), request("c")}); }), 75);
    EXPECT_EQ(out, "");
    EXPECT_THAT(error, HasSubstr(session.socket + " runs, or is to start, and does not answer"));
    EXPECT_THAT(error, HasSubstr("journalctl -u postern"));
    EXPECT_EQ(error.find("does not answer"), error.rfind("does not answer"));
    expect_asked_once(listener);
  }
}

}  // namespace
}  // namespace postern::console
