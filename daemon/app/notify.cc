#include "app/notify.h"

#include "base/clock.h"
#include "base/log.h"
#include "credentials/child.h"

#include <cstddef>
#include <memory>
#include <utility>

namespace postern::app {
namespace {

constexpr Seconds kPatience{30};
constexpr std::size_t kOutput = 64U << 10U;  // is read and thrown away

Task<void> run_program(Executor loop, std::vector<std::string> argv) {
  using End = credentials::Finished::End;
  const std::string& program = argv.front();
  auto started = credentials::Child::start(loop, argv);
  if (!started) {
    log(Level::warning, "notify.command cannot be run", {{"program", program}, {"why", started.error().text}});
    co_return;
  }
  const std::shared_ptr<credentials::Child> child = std::move(*started);
  const credentials::Finished finished = co_await child->finish(kPatience, kOutput);
  if (finished.end == End::exit && finished.status == 0) co_return;
  const bool late = finished.end == End::out_of_time;
  log(Level::warning, "notify.command failed",
      {{"program", program},
       {"why", late ? std::string("it did not end within 30 s") : "its status is " + std::to_string(finished.status)},
       {"said", finished.last_words()}});
}

}  // namespace

std::function<void(const std::string& what, const std::string& text)> operator_program(
    const Executor& loop, const std::vector<std::string>& command) {
  if (command.empty()) return {};
  return [loop, command](const std::string& what, const std::string& text) {
    std::vector<std::string> argv = command;
    argv.push_back(what);
    argv.push_back(text);
    spawn(loop, run_program(loop, std::move(argv)), "notify.command");
  };
}

}  // namespace postern::app
