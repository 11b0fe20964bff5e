#include "setup/written_files.h"

#include "base/durable_file.h"
#include "base/fd.h"
#include "base/secret.h"
#include "settings/document.h"
#include "setup/peer_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace postern::setup {
namespace {

constexpr int kMostKept = 1000;  // old files of one name

/// A file that is about to take its place.
struct Replaced {
  std::string path;
  std::string kept;   ///< the second name of what was there; empty: nothing was, or the same
  bool same = false;  ///< it says already what the new one does
};

/// Gives the file a second name, so that it stays when a new one takes its place.
Result<Replaced> keep_old(const std::string& path, std::string_view text) {
  Replaced place{path, {}, false};
  auto old = read_file(path, kLargestFile);
  if (!old && old.error().failure == Failure::not_found) return place;
  place.same = old && *old == text;
  if (old) wipe(*old);
  if (place.same) return place;
  std::string name = path + ".old";
  std::error_code error;
  std::filesystem::create_hard_link(path, name, error);
  for (int i = 2; error == std::errc::file_exists && i < kMostKept; ++i) {
    name = path + ".old." + std::to_string(i);
    std::filesystem::create_hard_link(path, name, error);
  }
  if (error) return system_error(error.value(), "cannot keep " + path + " as " + name);
  place.kept = name;
  return place;
}

/// As it was, since not everything could be written: the settings that are in use name the old passwords.
void restore(const std::vector<Replaced>& places) {
  for (const Replaced& place : places) {
    std::error_code ignored;
    // What was not written yet is there under both names, and renaming one to the other would do nothing.
    if (!place.kept.empty() && std::filesystem::equivalent(place.kept, place.path, ignored)) {
      std::filesystem::remove(place.kept, ignored);
    } else if (!place.kept.empty()) {
      std::filesystem::rename(place.kept, place.path, ignored);
    } else if (!place.same) {
      std::filesystem::remove(place.path, ignored);
    }
  }
}

/// The kept file is for its owner alone, since old settings may hold a password, too. Not before the new one has taken
/// its place: until then the service reads it. A link is left as it is: what it leads to is still in use.
Result<void> close_to_others(const std::string& name) {
  const UniqueFd file(open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ELOOP) return {};
  if (!file || fchmod(file.get(), 0600) != 0) return system_error(errno, "cannot close " + name + " to others");
  return {};
}

std::vector<std::string> top_keys(const std::string& text) {
  settings::Report report("");
  const auto document = settings::read_document(text, report);
  std::vector<std::string> keys;
  if (!document) return keys;
  for (const settings::Entry& entry : document->entries) keys.push_back(entry.key);
  return keys;
}

}  // namespace

std::vector<std::string> lost_keys(const std::string& before, const std::string& after) {
  const std::vector<std::string> left = top_keys(after);
  std::vector<std::string> lost;
  for (std::string& key : top_keys(before)) {
    if (std::ranges::find(left, key) != left.end()) continue;
    lost.insert(key == "spool" ? lost.begin() : lost.end(), std::move(key));
  }
  return lost;
}

Result<Written> write_files(const std::string& settings, const std::string& text,
                            const std::vector<CredentialFile>& credentials) {
  std::vector<Replaced> places;
  std::vector<std::string> lost;
  const auto write_all_of_them = [&]() -> Result<void> {
    for (const CredentialFile& file : credentials) {
      std::string line = std::string(file.secret.reveal()) + "\n";
      auto place = keep_old(file.path, line);
      wipe(line);
      if (!place) return place.error();
      places.push_back(std::move(*place));
      if (auto done = write_credential(file); !done) return done;
    }
    if (auto old = read_file(settings, kLargestFile)) {
      lost = lost_keys(*old, text);
      wipe(*old);
    }
    auto place = keep_old(settings, text);
    if (!place) return place.error();
    places.push_back(std::move(*place));
    FileAccess everybody;
    everybody.mode = 0644;
    return replace_file(settings, text, everybody);
  };
  if (const auto done = write_all_of_them(); !done) {
    restore(places);
    return done.error();
  }
  Written written;
  written.lost = std::move(lost);
  for (const Replaced& place : places) {
    written.files.push_back(place.path);
    if (place.kept.empty()) continue;
    written.kept.push_back(place.kept);
    if (const auto closed = close_to_others(place.kept); !closed) return closed.error();
  }
  return written;
}

}  // namespace postern::setup
