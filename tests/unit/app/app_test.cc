// The daemon as a whole over a directory of its own: real unix sockets, a real spool, no smarthost.
#include "app/app.h"

#include "net/connection.h"
#include "settings/load.h"
#include "smtp/drop_frame.h"
#include "spool/file_system.h"
#include "support/expected_log.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::app {
namespace {

using test::was_logged;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kMessage = "DATA\r\nSubject: hi\r\n\r\nbody\r\n.\r\nQUIT\r\n";
const std::string kSubmission = "EHLO me\r\nMAIL FROM:<alice@example.net>\r\nRCPT TO:<root>\r\n" + kMessage;

/// Says it all at once, and hears until the daemon hangs up.
Task<std::string> converse(Executor executor, std::string path, std::string words) {
  const auto connected = co_await net::connect_unix(executor, path);
  if (!connected) co_return "no connection: " + connected.error().text;
  net::Stream& stream = **connected;
  stream.expires_after(Seconds(60));
  static_cast<void>(co_await stream.write(words));
  std::string heard;
  std::array<char, 4096> piece{};
  for (;;) {
    const auto count = co_await stream.read_some(piece);
    if (!count || *count == 0) co_return heard;
    heard.append(piece.data(), *count);
  }
}

class AppTest : public testing::Test {
 protected:
  AppTest() {
    // A test's directory may be in memory, which the daemon warns of.
    if (spool::fleeting(dir.path())) fleeting.emplace("the spool does not last");
    configure("one.example.net");
  }

  void configure(const std::string& hostname, const std::string& more = "") {
    dir.write("postern.yaml", "hostname: " + hostname + "\nspool: " + dir / "spool" +
                                  "\nlisten:\n  submit: " + dir / "submit.sock" +
                                  "\n  control: " + dir / "control.sock" + "\n  smtp: []\n" + more);
  }
  std::unique_ptr<App> make() {
    auto loaded = settings::load(dir / "postern.yaml");
    EXPECT_TRUE(loaded.settings);
    return std::make_unique<App>(loop, dir / "postern.yaml", std::move(loaded), Trace::no);
  }
  void start() {
    app = make();
    const Result<void> started = test::wait(loop, app->start());
    ASSERT_TRUE(started) << started.error().text;
  }
  void stop() {
    test::wait(loop, app->stop());
    app.reset();
  }
  std::string submit(const std::string& words) {
    return test::wait(loop, converse(loop.get_executor(), dir / "submit.sock", words));
  }
  std::string command(const std::string& words) {
    return test::wait(loop, converse(loop.get_executor(), dir / "control.sock", words + "\n"));
  }
  void run_until(const std::function<bool()>& done) {
    loop.restart();
    for (int i = 0; i < 6000 && !done(); ++i) loop.run_one_for(Milliseconds(10));
    EXPECT_TRUE(done());
  }
  [[nodiscard]] std::size_t queued() const {
    const std::filesystem::directory_iterator files(dir / "spool" + "/queue");
    return static_cast<std::size_t>(std::distance(files, {}));
  }

  test::ScratchDir dir;
  std::optional<test::ExpectLog> fleeting;
  test::ExpectLog no_smarthost{"no smarthost is configured"};
  boost::asio::io_context loop;
  std::unique_ptr<App> app;
};

TEST_F(AppTest, TakesMailAndKeepsItOverARestart) {
  start();
  EXPECT_TRUE(was_logged("ready version="));
  const std::string heard = submit(kSubmission);
  EXPECT_THAT(heard, StartsWith("220 one.example.net "));
  EXPECT_THAT(heard, HasSubstr("250 2.0.0 queued as "));
  EXPECT_EQ(queued(), 1U);
  EXPECT_THAT(command("mailq"), HasSubstr("root@one.example.net"));
  stop();
  EXPECT_THAT(submit("QUIT\r\n"), StartsWith("no connection"));
  start();
  EXPECT_TRUE(was_logged("waiting=1"));
  EXPECT_THAT(command("mailq"), HasSubstr("root@one.example.net"));
  stop();
}

TEST_F(AppTest, ASubmissionThatIsAskedForAgainAfterARestartIsNoSecondMessage) {
  const std::string words = "EHLO me\r\nMAIL FROM:<alice@example.net> XSUBMISSION=" + std::string(32, 'a') +
                            "\r\nRCPT TO:<root>\r\n" + kMessage;
  const auto id_in = [](const std::string& heard) {
    const std::size_t at = heard.find("queued as ");
    return at == std::string::npos ? heard : heard.substr(at + 10, QueueId::kLength);
  };
  start();
  const std::string id = id_in(submit(words));
  EXPECT_TRUE(QueueId::parse(id)) << id;
  stop();
  start();
  EXPECT_EQ(id_in(submit(words)), id);
  EXPECT_EQ(queued(), 1U);
  stop();
}

TEST_F(AppTest, TakesWhatWasDroppedBeforeTheStartAndWhatIsDroppedAfterIt) {
  std::filesystem::create_directories(dir / "spool" + "/drop");
  const auto drop = [this](char letter) {
    const std::string text = "Subject: dropped\n\nbody\n";
    const smtp::DropFrame frame =
        smtp::drop_frame("MAIL FROM:<alice> XSUBMISSION=" + std::string(32, letter) + "\nRCPT TO:<root>\nDATA\n", text);
    const std::string whole = dir.write("frame", frame.head + text + frame.tail, 0604);
    std::filesystem::rename(whole, dir / "spool" + "/drop/" + letter);
  };
  drop('a');
  start();
  run_until([this] { return queued() == 1; });
  drop('b');
  run_until([this] { return queued() == 2; });
  run_until([this] { return std::filesystem::is_empty(dir / "spool" + "/drop"); });
  stop();
}

TEST_F(AppTest, AReloadPutsNewSettingsInForceAndABrokenFileDoesNot) {
  const test::ExpectLog what("unknown key");
  const test::ExpectLog kept("the old settings stay in force");
  start();
  configure("two.example.net");
  app->reload();
  run_until([] { return was_logged("settings reloaded"); });
  EXPECT_THAT(submit("QUIT\r\n"), StartsWith("220 two.example.net "));
  EXPECT_THAT(command(R"({"command":"status"})"), Not(HasSubstr("complaints")));
  configure("three.example.net", "frobnicate: 1\n");
  app->reload();
  run_until([] { return was_logged("the old settings stay in force"); });
  EXPECT_THAT(submit("QUIT\r\n"), StartsWith("220 two.example.net "));
  EXPECT_THAT(command(R"({"command":"status"})"), HasSubstr("the settings file is wrong"));
  stop();
}

TEST_F(AppTest, AReloadThatComesDuringTheStartIsDoneAfterIt) {
  app = make();
  configure("two.example.net");
  app->reload();
  ASSERT_TRUE(test::wait(loop, app->start()));
  run_until([] { return was_logged("settings reloaded"); });
  EXPECT_THAT(submit("QUIT\r\n"), StartsWith("220 two.example.net "));
  stop();
}

TEST_F(AppTest, AStopAtAnyMomentOfTheStartEndsIt) {
  for (std::size_t steps = 0; steps < 8; ++steps) {
    app = make();
    std::optional<Result<void>> started;
    boost::asio::co_spawn(loop, app->start(), [&started](const std::exception_ptr& failure, Result<void> result) {
      EXPECT_FALSE(failure);
      started = std::move(result);
    });
    loop.restart();
    for (std::size_t i = 0; i < steps && !started; ++i) loop.run_one();
    test::wait(loop, app->stop());
    run_until([&started] { return started.has_value(); });
    app.reset();
    ASSERT_TRUE(started);
    EXPECT_TRUE(steps > 0 || !*started) << "the stop comes before anything is built";
    // The threads of the disk may have been faster than the stop.
    if (!*started) {
      EXPECT_EQ(started->error().failure, Failure::cancelled) << steps << ": " << started->error().text;
    }
  }
  start();
  EXPECT_THAT(submit(kSubmission), HasSubstr("250 2.0.0 queued as "));
  stop();
}

TEST_F(AppTest, ASecondDaemonOnTheSameSpoolDoesNotStart) {
  start();
  const std::unique_ptr<App> second = make();
  const Result<void> started = test::wait(loop, second->start());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().failure, Failure::busy);
  EXPECT_THAT(submit(kSubmission), HasSubstr("250 2.0.0 queued as "));
  stop();
}

TEST_F(AppTest, MailForALocalNameGoesWhereTheAliasesSay) {
  configure("one.example.net", "aliases: {root: admin@example.com}\n");
  start();
  EXPECT_THAT(submit(kSubmission), HasSubstr("250 2.0.0 queued as "));
  EXPECT_THAT(command("mailq"), HasSubstr("admin@example.com"));
  EXPECT_THAT(command(R"({"command":"send-test","recipient":"root"})"), HasSubstr("no smarthost is configured"));
  stop();
}

TEST_F(AppTest, NewaliasesPutsTheFileInForceForEveryDoorAndForReports) {
  const std::string file = dir.write("aliases", "root: old@example.com\n", 0644);
  configure("one.example.net", "aliases_file: " + file + "\n");
  start();
  EXPECT_THAT(submit(kSubmission), HasSubstr("250 2.0.0 queued as "));
  EXPECT_THAT(command("mailq"), HasSubstr("old@example.com"));
  dir.write("aliases", "root: new@example.com, b@example.com\nlogs: /var/log/mail\n", 0644);
  EXPECT_EQ(command("newaliases"),
            "ok\n" + file + ": 1 alias, 1 passed over\n" + file +
                ":2: 'logs' leads to a file, to which nothing is written; this is passed over\nend 0\n");
  EXPECT_TRUE(was_logged("aliases read anew"));
  EXPECT_THAT(submit(kSubmission), HasSubstr("250 2.0.0 queued as "));
  EXPECT_THAT(command("mailq"), HasSubstr("new@example.com"));
  EXPECT_THAT(command(R"({"command":"status"})"), HasSubstr(R"("recipients":["new@example.com","b@example.com"])"));
  std::filesystem::remove(file);
  EXPECT_THAT(command("newaliases"), StartsWith("error 65 the aliases of before stay in force: "));
  EXPECT_THAT(command(R"({"command":"status"})"), HasSubstr("new@example.com"));
  stop();
}

TEST_F(AppTest, NewaliasesWithoutAFileSaysWhereTheAliasesAre) {
  configure("one.example.net", "aliases_file: none\n");
  start();
  EXPECT_THAT(command("newaliases"), StartsWith("ok\nno file of aliases is read, since 'aliases_file' is none"));
  stop();
}

}  // namespace
}  // namespace postern::app
