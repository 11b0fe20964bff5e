#include "settings/report.h"

#include "base/text.h"

#include <algorithm>
#include <tuple>

namespace postern::settings {
namespace {

// Nobody reads more at once, and a file of a million mistakes shall not become a log of a million lines.
constexpr std::size_t kMostProblems = 100;

void add(std::vector<Problem>& problems, Problem problem) {
  if (problems.size() > kMostProblems) return;
  if (problems.size() == kMostProblems) problem.text = "too many problems; the rest is not shown";
  problems.push_back(std::move(problem));
}

/// Stable, and few enough to insert one by one: for std::stable_sort clang refuses libstdc++'s deprecated buffer.
void sort_by_place(std::vector<Problem>& problems) {
  const auto before = [](const Problem& a, const Problem& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  };
  for (auto next = problems.begin(); next != problems.end(); ++next) {
    std::rotate(std::upper_bound(problems.begin(), next, *next, before), next, next + 1);
  }
}

}  // namespace

std::string Problem::str() const {
  std::string where = printable(file);
  if (line != 0) where += ":" + std::to_string(line);
  if (line != 0 && column != 0) where += ":" + std::to_string(column);
  return where + ": " + printable(text);
}

void Report::error(Mark where, std::string text) {
  add(errors_, Problem{file_, where.line, where.column, std::move(text)});
}

void Report::warning(Mark where, std::string text) {
  add(warnings_, Problem{file_, where.line, where.column, std::move(text)});
}

void Report::warning(Problem problem) { add(warnings_, std::move(problem)); }

Mark Report::place(std::string_view path) const {
  while (true) {
    if (const auto found = places_.find(path); found != places_.end()) return found->second;
    const std::size_t parent = path.find_last_of(".[");
    if (parent == std::string_view::npos) return Mark{};
    path = path.substr(0, parent);
  }
}

Loaded Report::finish(Settings settings) && {
  sort_by_place(errors_);
  sort_by_place(warnings_);
  Loaded loaded;
  if (errors_.empty()) loaded.settings = std::move(settings);
  loaded.problems = std::move(errors_);
  loaded.warnings = std::move(warnings_);
  return loaded;
}

}  // namespace postern::settings
