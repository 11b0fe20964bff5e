#include "credentials/command.h"

#include "credentials/child.h"
#include "credentials/file.h"
#include "credentials/flight.h"

#include <utility>

namespace postern::credentials {
namespace {

/// Only the program's name: arguments may tell more than a log should.
std::string words_of(const Command& command) {
  return "the " + command.what + " " +
         (command.argv.empty() ? std::string("(empty)") : printable(command.argv.front()));
}

std::string in_its_words(const Finished& finished) {
  const std::string words = finished.last_words();
  return words.empty() ? std::string() : "; it said: " + words;
}

Result<Secret> conclude(const Command& command, Finished finished) {
  const std::string name = words_of(command);
  const std::string said = in_its_words(finished);
  const auto seconds = std::chrono::ceil<Seconds>(command.time);
  switch (finished.end) {
    case Finished::End::out_of_time:
      return Error{Failure::timeout, name + " did not end within " + to_words(seconds) + " and was killed" + said};
    case Finished::End::too_much_output:
      return Error{Failure::limit, name + " wrote more than 64 KiB and was killed" + said};
    case Finished::End::signal:
      return Error{Failure::io, name + " was ended by signal " + std::to_string(finished.status) + said};
    case Finished::End::unknown: return Error{Failure::io, name + " ended, but its exit status is lost" + said};
    case Finished::End::exit: break;
  }
  if (finished.status != 0) {
    return Error{Failure::io, name + " failed with exit status " + std::to_string(finished.status) + said};
  }
  const std::string_view output = finished.output.reveal();
  std::string line(output.substr(0, std::min(output.find('\n'), output.size())));
  if (line.ends_with('\r')) line.pop_back();
  return one_line(std::move(line), "the first line of " + name);
}

Task<Result<Secret>> run(Executor loop, Command command) {
  auto started = Child::start(loop, command.argv);
  if (!started) {
    Error error = started.error();
    error.text = "cannot run " + words_of(command) + ": " + error.text;
    co_return error;
  }
  const std::shared_ptr<Child> child = std::move(*started);
  auto finished = co_await child->finish(command.time, kLongestSecret);
  co_return conclude(command, std::move(finished));
}

class CommandOrigin final : public SecretOrigin {
 public:
  CommandOrigin(Executor loop, Command command)
      : loop_(loop), command_(std::move(command)), flight_(loop, command_.what) {}

  Task<Result<Secret>> get(Source::Want) override {
    return flight_.join([loop = loop_, command = command_] { return run(loop, command); });
  }

 private:
  Executor loop_;
  Command command_;
  Flight flight_;
};

}  // namespace

std::shared_ptr<SecretOrigin> make_command_origin(Executor loop, Command command) {
  return std::make_shared<CommandOrigin>(std::move(loop), std::move(command));
}

}  // namespace postern::credentials
