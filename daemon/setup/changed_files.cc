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
/// Until everything is written, so that a failure takes nothing from the way back that is there.
std::string fresh_name(const std::string& path) { return kept_name(path) + ".new"; }
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

bool same_file(const std::string& one, const std::string& other) {
  struct stat first{};
  struct stat second{};
  return lstat(one.c_str(), &first) == 0 && lstat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/// Where what stood there before is. A run that was ended between its record and the last name has left the fresh one;
/// one that was ended before it wrote anything has left it as another name of what stands there now.
std::string kept_copy_of(const std::string& path) {
  const std::string fresh = fresh_name(path);
  return stands(fresh) && !same_file(fresh, path) ? fresh : kept_name(path);
}

/// Gives the file a second name, under which it stays with its owner and mode when a new one takes its place.
Result<KeptFile> keep(const std::string& path) {
  KeptFile place{"-", false, path};
  const std::string name = fresh_name(path);
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

/// Others who may write the record, or give its name to a file of theirs, would have their files put into the places of
/// others by it. In a sticky directory nobody can take the place of a file of ours.
Result<void> judge_record(const std::string& record, int file) {
  const auto is_ours = [](const struct stat& status) { return status.st_uid == geteuid() || status.st_uid == 0; };
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  struct stat status{};
  if (fstat(file, &status) != 0) return system_error(errno, "cannot read " + record);
  if (!S_ISREG(status.st_mode) || !is_ours(status) || (status.st_mode & kOthersWrite) != 0) {
    return Error{Failure::denied, printable(record) + " is no file that you alone can write; nothing was undone"};
  }
  const std::string directory = std::filesystem::path(record).parent_path().string();
  if (stat(directory.empty() ? "." : directory.c_str(), &status) != 0) {
    return system_error(errno, "cannot look at " + directory);
  }
  const bool open_to_others = (status.st_mode & kOthersWrite) != 0 && (status.st_mode & S_ISVTX) == 0;
  if (is_ours(status) && !open_to_others) return {};
  return Error{Failure::denied, printable(directory) + " can be written by others, so that " + printable(record) +
                                    " may be theirs; nothing was undone"};
}

/// Failures: not_found, denied, io.
Result<std::string> record_text(const std::string& settings) {
  const std::string record = record_of(settings);
  const UniqueFd file(open(record.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && errno == ELOOP) {
    return Error{Failure::denied, printable(record) + " is a symbolic link; nothing was undone"};
  }
  if (!file) return system_error(errno, "cannot read " + record);
  if (auto good = judge_record(record, file.get()); !good) return good.error();
  // The same file again, by its descriptor.
  return read_file("/proc/self/fd/" + std::to_string(file.get()), kLargestRecord);
}

Result<std::vector<KeptFile>> read_record(const std::string& settings) {
  const auto text = record_text(settings);
  std::vector<KeptFile> places;
  if (!text && text.error().failure == Failure::not_found) return places;
  if (!text) return text.error();
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

/// Whether set-up can have written this file for these settings: they themselves, a password's file beside them, or one
/// that they name.
bool may_be_ours(const std::string& path, const std::string& settings) {
  if (path == settings) return true;
  const std::filesystem::path file(path);
  const std::string name = file.filename().string();
  const bool beside = file.parent_path() == std::filesystem::path(settings).parent_path();
  if (beside && (name == "password" || name.starts_with("password-"))) return true;
  auto text = read_file(settings, kLargestFile);
  if (!text) return false;
  const auto written = written_settings(*text);
  wipe(*text);
  return written &&
         std::ranges::any_of(written->smarthosts, [&path](const auto& each) { return each.password_file == path; });
}

Result<void> put_back(const KeptFile& place, const std::string& source) {
  std::error_code error;
  if (!place.was_there) {
    std::filesystem::remove(place.path, error);
  } else if (same_file(source, place.path)) {
    // What was not written yet is there under both names, and renaming one to the other would do nothing.
    std::filesystem::remove(source, error);
  } else {
    std::filesystem::rename(source, place.path, error);
  }
  if (error) return system_error(error.value(), "cannot put back " + place.path);
  return {};
}

/// What was begun, from the fresh names; an older way back stays as it was.
void take_back(const std::vector<KeptFile>& places) {
  for (const KeptFile& place : places) static_cast<void>(put_back(place, fresh_name(place.path)));
}

/// Everything is written and in the record: what stood there gets its name, and an older one goes.
Result<void> settle(const std::vector<KeptFile>& places) {
  for (const KeptFile& place : places) {
    std::error_code error;
    const std::string name = kept_name(place.path);
    if (place.was_there) {
      std::filesystem::rename(fresh_name(place.path), name, error);
    } else {
      std::filesystem::remove(name, error);
    }
    if (error) return system_error(error.value(), "cannot keep what was in " + place.path + " as " + name);
  }
  return {};
}

Result<void> write_both(const NewSettings& settings, const std::optional<CredentialFile>& credential) {
  if (credential) {
    if (auto done = write_credential(*credential); !done) return done;
  }
  return replace_file(settings.path, settings.text, settings.access);
}

/// The record without places: there is nothing to undo any more. Writing it makes the names before it durable, too.
/// After a failure it has those that are left, for another attempt.
Result<std::vector<std::string>> put_all_back(const std::string& settings, const std::vector<KeptFile>& places) {
  std::vector<std::string> paths;
  for (const KeptFile& place : places) {
    if (auto done = put_back(place, kept_copy_of(place.path)); !done) {
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

Result<void> write_changed(const NewSettings& settings, const std::optional<CredentialFile>& credential,
                           const std::function<Result<void>()>& judge) {
  std::vector<KeptFile> places;  // the settings first: what they name goes after them
  auto kept = keep(settings.path);
  if (!kept) return kept.error();
  places.push_back(std::move(*kept));
  if (credential) {
    auto old = keep(credential->path);
    if (!old) {
      take_back(places);
      return old.error();
    }
    places.push_back(std::move(*old));
  }
  auto done = write_both(settings, credential);
  if (done && judge) done = judge();
  if (done) {
    if (credential && places.back().was_there) hide_from_others(fresh_name(credential->path));
    if (const std::string old = fresh_name(settings.path); places.front().was_there && holds_password(old)) {
      hide_from_others(old);
    }
    for (KeptFile& place : places) place.mark = mark_of(place.path);
    done = write_record(settings.path, places);
  }
  if (!done) {
    take_back(places);  // whatever fails now, the first failure is the one to tell
    return done;
  }
  return settle(places);
}

Result<std::vector<std::string>> undo_changed(const std::string& settings) {
  const auto record = read_record(settings);
  if (!record) return record.error();
  const std::vector<KeptFile>& places = *record;
  if (places.empty()) {
    return Error{Failure::not_found, "there is nothing to undo: " + record_of(settings) + " names no file"};
  }
  for (const KeptFile& place : places) {
    if (!may_be_ours(place.path, settings)) {
      return Error{Failure::denied, printable(record_of(settings)) + " names " + printable(place.path) +
                                        ", which postern setup does not write for these settings; nothing was undone"};
    }
    if (place.mark != "-" && place.mark != mark_of(place.path)) {
      return Error{
          Failure::exists,
          printable(place.path) + " was changed since postern setup wrote it; nothing was undone" +
              (place.was_there ? ". What stood there before is in " + printable(kept_copy_of(place.path)) : "")};
    }
    if (const std::string source = kept_copy_of(place.path); place.was_there && !stands(source)) {
      return system_error(errno, "cannot find " + source);
    }
  }
  return put_all_back(settings, places);
}

}  // namespace postern::setup
