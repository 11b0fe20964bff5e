#include "credentials/command.h"

#include "base/log.h"
#include "base/text.h"
#include "credentials/child.h"
#include "credentials/file.h"
#include "credentials/flight.h"

#include <string_view>
#include <utility>

namespace postern::credentials {
namespace {

/// Only the program's name: arguments may tell more than a log should.
std::string words_of(const Command& command) {
  return "the " + command.what + " " +
         (command.argv.empty() ? std::string("(empty)") : printable(command.argv.front()));
}

constexpr std::size_t kLines = 8;
constexpr std::size_t kShortestLine = 4;  // "{" is in many words

/// What it wrote before it failed may be the secret, in whichever line, and may be none: it is forgotten again.
bool repeats_output(const Finished& finished) {
  Redactor redactor;
  std::string_view rest = trim(finished.output.reveal());
  redactor.learn(rest);
  for (std::size_t i = 0; i < kLines && !rest.empty(); ++i) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    if (line.size() >= kShortestLine) redactor.learn(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return redactor.repeats(finished.errors);
}

std::string tell_the_log(const std::string& program, const std::string& words) {
  log(Level::info, "a program that failed said", {{"program", program}, {"words", words}});
  return "in the log";
}

/// The words of a program are for who runs it alone: nobody else can tell what they are about. Returns what the error
/// says of them.
std::string told(const Command& command, const Finished& finished, const Redactor& redactor) {
  const std::string words = repeats_output(finished) ? std::string(Redactor::kRemark) : finished.last_words(redactor);
  if (words.empty()) return {};
  const std::string name = words_of(command);
  return "; what it said is " + (command.tell ? command.tell(name, words) : tell_the_log(name, words));
}

Result<Secret> conclude(const Command& command, Finished finished, const Redactor& redactor) {
  const std::string name = words_of(command);
  const bool failed = finished.end != Finished::End::exit || finished.status != 0;
  const std::string said = failed ? told(command, finished, redactor) : std::string();
  const auto seconds = std::chrono::ceil<Seconds>(command.time);
  const std::string killed = finished.left ? " and cannot be killed" : " and was killed";
  switch (finished.end) {
    case Finished::End::out_of_time:
      return Error{Failure::timeout, name + " did not end within " + to_words(seconds) + killed + said};
    case Finished::End::too_much_output: return Error{Failure::limit, name + " wrote more than 64 KiB" + killed + said};
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
  auto secret = one_line(std::move(line), "the first line of " + name);
  if (secret) return secret;
  Error error = secret.error();
  error.text += told(command, finished, redactor);
  return error;
}

Task<Result<Secret>> run(Executor loop, Command command, std::shared_ptr<Redactor> redactor) {
  auto started = Child::start(loop, command.argv);
  if (!started) {
    Error error = started.error();
    error.text = "cannot run " + words_of(command) + ": " + error.text;
    co_return error;
  }
  const std::shared_ptr<Child> child = std::move(*started);
  auto finished = co_await child->finish(command.time, kLongestSecret);
  co_return conclude(command, std::move(finished), *redactor);
}

class CommandOrigin final : public SecretOrigin {
 public:
  CommandOrigin(Executor loop, Command command, std::shared_ptr<Redactor> redactor)
      : loop_(loop), command_(std::move(command)), redactor_(std::move(redactor)), flight_(loop, command_.what) {}

  Task<Result<Secret>> get(Source::Want) override {
    return flight_.join(
        [loop = loop_, command = command_, redactor = redactor_] { return run(loop, command, redactor); });
  }

 private:
  Executor loop_;
  Command command_;
  std::shared_ptr<Redactor> redactor_;
  Flight flight_;
};

}  // namespace

std::shared_ptr<SecretOrigin> make_command_origin(Executor loop, Command command, std::shared_ptr<Redactor> redactor) {
  return std::make_shared<CommandOrigin>(std::move(loop), std::move(command), std::move(redactor));
}

}  // namespace postern::credentials
