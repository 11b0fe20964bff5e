#include "history/search.h"

#include "history/segments.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace postern::history {

std::optional<WallTime> Search::files_since() const {
  return std::max(matcher_.query().since, matcher_.query().files_since);
}

/// No record of this file can be of the times that are asked for, nor a mark tell of them: it stands a day behind what
/// it tells of at most (History::tidy). What a damaged time would hide is looked for.
bool Search::is_far(const LineReader& reader, int file, std::uint64_t size) const {
  const auto since = files_since();
  const auto until = matcher_.query().until;
  if (!since && !until) return false;
  const auto first = earliest_time(front_of(file));
  const auto last = latest_time(reader, file, size);
  if (!first || !last) return false;
  if (since && std::max(*first, *last) + kClock < *since) return true;
  return until && std::min(*first, *last) - kClock >= *until;
}

/// By the time at which it was last written to; all that is known of one that cannot be read.
bool Search::is_old(const struct stat& about) const {
  const WallTime written =
      std::chrono::floor<Milliseconds>(std::chrono::system_clock::from_time_t(about.st_mtim.tv_sec));
  const auto since = files_since();
  return since && written + kClock < *since;
}

/// The next one, if it must be read; else nothing, or why it cannot be.
std::optional<std::string> Search::open_next() {
  const std::string path = directory_ + "/" + names_->back();
  names_->pop_back();
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return system_error(errno, path).text;
  }
  if (is_old(about)) return std::nullopt;
  if (S_ISLNK(about.st_mode)) return path + ": it is a symbolic link";
  if (!S_ISREG(about.st_mode)) return std::nullopt;  // it never had a record
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file || ::fstat(file.get(), &about) != 0) return system_error(errno, path).text;
  if (about.st_size == 0) return std::nullopt;  // just begun
  const auto size = static_cast<std::uint64_t>(about.st_size);
  errno = EIO;
  const std::string front = front_of(file.get());
  if (front.empty()) return system_error(errno, path).text;
  const auto reader = LineReader::of(std::string_view(front).substr(0, front.find('\n')));
  if (first_line().starts_with(front)) return std::nullopt;  // a crash cut it where it began
  if (!reader || !reader->has_all()) return path + ": its first line is damaged, or of another version";
  if (is_far(*reader, file.get(), size)) return std::nullopt;
  const int number = file.get();
  const auto since = files_since();
  const auto first = earliest_time(front);
  const bool begins_too_early = since && first && *first + kClock < *since;
  open_.emplace(Open{.path = path,
                     .file = std::move(file),
                     .reader = *reader,
                     .lines = LinesBackwards(number, size, kLongestLine),
                     .begins_too_early = begins_too_early});
  return std::nullopt;
}

Search::Search(std::string directory, Query query, std::function<void()> before, std::vector<Record> unmarked)
    : directory_(std::move(directory)),
      matcher_(std::move(query)),
      before_(std::move(before)),
      unmarked_(std::move(unmarked)) {}

/// Files are read from their ends.
void Search::look_at(const View& view, std::optional<WallTime> at, Found& found) {
  if (!matcher_.may_see(view)) return;
  const bool meant = matcher_.matches_but_for_time(view);
  if (at) found.reached = view[Field::at];
  if (view[Field::kind] == name(Kind::left_out)) {
    if (at && matcher_.may_lack(view)) found.left_out.push_back(view.record());
    return;
  }
  const Neighbour& behind = open_->behind;
  const bool in_order = at && (!behind.at || (*at <= *behind.at + kClock && *at + kLeap >= *behind.at));
  if (!in_order && (meant || (at && behind.meant)) && !std::exchange(open_->told, true)) {
    found.unread.push_back(open_->path + ": a time in it is damaged");
  }
  if (meant && matcher_.is_in_time(view)) found.records.push_back(view.record());
  if (at) open_->behind = {at, meant};
}

/// Not by one alone, whose time may be damaged.
bool Search::all_before_is_too_early(std::optional<WallTime> at) {
  const auto since = files_since();
  const bool too_early = since && at && *at + kClock < *since;
  open_->too_early = too_early ? open_->too_early + 1 : 0;
  return open_->begins_too_early && open_->too_early >= kInARow;
}

std::optional<WallTime> Search::begins() const {
  for (const std::string& name : *names_) {
    const UniqueFd file(::open((directory_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    const auto first = file ? earliest_time(front_of(file.get())) : std::nullopt;
    if (first) return first;
  }
  return std::nullopt;
}

Result<Search::Found> Search::next(std::size_t most) {
  Found found;
  if (!names_) {
    if (before_) before_();
    auto names = segment_names(directory_);
    if (!names) return Error{Failure::io, names.error().text, names.error().code};
    names_ = std::move(*names);
    found.begins = begins();
    for (const Record& mark : unmarked_) {
      const View view = View::of(mark);
      if (matcher_.may_see(view) && matcher_.may_lack(view)) found.left_out.push_back(mark);
    }
  }
  std::uint64_t bytes = 0;
  while (found.records.size() < most && bytes < kStep) {
    found.ended = !open_ && names_->empty();
    if (found.ended) break;
    if (!open_) {
      if (auto unread = open_next()) found.unread.push_back(std::move(*unread));
      bytes += kFile;
      continue;
    }
    const std::uint64_t before = open_->lines.read_bytes();
    const auto line = open_->lines.next();
    bytes += open_->lines.read_bytes() - before;
    if (!line) {
      if (const int code = open_->lines.error(); code != 0)
        found.unread.push_back(system_error(code, open_->path).text);
      open_.reset();
    }
    const auto view = line && matcher_.may_match(*line) ? open_->reader.read(*line) : std::nullopt;
    if (!view) continue;
    const auto at = parse_rfc3339((*view)[Field::at]);
    look_at(*view, at, found);
    if (all_before_is_too_early(at)) open_.reset();
  }
  return found;
}

}  // namespace postern::history
