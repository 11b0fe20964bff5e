// Which files there are, and the removal of those that crashed receptions left.
#include "base/log.h"
#include "spool/spool.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <system_error>
#include <utility>

namespace postern::spool {
namespace {

// What is not in memory is read from the disk inode by inode: several readers keep it busy.
constexpr std::size_t kNamesPerReader = 10'000;
constexpr std::size_t kReaders = 8;

}  // namespace

void Spool::warn_once(Area area, const std::string& name, std::string_view what, const std::string& why) {
  constexpr std::size_t kRemembered = 1000;
  const std::string place = std::string(spool::name(area)) + "/" + name;
  {
    const std::scoped_lock lock(warned_mutex_);
    if (warned_.size() >= kRemembered || std::ranges::find(warned_, place) != warned_.end()) return;
    warned_.push_back(place);
  }
  log(Level::warning, what, {{"file", path() + "/" + place}, {"why", why}});
}

std::optional<Found> Spool::examine(Area area, const std::string& name) {
  const auto id = QueueId::parse(name);
  const auto info = id ? disk_.info(fd(area), name) : Result<FileInfo>(FileInfo{});
  if (!info && info.error().failure == Failure::not_found) return std::nullopt;  // removed meanwhile
  if (!info) {
    warn_once(area, name, "file in the spool cannot be examined; ignored until the next start", info.error().text);
    return std::nullopt;
  }
  if (!info->regular) {
    warn_once(area, name, "foreign file in the spool is ignored; move it away",
              id ? "not a regular file" : "not named by a queue id");
    return std::nullopt;
  }
  return Found{*id, info->size, info->modified};
}

Result<std::vector<Found>> Spool::list(Area area) {
  const auto names = disk_.list(fd(area));
  if (!names) return names.error();
  const std::size_t readers = std::clamp<std::size_t>(names->size() / kNamesPerReader, 1, kReaders);
  std::vector<std::vector<Found>> parts(readers);
  const auto read = [&](std::size_t part) {
    const std::size_t end = names->size() * (part + 1) / readers;
    for (std::size_t i = names->size() * part / readers; i < end; ++i) {
      if (auto one = examine(area, (*names)[i])) parts[part].push_back(*one);
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t part = 1; part < readers; ++part) {
      try {
        others.emplace_back(read, part);
      } catch (const std::system_error&) {  // no thread to be had
        read(part);
      }
    }
    read(0);
  }
  std::vector<Found> found = std::move(parts.front());
  for (std::size_t part = 1; part < readers; ++part) found.insert(found.end(), parts[part].begin(), parts[part].end());
  return found;
}

// The rest goes in the background without any agreement with new receptions: each name is deleted once, and none of
// them can take a name that is still there.
Result<std::size_t> Spool::clear_tmp() {
  auto names = disk_.list(fd(Area::tmp));
  if (!names) return names.error();
  std::vector<std::string> rest;
  if (names->size() > kSweptAtOnce) {
    rest.assign(std::move_iterator(names->begin() + kSweptAtOnce), std::move_iterator(names->end()));
    names->resize(kSweptAtOnce);
  }
  const std::size_t removed = sweep(*names, std::stop_token());
  if (rest.empty()) return removed;
  sweeper_ = std::jthread([this, rest = std::move(rest)](const std::stop_token& stop) {
    log(Level::info, "unfinished receptions removed", {{"count", sweep(rest, stop)}});
  });
  return removed;
}

std::size_t Spool::sweep(const std::vector<std::string>& names, const std::stop_token& stop) {
  std::size_t removed = 0;
  for (const std::string& name : names) {
    if (stop.stop_requested()) break;
    if (!examine(Area::tmp, name)) continue;
    if (auto gone = disk_.unlink(fd(Area::tmp), name); gone) {
      ++removed;
    } else {
      warn_once(Area::tmp, name, "unfinished reception cannot be removed; remove it", gone.error().text);
    }
  }
  return removed;
}

}  // namespace postern::spool
