#include "app/notify.h"

#include "base/clock.h"
#include "credentials/child.h"

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace postern::app {
namespace {

constexpr Seconds kPatience{30};
constexpr std::size_t kOutput = 64U << 10U;  // is read and thrown away

/// Failures: io, with the program and what became of it.
Task<Result<void>> run_program(const Executor& loop, const std::vector<std::string>& argv) {
  using End = credentials::Finished::End;
  const std::string& program = argv.front();
  auto started = credentials::Child::start(loop, argv);
  if (!started) co_return Error{Failure::io, program + " cannot be run: " + started.error().text};
  const std::shared_ptr<credentials::Child> child = std::move(*started);
  const credentials::Finished finished = co_await child->finish(kPatience, kOutput);
  if (finished.end == End::exit && finished.status == 0) co_return Result<void>();
  std::string why = finished.end == End::out_of_time ? " did not end within 30 s"
                                                     : " ended with status " + std::to_string(finished.status);
  const Redactor none;  // it is given the alarm and no secret of ours
  if (const std::string said = finished.last_words(none); !said.empty()) why += ": " + said;
  co_return Error{Failure::io, program + why};
}

Task<void> tell(Executor loop, std::vector<std::string> argv, queue::Config::Ended ended) {
  // However it ends: no other alarm goes out before this one has.
  Result<void> result;
  try {
    result = co_await run_program(loop, argv);
  } catch (const std::exception& problem) {
    result = Error{Failure::io, argv.front() + " cannot be run: " + problem.what()};
  }
  ended(result);
}

}  // namespace

std::function<void(const std::string& what, const std::string& text, queue::Config::Ended ended)> operator_program(
    const Executor& loop, const std::vector<std::string>& command) {
  if (command.empty()) return {};
  return [loop, command](const std::string& what, const std::string& text, queue::Config::Ended ended) {
    std::vector<std::string> argv = command;
    argv.push_back(what);
    argv.push_back(text);
    spawn(loop, tell(loop, std::move(argv), std::move(ended)), "notify.command");
  };
}

}  // namespace postern::app
