// Readers of the log that are slow, stopped and gone.
#include "base/log_outlet.h"

#include "base/fd.h"
#include "base/journal_socket.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace postern {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr Milliseconds kPatience{20'000};

std::string told(std::uint64_t lost) { return "lost " + std::to_string(lost) + "\n"; }
std::string line(int number) { return "line " + std::to_string(number) + "\n"; }

/// Takes so many bytes in all, and after that as `then` says.
struct Reader {
  std::mutex mutex;
  std::size_t room = 0;
  bool broken = false;
  std::size_t at_once = 1'000'000;
  std::string got;

  std::optional<std::size_t> take(std::string_view text) {
    const std::scoped_lock lock(mutex);
    if (broken) return std::nullopt;
    const std::size_t count = std::min({text.size(), room, at_once});
    got += text.substr(0, count);
    room -= count;
    return count;
  }
  void give(std::size_t bytes) {
    const std::scoped_lock lock(mutex);
    room += bytes;
  }
  LogOutlet::Take function() {
    return [this](std::string_view text) { return take(text); };
  }
};

TEST(LogOutlet, HandsOverInOrderHoweverLittleIsTakenAtOnce) {
  std::string all;
  for (int number = 0; number < 100; ++number) all += line(number);
  for (const std::size_t at_once : {1U, 2U, 7U, 100'000U}) {
    for (const std::size_t first : {0U, 1U, 100U}) {
      Reader reader;
      reader.at_once = at_once;
      reader.room = first;
      LogOutlet outlet(reader.function(), told);
      for (int number = 0; number < 100; ++number) outlet.put(line(number));
      reader.give(1'000'000);
      outlet.drain(kPatience);
      EXPECT_EQ(reader.got, all);
    }
  }
}

TEST(LogOutlet, TellsAfterwardsHowManyLinesWereLost) {
  Reader reader;
  LogOutlet outlet(reader.function(), told, 80);
  for (int number = 10; number < 40; ++number) outlet.put(line(number));  // 8 bytes each: 8 of them are kept
  reader.give(1'000'000);
  outlet.drain(kPatience);
  outlet.put(line(99));
  EXPECT_THAT(reader.got, EndsWith("line 16\nline 17\nlost 22\nline 99\n"));
}

TEST(LogOutlet, TellsWhatWasLostInItsPlaceAlsoToAReaderWhoIsAlwaysBehind) {
  Reader reader;
  LogOutlet outlet(reader.function(), told, 80);
  for (int number = 10; number < 40; ++number) outlet.put(line(number));
  reader.give(2 * std::string_view("line 10\n").size());
  outlet.put(line(98));
  outlet.put(line(99));
  reader.give(1'000'000);
  outlet.drain(kPatience);
  EXPECT_THAT(reader.got, EndsWith("line 16\nline 17\nlost 22\nline 98\nlost 1\n"));
}

TEST(LogOutlet, KeepsRoomForWarningsWhereAllElseIsLost) {
  Reader reader;
  LogOutlet outlet(reader.function(), told, 800);
  for (int number = 100; number < 300; ++number) outlet.put(line(number));
  outlet.put("warning\n", Level::warning);
  reader.give(1'000'000);
  outlet.drain(kPatience);
  EXPECT_THAT(reader.got, EndsWith("line 176\nlost 123\nwarning\n"));
}

TEST(LogOutlet, EndsALineOfWhichTheReaderGotTheBeginningAlone) {
  // A disk that is full for one call, or for two.
  for (const int failures : {1, 2}) {
    Reader reader;
    reader.at_once = 3;
    reader.room = 1'000'000;
    int calls = 0;
    const auto take = [&](std::string_view text) {
      const int call = ++calls;
      return call > 1 && call <= 1 + failures ? std::nullopt : reader.take(text);
    };
    LogOutlet outlet(take, told);
    for (int number = 0; number < 3; ++number) outlet.put(line(number));
    EXPECT_EQ(reader.got, failures == 1 ? "lin\nlost 1\nline 1\nline 2\n" : "lin\nline 1\nlost 1\nline 2\n");
  }
}

/// Takes nothing until it is `open`, and then only what this thread hands over.
struct OneThreadsReader {
  std::thread::id thread = std::this_thread::get_id();
  std::atomic<bool> open = false;
  std::atomic<int> others = 0;          ///< calls of another thread
  std::atomic<bool> disturbed = false;  ///< by a signal that it may be sent
  std::string got;

  std::optional<std::size_t> take(std::string_view text) {
    if (std::this_thread::get_id() == thread) {
      if (open) got += text;
      return open ? text.size() : 0;
    }
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (const int signal : {SIGTERM, SIGHUP, SIGUSR1}) {
      if (sigismember(&mask, signal) == 0) disturbed = true;
    }
    ++others;
    return 0;
  }
};

TEST(LogOutlet, HandsOverItselfAtTheEndWhateverItsThreadWaitsFor) {
  OneThreadsReader reader;
  LogOutlet outlet([&](std::string_view text) { return reader.take(text); }, told);
  outlet.put(line(1));
  reader.open = true;
  outlet.drain(Milliseconds(2000));
  EXPECT_EQ(reader.got, line(1));
}

TEST(LogOutlet, ItsThreadIsSentNoSignal) {
  OneThreadsReader reader;
  LogOutlet outlet([&](std::string_view text) { return reader.take(text); }, told);
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  outlet.put(line(1));
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
  while (reader.others == 0) std::this_thread::yield();
  EXPECT_FALSE(reader.disturbed);
  reader.open = true;
}

TEST(LogOutlet, WhatWillNeverBeTakenIsLostAtOnceAndTold) {
  Reader reader;
  reader.room = 1'000'000;
  LogOutlet outlet(reader.function(), told);
  reader.broken = true;
  for (int number = 0; number < 5; ++number) outlet.put(line(number));
  reader.broken = false;
  outlet.put(line(5));
  EXPECT_EQ(reader.got, "lost 5\nline 5\n");
}

TEST(LogOutlet, TakesLinesOfManyThreadsWhole) {
  Reader reader;
  reader.at_once = 3;
  {
    LogOutlet outlet(reader.function(), told);
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) outlet.put("abcdefg\n");
      });
    }
    for (int i = 0; i < 100; ++i) reader.give(64);
    for (std::thread& thread : threads) thread.join();
  }
  std::string whole;
  for (int i = 0; i < 800; ++i) whole += "abcdefg\n";
  EXPECT_EQ(reader.got, whole) << "what it still keeps is handed over when it goes";
}

TEST(LogOutlet, ThatNobodyReadsHoldsNobodyUpAtTheEnd) {
  Reader reader;
  const auto begun = std::chrono::steady_clock::now();
  {
    LogOutlet(reader.function(), told).put("x");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience);
  reader.give(10);
  // Its thread has what it needs, and ends by itself.
  while (true) {
    const std::scoped_lock lock(reader.mutex);
    if (!reader.got.empty()) break;
  }
}

struct Ends {
  UniqueFd reading;
  UniqueFd writing;
};

Ends a_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Ends sockets() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string read_until(int descriptor, const std::string& end) {
  std::string all;
  std::array<char, 4096> piece{};
  while (!all.ends_with(end)) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count <= 0) break;
    all.append(piece.data(), static_cast<std::size_t>(count));
  }
  return all;
}

TEST(LogOutlet, NeverWaitsForAPipeOrASocketThatNobodyReads) {
  std::signal(SIGPIPE, SIG_IGN);  // as the daemon has it
  for (const bool socket : {false, true}) {
    Ends ends = socket ? sockets() : a_pipe();
    // Not of a multiple of what a pipe holds, and longer than it takes at once.
    const std::string text = std::string(5000, 'x') + "\n";
    LogOutlet outlet(take_by_descriptor(ends.writing.get()), told);
    for (int number = 0; number < 1000; ++number) outlet.put(text);  // 5 MB: it would have to wait
    EXPECT_EQ(::fcntl(ends.writing.get(), F_GETFL) & O_NONBLOCK, 0) << "others use it, too";
    ends.reading.reset();
    outlet.drain(kPatience);
  }
}

TEST(LogOutlet, SaysItWhenThePipeIsReadAgain) {
  for (const bool socket : {false, true}) {
    const Ends ends = socket ? sockets() : a_pipe();
    LogOutlet outlet(take_by_descriptor(ends.writing.get()), told);
    for (int number = 0; number < 1000; ++number) outlet.put(std::string(5000, 'x') + "\n");
    std::string got;
    std::thread reader([&] { got = read_until(ends.reading.get(), "the end\n"); });
    outlet.drain(kPatience);
    outlet.put("the end\n");
    reader.join();
    EXPECT_THAT(got, EndsWith("the end\n"));
    EXPECT_THAT(got, HasSubstr("\nlost "));
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = got.find(std::string(5000, 'x') + "\n", at)) != std::string::npos; at += 5001)
      ++lines;
    EXPECT_THAT(got, HasSubstr("\nlost " + std::to_string(1000 - lines) + "\n"))
        << "every line came whole or is counted";
  }
}

TEST(LogOutlet, DoesWithoutAReader) {
  std::signal(SIGPIPE, SIG_IGN);
  for (const bool socket : {false, true}) {
    Ends ends = socket ? sockets() : a_pipe();
    ends.reading.reset();
    LogOutlet outlet(take_by_descriptor(ends.writing.get()), told);
    for (int number = 0; number < 100; ++number) outlet.put(line(number));
  }
  LogOutlet closed(take_by_descriptor(-1), told);
  closed.put("x\n");
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  LogOutlet disk(take_by_descriptor(full.get()), told);
  disk.put("x\n");
}

TEST(JournalSocket, GetsADatagramAFactAndHoldsNobodyUpWhenItIsFull) {
  const test::ScratchDir directory;
  const std::string path = directory / "socket";
  const UniqueFd journal(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(journal.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  LogOutlet outlet(
      take_by_journal(path), [](std::uint64_t lost) { return journal_datagram({"LOST=" + std::to_string(lost)}); },
      3000);
  for (int number = 0; number < 5000; ++number) {
    outlet.put(journal_datagram({"MESSAGE=line " + std::to_string(number), "PRIORITY=6"}));
  }
  std::array<char, 4096> piece{};
  std::vector<std::string> got;
  pollfd ready{journal.get(), POLLIN, 0};
  while (::poll(&ready, 1, 20'000) == 1) {
    const ssize_t count = ::recv(journal.get(), piece.data(), piece.size(), 0);
    got.emplace_back(piece.data(), static_cast<std::size_t>(count));
    if (got.back().starts_with("LOST=")) break;
  }
  ASSERT_GT(got.size(), 2U);
  EXPECT_EQ(got[0], "MESSAGE=line 0\nPRIORITY=6\n");
  EXPECT_EQ(got[1], "MESSAGE=line 1\nPRIORITY=6\n");
  EXPECT_EQ(got.back(), "LOST=" + std::to_string(5001 - got.size()) + "\n");
}

TEST(JournalSocket, ThatIsGoneOrNeverWasTakesNothing) {
  const test::ScratchDir directory;
  EXPECT_FALSE(take_by_journal(directory / "socket")("MESSAGE=x\n"));
  EXPECT_FALSE(take_by_journal("/" + std::string(300, 'x'))("MESSAGE=x\n"));
}

}  // namespace
}  // namespace postern
