#include "history/segments.h"

#include "base/text.h"
#include "history/keeping.h"
#include "history/lines_backwards.h"
#include "queue/free_space.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace postern::history {
namespace {

constexpr std::string_view kEnd = ".history";
constexpr std::size_t kDigits = 10;  // so that the order of names is that of the numbers

/// Lines at an end of a file: one that is torn is usual, and a damaged one may be among them.
constexpr int kLookedAt = 8;

std::string name_of(std::uint64_t number) { return fmt::format("{:0{}}{}", number, kDigits, kEnd); }

std::optional<std::uint64_t> number_of(std::string_view name) {
  if (name.size() != kDigits + kEnd.size() || !name.ends_with(kEnd)) return std::nullopt;
  return parse_number(name.substr(0, kDigits));
}

Error failed(std::string_view what, const std::string& path) {
  const int code = errno;
  return system_error(code, fmt::format("cannot {} {}", what, path));
}

/// Without total bytes where it cannot be known; writing will tell.
spool::Space space_of(const std::string& directory) {
  struct statvfs about{};
  spool::Space space;
  if (::statvfs(directory.c_str(), &about) != 0) return space;
  space.bytes = about.f_bavail * about.f_frsize;
  space.total_bytes = about.f_blocks * about.f_frsize;
  space.total_inodes = about.f_files;
  space.inodes = about.f_files == 0 ? UINT64_MAX : about.f_favail;
  return space;
}

/// What mail may need is not taken for what it did.
bool has_room(const spool::Space& space, std::uint64_t bytes) {
  return space.total_bytes == 0 || queue::room_left(space, bytes) == queue::Room::all;
}

std::optional<WallTime> time_of_record(const LineReader& reader, std::string_view line) {
  const auto view = reader.read(line);
  return view ? parse_rfc3339((*view)[Field::at]) : std::nullopt;
}

/// Of a line that this version writes.
std::optional<WallTime> time_of_line(std::string_view line) { return parse_rfc3339(line.substr(0, line.find('\t'))); }

/// What is no file of ours goes by the time at which it was changed.
std::optional<Segment> segment_at(const std::string& path, std::uint64_t number) {
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0) return std::nullopt;
  Segment segment;
  segment.number = number;
  segment.bytes = static_cast<std::uint64_t>(about.st_size);
  segment.last = std::chrono::floor<Milliseconds>(std::chrono::system_clock::from_time_t(about.st_mtim.tv_sec));
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file || !S_ISREG(about.st_mode)) return segment;
  const std::string front = front_of(file.get());
  const auto reader = LineReader::of(std::string_view(front).substr(0, front.find('\n')));
  const auto first = earliest_time(front);
  if (!reader || !first) return segment;
  segment.first = *first;
  segment.last = latest_time(*reader, file.get(), segment.bytes).value_or(segment.last);
  return segment;
}

/// It says nothing of the file.
bool is_momentary(int code) {
  return code == EMFILE || code == ENFILE || code == ENOMEM || code == EINTR || code == EIO;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

std::string front_of(int file) {
  std::string front(2 * kLongestLine, '\0');
  const ssize_t got = ::pread(file, front.data(), front.size(), 0);
  front.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return front;
}

std::optional<WallTime> earliest_time(std::string_view front) {
  std::size_t end = front.find('\n');
  const auto reader = LineReader::of(front.substr(0, end));
  std::optional<WallTime> earliest;
  for (int i = 0; reader && i < kLookedAt && end != std::string_view::npos; ++i) {
    const std::size_t begin = end + 1;
    end = front.find('\n', begin);
    const auto time = time_of_record(*reader, front.substr(begin, end - begin));
    if (time) earliest = std::min(earliest.value_or(*time), *time);
  }
  return earliest;
}

std::optional<WallTime> latest_time(const LineReader& reader, int file, std::uint64_t size) {
  LinesBackwards lines(file, size, kLongestLine);
  std::optional<WallTime> latest;
  for (int i = 0; i < kLookedAt; ++i) {
    const auto line = lines.next();
    if (!line) break;
    const auto time = time_of_record(reader, *line);
    if (time) latest = std::max(latest.value_or(*time), *time);
  }
  return latest;
}

Result<std::vector<std::string>> segment_names(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseDirectory> open(::opendir(directory.c_str()));
  if (!open && errno == ENOENT) return names;
  if (!open) return failed("read", directory);
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(open.get());
    if (entry == nullptr && errno != 0) return failed("read", directory);
    if (entry == nullptr) break;
    if (number_of(static_cast<const char*>(entry->d_name))) names.emplace_back(static_cast<const char*>(entry->d_name));
  }
  std::ranges::sort(names);
  return names;
}

/// And those who read it will find its fields: behind a damaged first line all would be lost that comes.
bool Segments::is_there() const {
  struct stat about{};
  const std::string wanted = first_line();
  std::string front(wanted.size(), '\0');
  return file_ && ::fstat(file_.get(), &about) == 0 && about.st_nlink > 0 &&
         ::pread(file_.get(), front.data(), front.size(), 0) == static_cast<ssize_t>(front.size()) && front == wanted;
}

Result<void> Segments::append(std::string_view lines, const HistoryOptions& options, WallTime now) {
  if (!is_there()) {
    if (auto opened = open(); !opened) return opened;
  }
  if (auto room = make_room(lines.size(), options, now); !room) return room;
  while (!lines.empty()) {
    const std::size_t count = fitting(lines, options);
    auto done = count == 0 ? begin(number_ + 1) : write(lines.substr(0, count));
    if (!done) return done;
    lines.remove_prefix(count);
  }
  const bool current = pruned_ && pruned_->options == options && pruned_->number == number_ &&
                       now - pruned_->at < kDay && now >= pruned_->at;
  // What cannot be removed now goes another time.
  if (!current) (void)remove(options, 0, now, false);
  return {};
}

/// Mail goes before what it did: the oldest of that gives way.
Result<void> Segments::make_room(std::uint64_t bytes, const HistoryOptions& options, WallTime now) {
  const spool::Space space = space_of(directory_);
  most_of_it_ = most_of_segment(options, space);
  if (has_room(space, bytes)) return {};
  (void)remove(options, bytes, now, false);
  if (has_room(space_of(directory_), bytes)) return {};
  return Error{Failure::no_space, "the disk of " + directory_ + " is nearly full, and what is left is for mail"};
}

/// The bytes of those of the first lines that may stand in the file that is open; 0: it has ended.
std::size_t Segments::fitting(std::string_view lines, const HistoryOptions& options) {
  const Seconds longest = std::max<Seconds>(kDay, std::chrono::days(options.days) / kParts);
  std::size_t count = 0;
  while (count < lines.size()) {
    if (first_ && size_ + count >= most_of_it_) break;
    const std::string_view line = lines.substr(count, lines.find('\n', count) - count);
    if (const auto at = time_of_line(line)) {
      if (first_ && (*at + kSetBack < latest_ || *at - *first_ > longest)) break;
      if (!first_) first_ = latest_ = *at;
      latest_ = std::max(latest_, *at);
    }
    count = std::min(count + line.size() + 1, lines.size());
  }
  return count;
}

Result<void> Segments::write(std::string_view lines) {
  const std::string text = torn_ ? "\n" + std::string(lines) : std::string(lines);
  torn_ = true;
  if (!write_all(file_.get(), text)) {
    const Error error = failed("write", directory_ + "/" + name_of(number_));
    file_.reset();  // it may be another file by now, and how long this one is nobody knows
    return error;
  }
  torn_ = false;
  size_ += text.size();
  return {};
}

/// The newest one, if it can be written to and has this version's fields.
Result<void> Segments::open() {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return failed("make", directory_);
  const auto names = segment_names(directory_);
  if (!names) return names.error();
  if (names->empty()) return begin(1);
  const std::uint64_t newest = *number_of(names->back());
  const std::string path = directory_ + "/" + names->back();
  UniqueFd file(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!file && is_momentary(errno)) return failed("open", path);
  struct stat about{};
  if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return begin(newest + 1);
  const std::string wanted = first_line();
  const std::string front = front_of(file.get());
  if (!front.starts_with(wanted)) return begin(newest + 1);
  char last = 0;
  torn_ = ::pread(file.get(), &last, 1, about.st_size - 1) != 1 || last != '\n';
  size_ = static_cast<std::uint64_t>(about.st_size);
  first_ = earliest_time(front);
  const auto reader = LineReader::of(std::string_view(wanted).substr(0, wanted.size() - 1));
  const auto latest = latest_time(*reader, file.get(), size_);
  latest_ = std::max(latest.value_or(first_.value_or(WallTime())), first_.value_or(WallTime()));
  file_ = std::move(file);
  number_ = newest;
  return {};
}

Result<void> Segments::begin(std::uint64_t number) {
  const std::string path = directory_ + "/" + name_of(number);
  UniqueFd file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return failed("make", path);
  const std::string first = first_line();
  if (!write_all(file.get(), first)) {
    const Error error = failed("write", path);
    ::unlink(path.c_str());
    return error;
  }
  file_ = std::move(file);
  number_ = number;
  size_ = first.size();
  first_.reset();
  latest_ = WallTime();
  torn_ = false;
  return {};
}

Result<void> Segments::prune(const HistoryOptions& options, WallTime now, bool sure) {
  const bool old = sure && now - latest_ > std::chrono::days(options.days);
  if (options.size == 0 || old) file_.reset();
  return remove(options, 0, now, sure);
}

Result<void> Segments::remove(const HistoryOptions& options, std::uint64_t wanted, WallTime now, bool sure) {
  result_ = Result<void>();
  const auto names = segment_names(directory_);
  if (!names) return result_ = names.error();
  std::vector<Segment> segments;
  for (const std::string& name : *names) {
    if (auto segment = segment_at(directory_ + "/" + name, *number_of(name))) segments.push_back(*segment);
  }
  const std::uint64_t written = file_ ? number_ : 0;
  const Circumstances circumstances{.options = options,
                                    .space = space_of(directory_),
                                    .wanted = wanted,
                                    .written = written,
                                    .now = now,
                                    .sure = sure};
  for (const std::uint64_t number : what_goes(segments, circumstances)) {
    const std::string path = directory_ + "/" + name_of(number);
    const bool gone = ::unlink(path.c_str()) == 0 || errno == ENOENT || errno == EISDIR;
    if (!gone && result_) result_ = failed("remove", path);
  }
  pruned_ = Pruned{now, number_, options};
  return result_;
}

}  // namespace postern::history
