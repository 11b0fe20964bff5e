#include "setup/changed_files.h"

#include "base/fd.h"
#include "base/secret.h"
#include "base/text.h"
#include "setup/peer_files.h"
#include "setup/settings_edit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace postern::setup {
namespace {

constexpr std::size_t kLargestRecord = 64U << 10U;
constexpr mode_t kPermissionBits = 07777;

std::string kept_name(const std::string& path) { return path + ".before-setup"; }
std::string record_of(const std::string& settings) { return settings + ".setup-record"; }

/// Tells whether a file is still the one that was written: its number and the time of its last change. Empty: none.
std::string mark_of(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return {};
  return fmt::format("{}.{}.{}", status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/// A line of the record.
struct KeptFile {
  std::string mark;  ///< of the file that was written; "-": it may not have come to that
  bool was_there = false;
  std::string path;
};

/// A link that leads nowhere is there, too.
bool stands(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0;
}

/// Gives the file a second name, under which it stays with its owner and mode when a new one takes its place.
Result<KeptFile> keep(const std::string& path) {
  KeptFile place{"-", false, path};
  const std::string name = kept_name(path);
  std::error_code error;
  std::filesystem::remove(name, error);
  if (!error && stands(path)) {
    std::filesystem::create_hard_link(path, name, error);
    place.was_there = true;
  }
  if (error) return system_error(error.value(), "cannot keep " + path + " as " + name);
  return place;
}

/// A password that was open to everybody was refused for that; now that another one is in its place nobody would say
/// so. What a link leads to is not ours to close.
void hide_from_others(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  static_cast<void>(fchmod(file.get(), status.st_mode & 07770U));
}

bool holds_password(const std::string& settings) {
  auto text = read_file(settings, kLargestFile);
  if (!text) return false;
  const auto written = written_settings(*text);
  wipe(*text);
  return written && std::ranges::any_of(written->smarthosts, [](const auto& each) { return !each.password.empty(); });
}

Result<void> write_record(const std::string& settings, const std::vector<KeptFile>& places) {
  std::string text = "# What postern setup wrote; postern setup --undo goes by it.\n";
  for (const KeptFile& place : places) {
    text += fmt::format("{} {} {}\n", place.mark, place.was_there ? "kept" : "new", place.path);
  }
  return replace_file(record_of(settings), text);
}

std::vector<KeptFile> read_record(const std::string& settings) {
  const auto text = read_file(record_of(settings), kLargestRecord);
  std::vector<KeptFile> places;
  if (!text) return places;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
    if (line.starts_with('#') || second == std::string_view::npos) continue;
    places.push_back(KeptFile{std::string(line.substr(0, first)), line.substr(first + 1, second - first - 1) == "kept",
                              std::string(line.substr(second + 1))});
  }
  return places;
}

Result<void> put_back(const KeptFile& place) {
  std::error_code error;
  if (place.was_there) {
    // What was not written yet is there under both names, and renaming one to the other would do nothing.
    if (std::filesystem::equivalent(kept_name(place.path), place.path, error)) {
      std::filesystem::remove(kept_name(place.path), error);
    } else {
      std::filesystem::rename(kept_name(place.path), place.path, error);
    }
  } else {
    std::filesystem::remove(place.path, error);
  }
  if (error) return system_error(error.value(), "cannot put back " + place.path);
  return {};
}

/// The record without places: there is nothing to undo any more. Writing it makes the names before it durable, too.
/// After a failure it has those that are left, for another attempt.
Result<std::vector<std::string>> put_all_back(const std::string& settings, const std::vector<KeptFile>& places) {
  std::vector<std::string> paths;
  for (const KeptFile& place : places) {
    if (auto done = put_back(place); !done) {
      const std::vector<KeptFile> left(places.begin() + static_cast<std::ptrdiff_t>(paths.size()), places.end());
      static_cast<void>(write_record(settings, left));
      return done.error();
    }
    paths.push_back(place.path);
  }
  if (auto done = write_record(settings, {}); !done) return done.error();
  return paths;
}

}  // namespace

bool stands_already(const NewSettings& settings, const std::optional<CredentialFile>& credential) {
  const auto text = read_file(settings.path, std::max(settings.text.size(), std::size_t{1}));
  if (!text || *text != settings.text) return false;
  if (!credential) return true;
  struct stat status{};
  auto line = read_file(credential->path, credential->secret.reveal().size() + 1, &status);
  if (!line) return false;
  const bool same =
      line->ends_with('\n') && std::string_view(*line).substr(0, line->size() - 1) == credential->secret.reveal();
  wipe(*line);
  // Who runs setup again may do it because the service cannot read the file.
  const auto wanted = credential_access(credential->path);
  return same && wanted && (status.st_mode & kPermissionBits) == wanted->mode && status.st_uid == geteuid() &&
         (!wanted->group || status.st_gid == *wanted->group);
}

Result<void> write_changed(const NewSettings& settings, const std::optional<CredentialFile>& credential) {
  std::vector<KeptFile> places;  // the settings first: what they name goes after them
  auto kept = keep(settings.path);
  if (!kept) return kept.error();
  places.push_back(std::move(*kept));
  if (credential) {
    auto old = keep(credential->path);
    if (!old) return old.error();
    places.push_back(std::move(*old));
  }
  if (auto done = write_record(settings.path, places); !done) return done;
  Result<void> done;
  if (credential) done = write_credential(*credential);
  if (done) done = replace_file(settings.path, settings.text, settings.access);
  if (!done) {
    // Whatever fails now, the first failure is the one to tell; the record says what is left to do.
    static_cast<void>(put_all_back(settings.path, places));
    return done;
  }
  if (credential && places.back().was_there) hide_from_others(kept_name(credential->path));
  if (const std::string old = kept_name(settings.path); places.front().was_there && holds_password(old)) {
    hide_from_others(old);
  }
  for (KeptFile& place : places) place.mark = mark_of(place.path);
  return write_record(settings.path, places);
}

Result<std::vector<std::string>> undo_changed(const std::string& settings) {
  const std::vector<KeptFile> places = read_record(settings);
  if (places.empty()) {
    return Error{Failure::not_found, "there is nothing to undo: " + record_of(settings) + " names no file"};
  }
  for (const KeptFile& place : places) {
    if (place.mark != "-" && place.mark != mark_of(place.path)) {
      return Error{Failure::exists,
                   printable(place.path) + " was changed since postern setup wrote it; nothing was undone" +
                       (place.was_there ? ". What stood there before is in " + printable(kept_name(place.path)) : "")};
    }
    if (place.was_there && !stands(kept_name(place.path))) {
      return system_error(errno, "cannot find " + kept_name(place.path));
    }
  }
  return put_all_back(settings, places);
}

}  // namespace postern::setup
