#include "control/history_on_disk.h"

#include "base/fd.h"
#include "control/exit_code.h"
#include "control/exits.h"
#include "control/history_lines.h"
#include "control/members.h"
#include "control/requests.h"
#include "history/answers.h"
#include "history/history.h"
#include "history/segments.h"

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

namespace postern::control {
namespace {

using boost::json::object;
using Found = history::Search::Found;

class Handed final : public Lines {
 public:
  explicit Handed(const std::function<void(const object&)>& on_line) : on_line_(on_line) {}
  Task<Result<void>> line(const object& line) override {
    on_line_(line);
    co_return Result<void>();
  }
  Task<Result<void>> flush() override { co_return Result<void>(); }

 private:
  const std::function<void(const object&)>& on_line_;
};

Task<Result<Found>> find_here(std::function<Result<Found>()> step) { co_return step(); }

Task<Result<int>> answer(const AskedHistory& asked, Lines& lines) {
  const Result<std::string> command = text_of(asked.request, members::kCommand, "");
  if (!command) co_return command.error();
  if (*command == "history") co_return co_await list_history(asked, lines);
  if (*command == "history show" || *command == "queue show") co_return co_await show_history(asked, lines);
  co_return Error{Failure::invalid, "\"" + *command + "\" is nothing that the history answers"};
}

Task<void> answer_into(const AskedHistory& asked, Lines& lines, std::optional<Result<int>>& outcome) {
  outcome = co_await answer(asked, lines);
}

/// When the newest of the files that can be read was written to.
std::optional<WallTime> last_written(const std::string& directory) {
  const auto names = history::segment_names(directory);
  if (!names) return std::nullopt;
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    const std::string path = directory + "/" + *name;
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat about{};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) continue;
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::from_time_t(about.st_mtim.tv_sec));
  }
  return std::nullopt;
}

}  // namespace

std::optional<HistoryOnDisk> find_history(const std::vector<std::string>& directories) {
  std::optional<HistoryOnDisk> latest;
  for (const std::string& directory : directories) {
    const std::optional<WallTime> written = last_written(directory);
    if (written && (!latest || latest->written < *written)) latest = HistoryOnDisk{directory, *written};
  }
  return latest;
}

AnsweredFromDisk answer_from_disk(const std::string& directory, const history::HistoryOptions& options, Clock& clock,
                                  const object& request, const std::function<void(const object&)>& on_line) {
  boost::asio::io_context loop(1);
  // It is given no thread of the disk: whatever it wants written or removed is not.
  const history::History kept(loop.get_executor(), [](const std::function<void()>&) {}, clock, directory, options);
  const history::Answers answers(kept, find_here);
  const AskedHistory asked{answers, clock, request, std::nullopt};
  Handed lines(on_line);
  std::optional<Result<int>> outcome;
  spawn(loop.get_executor(), answer_into(asked, lines, outcome), "history");
  loop.run();
  if (!outcome) return {exits::kInternal, "the history could not be read"};
  if (!*outcome) return {exits::code_for(outcome->error().failure), outcome->error().text};
  return {**outcome};
}

}  // namespace postern::control
