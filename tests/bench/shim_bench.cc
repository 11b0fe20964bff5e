// Start-up of the shim: fork, exec, `sendmail -bi` (which needs no daemon), exit; beside /bin/true as the floor.
#include <benchmark/benchmark.h>

#include <spawn.h>
#include <sys/wait.h>

#include <array>

extern char** environ;

namespace {

void run(benchmark::State& state, const char* program, const char* argument) {
  std::array<char*, 3> arguments{const_cast<char*>(program), const_cast<char*>(argument), nullptr};
  for (auto _ : state) {
    pid_t child = 0;
    int status = 0;
    if (posix_spawn(&child, program, nullptr, nullptr, arguments.data(), environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0) {
      state.SkipWithError("the program did not run");
      return;
    }
  }
}

BENCHMARK_CAPTURE(run, shim, POSTERN_SENDMAIL, "-bi")->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(run, true_, "/bin/true", nullptr)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
