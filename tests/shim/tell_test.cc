#include "sendmail-shim/tell.h"

#include "base/fd.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>

namespace postern::shim {
namespace {

/// What a daemon hears that says no more than its greeting and hangs up after QUIT.
std::string heard_of(const Exit& exit) {
  const test::ScratchDir directory;
  const std::string path = directory.path() + "/submit.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  std::string heard;
  std::thread daemon([&] {
    const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
    std::array<char, 4096> piece{};
    while (heard.find("QUIT\r\n") == std::string::npos) {
      const ssize_t count = ::recv(client.get(), piece.data(), piece.size(), 0);
      if (count <= 0) return;
      heard.append(piece.data(), static_cast<std::size_t>(count));
    }
    EXPECT_GT(::send(client.get(), "220 hi\r\n250 ok\r\n", 16, MSG_NOSIGNAL), 0);
  });
  tell_refusal(path, exit);
  daemon.join();
  return heard;
}

TEST(TellRefusal, SaysTheStatusAndTheWordsInOneLine) {
  EXPECT_EQ(heard_of({EX_DATAERR, "To: no = address\r\nMAIL FROM:<a>"}),
            "XREFUSED 65 To:+20no+20+3D+20address\\x0d\\x0aMAIL+20FROM:<a>\r\nQUIT\r\n");
}

TEST(TellRefusal, CutsWhatIsTooLongForALine) {
  const std::string heard = heard_of({EX_USAGE, std::string(100'000, ' ') + "x"});
  EXPECT_LT(heard.size(), 1500U);
  EXPECT_TRUE(heard.starts_with("XREFUSED 64 +20+20") && heard.ends_with("\r\nQUIT\r\n"));
}

TEST(TellRefusal, WithoutADaemonIsNothing) { tell_refusal("/nonexistent/submit.sock", {EX_USAGE, "x"}); }

}  // namespace
}  // namespace postern::shim
