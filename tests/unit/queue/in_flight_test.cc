// What survives the process. The crashes are real ones, of child processes.
#include "queue/in_flight.h"

#include "support/expected_log.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace postern::queue {
namespace {

constexpr std::size_t kWhere = 100;  // a byte of the table

class InFlightTest : public testing::Test {
 protected:
  /// A process that notes `value` and then does `end`; how it ended, as waitpid tells it.
  int process(char value, void (*end)()) const {
    const pid_t child = ::fork();
    if (child == 0) {
      InFlight in_flight(spool_);
      in_flight.memory()[kWhere] = value;
      end();
      ::_exit(EXIT_SUCCESS);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }
  struct Found {
    char value;
    char crashed;
    bool operator==(const Found&) const = default;
  };
  [[nodiscard]] Found found() const {
    InFlight next(spool_);
    return {next.memory()[kWhere], next.memory()[Suspects::kCrashedAt]};
  }
  [[nodiscard]] std::string file() const { return spool_ + "/in-flight"; }

  test::ScratchDir dir_;
  std::string spool_ = dir_.path();
};

TEST_F(InFlightTest, P35_ACrashKeepsWhatWasNotedAndEndsTheProcessAsBefore) {
  const int status = process('x', [] { std::abort(); });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
  EXPECT_EQ(found(), (Found{'x', 1}));
}

TEST_F(InFlightTest, AnAbortByTheServiceManagersWatchdogIsNoCrash) {
  {
    InFlight before(spool_);
    before.memory()[kWhere] = 'a';
    before.save();
  }
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    InFlight in_flight(spool_);
    in_flight.memory()[kWhere] = 'x';
    if (::write(ready[1], "!", 1) != 1) ::_exit(EXIT_FAILURE);
    for (;;) ::pause();
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  ASSERT_EQ(::kill(child, SIGABRT), 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
  EXPECT_EQ(found(), (Found{'a', 0}));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(InFlightTest, ASignalToOneselfIsACrashToo) {
  const int status = process('x', [] { ::kill(::getpid(), SIGABRT); });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
  EXPECT_EQ(found(), (Found{'x', 1}));
}

TEST_F(InFlightTest, AKillLeavesWhatWasSavedBefore) {
  {
    InFlight before(spool_);
    before.memory()[kWhere] = 'a';
    before.save();
  }
  const int status = process('x', [] { ::raise(SIGKILL); });
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(found(), (Found{'a', 0}));
}

TEST_F(InFlightTest, TheFileIsForItsOwnerAloneAndOfOneSize) {
  InFlight in_flight(spool_);
  in_flight.save();
  struct stat about{};
  ASSERT_EQ(::stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
  EXPECT_EQ(about.st_size, static_cast<off_t>(Suspects::kMemory));
}

TEST_F(InFlightTest, AShortFileIsTheBeginningOfTheMemory) {
  std::ofstream(file()) << "beginning";
  InFlight in_flight(spool_);
  EXPECT_EQ(std::string(in_flight.memory().data(), 10), std::string("beginning") + '\0');
}

TEST_F(InFlightTest, WithoutAFileTheMemoryServesAllTheSame) {
  const test::ExpectLog expected("cannot be recognised");
  std::filesystem::create_directory(file());
  InFlight in_flight(spool_);
  EXPECT_EQ(std::ranges::count(in_flight.memory(), '\0'), static_cast<std::ptrdiff_t>(Suspects::kMemory));
  in_flight.memory()[kWhere] = 'x';
  in_flight.save();
}

TEST_F(InFlightTest, ALinkIsNotFollowed) {
  const test::ExpectLog expected("cannot be recognised");
  std::ofstream(spool_ + "/elsewhere") << "precious";
  std::filesystem::create_symlink("elsewhere", file());
  InFlight in_flight(spool_);
  in_flight.memory()[kWhere] = 'x';
  in_flight.save();
  EXPECT_EQ(std::filesystem::file_size(spool_ + "/elsewhere"), 8U);
}

}  // namespace
}  // namespace postern::queue
