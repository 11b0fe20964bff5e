// Real programs: /bin/sh and what it runs, with short time-outs where one must pass.
#include "credentials/command.h"

#include "credentials/child.h"
#include "support/expected_log.h"
#include "world.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <thread>

namespace postern::credentials {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct Bench {
  boost::asio::io_context loop;
  std::shared_ptr<Redactor> redactor = std::make_shared<Redactor>();

  Tell tell;

  std::shared_ptr<SecretOrigin> origin(std::vector<std::string> argv, Milliseconds time = Milliseconds(30'000)) {
    Command command;
    command.what = "password command";
    command.argv = std::move(argv);
    command.tell = tell;
    command.time = time;
    return make_command_origin(loop.get_executor(), command, redactor);
  }
  Result<Secret> run(std::vector<std::string> argv, Milliseconds time = Milliseconds(30'000)) {
    const auto made = origin(std::move(argv), time);
    return wait(loop, made->get(Source::Want::current));
  }
  Result<Secret> shell(const std::string& script, Milliseconds time = Milliseconds(30'000)) {
    return run({"/bin/sh", "-c", script}, time);
  }
};

TEST(Command, GivesItsFirstLine) {
  Bench bench;
  for (const std::string script : {"printf 'se cret'", "printf 'se cret\\n'", "printf 'se cret\\r\\n'",
                                   "printf 'se cret\\nuser: me\\n\\n'", "printf 'se '; sleep 0.01; printf 'cret\\n'"}) {
    const auto secret = bench.shell(script);
    ASSERT_TRUE(secret) << script << ": " << secret.error().text;
    EXPECT_EQ(secret->reveal(), "se cret") << script;
  }
}

TEST(Command, MustGiveALineThatCanBeASecret) {
  Bench bench;
  for (const std::string script : {"true", "printf '\\n'", "printf '\\r\\n'", "printf '\\nsecret\\n'",
                                   "printf 'a\\000b\\n'", "printf 'a\\rb\\n'"}) {
    const auto secret = bench.shell(script);
    ASSERT_FALSE(secret) << script;
    EXPECT_EQ(secret.error().failure, Failure::invalid);
    EXPECT_THAT(secret.error().text, HasSubstr("password command /bin/sh"));
  }
}

/// The words that the log has of a program that failed; empty: none.
std::string in_the_log() {
  std::string last;
  for (const std::string& line : test::logged()) {
    if (line.find("a program that failed said") != std::string::npos) last = line;
  }
  return last;
}

TEST(Command, ThatFailsIsNamedWithItsStatusAndItsWordsAreForTheLogAlone) {
  Bench bench;
  const auto secret = bench.shell("echo hunter2; echo 'the vault is\tlocked' >&2; exit 3");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().failure, Failure::io);
  EXPECT_EQ(secret.error().text, "the password command /bin/sh failed with exit status 3; what it said is in the log");
  EXPECT_THAT(in_the_log(), HasSubstr("words=\"the vault is\\x09locked\""));
  EXPECT_EQ(bench.shell("exit 3").error().text, "the password command /bin/sh failed with exit status 3");
}

TEST(Command, WordsThatRepeatASecretAreInNoLogEither) {
  Bench bench;
  bench.redactor->learn("of-another-time");
  for (const std::string script : {"echo hunter2-x; echo 'cannot store hunter2-x' >&2; exit 1",
                                   "echo hunter2-x; printf %s hunter2-x | base64 >&2; exit 1",
                                   "printf 'user: me\\nhunter2-x\\n'; echo 'user: me hunter2-x' >&2; exit 1",
                                   "printf 'user: me\\nhunter2-x\\nmore\\n'; echo 'hunter2-x is wrong' >&2; exit 1",
                                   "printf '{\\n\\n  pin\\n  12345\\n}\\n'; echo 'no 12345' >&2; exit 1",
                                   "echo 'of-another%2Dtime is wrong' >&2; exit 1"}) {
    ASSERT_FALSE(bench.shell(script));
    EXPECT_THAT(in_the_log(), HasSubstr(Redactor::kRemark)) << script;
  }
  ASSERT_FALSE(bench.shell("echo 'hunter2-x is wrong' >&2; exit 1"));
  EXPECT_THAT(in_the_log(), HasSubstr("hunter2-x is wrong")) << "what a failed program wrote is not known to be secret";
  ASSERT_FALSE(
      bench.shell("echo 0123456789abcdefghijklmnopqrst; (echo 0123456789abcdefghijklmnopqrst is wrong; printf 'y%.0s' "
                  "$(seq 475)) >&2; exit 1"));
  EXPECT_THAT(in_the_log(), HasSubstr(Redactor::kRemark)) << "nor the end of one that is cut off";
}

TEST(Command, WordsOfWhatGaveNoUsableLineAreToldToo) {
  Bench bench;
  const auto secret = bench.shell("echo; echo 'the vault is locked' >&2");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().text, "the first line of the password command /bin/sh is empty; what it said is in the log");
  EXPECT_THAT(in_the_log(), HasSubstr("the vault is locked"));
  EXPECT_EQ(bench.shell("echo").error().text, "the first line of the password command /bin/sh is empty");
}

TEST(Command, WordsGoWhereTheMakerSaysAndNowhereElse) {
  Bench bench;
  std::string heard;
  bench.tell = [&heard](const std::string& program, const std::string& words) {
    heard += program + ": " + words;
    return std::string("above");
  };
  const auto secret = bench.shell("echo hunter2-x; echo 'the vault is locked' >&2; exit 3");
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().text, EndsWith("failed with exit status 3; what it said is above"));
  EXPECT_EQ(heard, "the password command /bin/sh: the vault is locked");
  EXPECT_EQ(in_the_log(), "");
  heard.clear();
  ASSERT_FALSE(bench.shell("echo hunter2-x; echo 'not hunter2-x' >&2; exit 3"));
  EXPECT_THAT(heard, EndsWith(Redactor::kRemark));
}

TEST(Command, ErrorsAndLogsNeverShowItsOutputOrItsArguments) {
  Bench bench;
  for (const std::string script : {"echo hunter2; exit 1", "echo hunter2; kill -9 $$", "printf 'hunter2\\000\\n'"}) {
    const auto secret = bench.shell(script);
    ASSERT_FALSE(secret);
    EXPECT_THAT(secret.error().text, Not(HasSubstr("hunter2")));
  }
  ASSERT_TRUE(bench.shell("echo hunter2"));
  EXPECT_THAT(test::logged(), Not(testing::Contains(HasSubstr("hunter2"))));
}

TEST(Command, KeepsOnlyTheEndOfALongComplaint) {
  Bench bench;
  const auto secret = bench.shell("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1");
  ASSERT_FALSE(secret);
  EXPECT_THAT(in_the_log(), EndsWith("line 2999\""));
  EXPECT_LT(in_the_log().size(), 700U);
}

TEST(Command, EndedByASignalIsSaidSo) {
  Bench bench;
  const auto secret = bench.shell("kill -TERM $$");
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().text, HasSubstr("ended by signal 15"));
}

TEST(Command, ThatCannotBeRunIsSaidSo) {
  Bench bench;
  const ScratchDir dir;
  const auto missing = bench.run({"/nowhere/pass"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().failure, Failure::not_found);
  EXPECT_THAT(missing.error().text, HasSubstr("cannot run the password command /nowhere/pass"));
  const auto plain = bench.run({dir.write("plain", "echo x\n", 0600)});
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().failure, Failure::denied);
  const auto none = bench.run({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().failure, Failure::invalid);
}

TEST(Command, WithoutASlashIsLookedForInPath) {
  Bench bench;
  EXPECT_EQ(bench.run({"echo", "secret"})->reveal(), "secret");
}

TEST(Command, SeesNoShell) {
  Bench bench;
  EXPECT_EQ(bench.run({"echo", "$HOME;`id`|*"})->reveal(), "$HOME;`id`|*");
}

TEST(Command, MayWrite64KiBAndNoMore) {
  Bench bench;
  const std::string line = "head -c 65535 /dev/zero | tr '\\0' x; echo";
  EXPECT_EQ(bench.shell(line)->reveal().size(), 65535U);
  for (const std::string& more : {line + "; echo", std::string("exec cat /dev/zero")}) {
    const auto secret = bench.shell(more);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().failure, Failure::limit);
    EXPECT_THAT(secret.error().text, HasSubstr("64 KiB"));
  }
}

TEST(Command, IsKilledWithItsChildrenWhenItsTimeIsOver) {
  Bench bench;
  const ScratchDir dir;
  const auto secret = bench.shell("echo waiting >&2; sh -c 'echo $$ > " + (dir / "child") +
                                      "; exec sleep 100' & echo $$ > " + (dir / "parent") + "; wait; wait",
                                  Milliseconds(5000));
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().failure, Failure::timeout);
  EXPECT_THAT(secret.error().text, HasSubstr("did not end within"));
  EXPECT_THAT(in_the_log(), HasSubstr("words=waiting"));
  // Reaped: the number names no process, not even a zombie.
  EXPECT_EQ(kill(std::stoi(dir.read("parent")), 0), -1);
  const std::string child = dir.read("child");
  ASSERT_FALSE(child.empty());
  // The orphan is killed; whoever is init reaps it sooner or later.
  std::ifstream stat("/proc/" + std::to_string(std::stoi(child)) + "/stat");
  std::string text;
  std::getline(stat, text);
  if (!text.empty()) {
    EXPECT_THAT(text, testing::AnyOf(HasSubstr(") Z "), HasSubstr(") X "), HasSubstr(") R ")));
  }
}

TEST(Command, IsNotWaitedForWhenItCannotBeKilled) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start what it cannot kill afterwards";
  const ScratchDir dir;
  Bench bench;
  const auto outcome = [&](const std::string& script, Milliseconds time) {
    std::string text = "it goes on for ever";
    std::ofstream go(dir / "go");
    const auto origin = bench.origin(
        {"/bin/sh", "-c",
         "echo $$ > " + (dir / "pid") + "; until [ -s " + (dir / "go") + " ]; do sleep 0.01; done; " + script},
        time);
    boost::asio::co_spawn(bench.loop, origin->get(Source::Want::current),
                          [&](const std::exception_ptr&, const Result<Secret>& secret) {
                            text = secret ? "it succeeded" : secret.error().text;
                            bench.loop.stop();
                          });
    bench.loop.restart();
    bench.loop.poll();
    // As with sudo: the command runs as root, and whoever is to kill it as another user. The system call itself is
    // for its thread alone, which the C library's function is not.
    std::thread other([&] {
      constexpr uid_t kNobody = 65534;
      EXPECT_EQ(::syscall(SYS_setresuid, kNobody, kNobody, kNobody), 0);
      go << "now" << std::flush;
      bench.loop.run_for(Seconds(60));
    });
    other.join();
    ::prctl(PR_SET_DUMPABLE, 1);  // a process that has changed its user is not, and LeakSanitizer wants to see it
    kill(std::stoi(dir.read("pid")), SIGKILL);
    bench.loop.restart();
    bench.loop.run_for(Seconds(60));
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was not reaped when it was gone";
    return text;
  };
  EXPECT_EQ(outcome("echo waiting >&2; exec sleep 1000", Milliseconds(3000)),
            "the password command /bin/sh did not end within 3s and cannot be killed; what it said is in the log");
  EXPECT_THAT(in_the_log(), HasSubstr("words=waiting"));
  EXPECT_EQ(outcome("exec cat /dev/zero", Milliseconds(30'000)),
            "the password command /bin/sh wrote more than 64 KiB and cannot be killed");
}

TEST(Command, IsKilledInWhateverGroupItIs) {
  Bench bench;
  const ScratchDir dir;
  const auto secret = bench.run({"perl", "-e",
                                 "setpgrp(0, getpgrp(getppid())); open(F, '>', '" + (dir / "pid") +
                                     "'); print F \"$$ \" . getpgrp(0); close F; sleep 1000"},
                                Milliseconds(3000));
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().text, EndsWith("and was killed"));
  EXPECT_THAT(dir.read("pid"), EndsWith(" " + std::to_string(getpgrp())));
  EXPECT_EQ(kill(std::stoi(dir.read("pid")), 0), -1);
}

TEST(Command, IsOverWhenItEndsEvenIfAnotherProcessKeepsItsOutputOpen) {
  Bench bench;
  const ScratchDir dir;
  // It keeps the output open for longer than the command may take.
  const auto secret = bench.shell("sleep 60 & echo $! > " + (dir / "other") + "; echo secret", Milliseconds(30'000));
  ASSERT_TRUE(secret) << secret.error().text;
  EXPECT_EQ(secret->reveal(), "secret");
  kill(std::stoi(dir.read("other")), SIGKILL);
}

TEST(Command, HasAnEmptyInputCleanSignalsAndAGroupOfItsOwn) {
  Bench bench;
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  EXPECT_EQ(bench.shell("cat; echo end")->reveal(), "end");
  for (const std::string set : {"SigBlk", "SigIgn"}) {
    const auto mask = bench.run({"sed", "-n", "s/^" + set + ":\\t//p", "/proc/self/status"});
    ASSERT_TRUE(mask) << mask.error().text;
    // Two signals of glibc's own lie above the ordinary ones.
    EXPECT_EQ(std::stoull(std::string(mask->reveal()), nullptr, 16) & 0x7FFFFFFFU, 0U) << set << mask->reveal();
  }
  const auto group = bench.shell("ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat");
  ASSERT_TRUE(group) << group.error().text;
  EXPECT_NE(std::stoi(std::string(group->reveal())), getpgrp());
  sigprocmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
}

TEST(Command, InheritsNoDescriptorAndNotTheDaemonsAffairsWithSystemd) {
  Bench bench;
  setenv("NOTIFY_SOCKET", "/run/notify", 1);
  setenv("LISTEN_FDS", "2", 1);
  // 3 is the shell's own, to list the directory.
  EXPECT_EQ(bench.shell("cd /proc/$$/fd; echo *")->reveal(), "0 1 2 3");
  EXPECT_EQ(bench.shell("echo \"[$NOTIFY_SOCKET$LISTEN_FDS]\"")->reveal(), "[]");
  unsetenv("NOTIFY_SOCKET");
  unsetenv("LISTEN_FDS");
}

TEST(Command, RunsOnceForAllWhoAskAtTheSameTimeAndAnewForTheNext) {
  Bench bench;
  const ScratchDir dir;
  const auto origin = bench.origin({"/bin/sh", "-c", "echo run >> " + (dir / "runs") + "; sleep 0.1; echo secret"});
  std::vector<Result<Secret>> answers;
  for (int i = 0; i < 10; ++i) {
    boost::asio::co_spawn(bench.loop, origin->get(Source::Want::current),
                          [&](const std::exception_ptr&, Result<Secret> secret) { answers.push_back(secret); });
  }
  bench.loop.run();
  ASSERT_EQ(answers.size(), 10U);
  for (const auto& answer : answers) EXPECT_EQ(answer->reveal(), "secret");
  EXPECT_EQ(dir.read("runs"), "run\n");
  EXPECT_TRUE(wait(bench.loop, origin->get(Source::Want::current)));
  EXPECT_EQ(dir.read("runs"), "run\nrun\n");
  EXPECT_FALSE(origin->renewable());
}

TEST(Command, LeavesNoProcessAndNoDescriptorBehind) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  Bench bench;
  static_cast<void>(bench.shell("echo x"));
  const auto before = descriptors();
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(bench.shell("echo x"));
    static_cast<void>(bench.shell("exit 1"));
    static_cast<void>(bench.run({"/nowhere/pass"}));
  }
  bench.loop.restart();
  bench.loop.poll();
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was not reaped";
}

TEST(Command, ThatIsGivenUpIsReapedByTheEventLoopWhenItIsGone) {
  boost::asio::io_context loop;
  for (const std::string script : {"sleep 100", "trap '' TERM HUP; sleep 100 & wait", "exit 0", "kill -STOP $$"}) {
    auto child = Child::start(loop.get_executor(), {"/bin/sh", "-c", script});
    ASSERT_TRUE(child) << script;
    child->reset();
    loop.restart();
    loop.run_for(Seconds(10));
    EXPECT_TRUE(loop.stopped()) << script;
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << script << ": a child was not reaped";
  }
}

TEST(Command, IsKilledWhenTheEventLoopGoesAway) {
  const ScratchDir dir;
  {
    Bench bench;
    const auto origin = bench.origin(
        {"/bin/sh", "-c",
         "echo $$ > " + (dir / "new") + "; mv " + (dir / "new") + " " + (dir / "pid") + "; exec sleep 100"});
    boost::asio::co_spawn(bench.loop, origin->get(Source::Want::current),
                          [](const std::exception_ptr&, const Result<Secret>&) {});
    while (!std::filesystem::exists(dir / "pid")) bench.loop.run_one_for(Milliseconds(5));
  }
  const pid_t pid = std::stoi(dir.read("pid"));
  int status = 0;
  const pid_t reaped = waitpid(pid, &status, 0);  // -1: already
  EXPECT_TRUE(reaped == -1 || (reaped == pid && WIFSIGNALED(status)));
  EXPECT_EQ(kill(pid, 0), -1);
}

}  // namespace
}  // namespace postern::credentials
