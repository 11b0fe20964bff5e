// spool-exercise [--mutant=FAULT/SYNC] [--mark=FILE] [--cut=DIRECTORY | --memory] [--id=ID] SPOOL STEP...
//
// The paths of the spool library, one after the other in one thread, so that their system calls can be enumerated and
// the power be cut at the very moment when a step says yes. A line on standard output for each fact:
//
//   STEP name                       the step begins
//   TRY id digest                   a message is about to be stored
//   ACK open                        the directories are there for good
//   ACK stored id digest            ... and so is this message
//   ACK logged id lines | ACK removed id | ACK moved id area
//   NO step reason                  the step failed; the program ends with status 1
//   FOUND area id state digest lines failed kind shot...
//                      a file; the lines of its log and how many of them say failed; mail or bounce; and every word
//                      in its text that begins with "shot-"
//   SYNC name                       a sync that was made (MutantDisk), at the end, for every name once
//
// --mark also writes each ACK to a file in one write. --cut shuts the file system of DIRECTORY down without flushing
// anything (ext4 and XFS) at the last step's ACK and ends the program. --memory does the same to a disk in memory that
// keeps what POSIX promises and nothing else, and tells with FOUND what is left on it.
#include "mutant_disk.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "spool/draft.h"
#include "spool/recovery.h"
#include "spool/spool.h"
#include "support/memory_disk.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::durability {
namespace {

using spool::Area;

struct Options {
  Fault fault = Fault::none;
  std::string sync;
  std::string mark;
  std::string cut;
  bool memory = false;
  std::optional<QueueId> id;
  std::string spool;
  std::vector<std::string> steps;
};

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

/// The power fails: what is not on the disk by now never will be. EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same.
[[noreturn]] void cut_power(const std::string& directory) {
  constexpr unsigned long kGoingDown = _IOR('X', 125, std::uint32_t);
  std::uint32_t no_log_flush = 2;
  const int fd = ::open(directory.c_str(), O_RDONLY | O_CLOEXEC);
  const bool down = fd >= 0 && ::ioctl(fd, kGoingDown, &no_log_flush) == 0;
  std::_Exit(down ? 0 : 3);
}

std::string digest_of(std::string_view text) {
  Sha256 sha;
  sha.update(text);
  return hex(sha.finish());
}

std::string text_of(std::size_t size, std::uint64_t salt) {
  std::string text = "Subject: " + std::to_string(salt) + "\n\n";
  while (text.size() < size) text += "line " + std::to_string(text.size() + salt) + "\n";
  text.resize(size - 1);
  return text + "\n";
}

/// A change that the disk did not confirm is no promise.
Result<void> confirmed(const Result<spool::Changed>& changed) {
  if (!changed) return changed.error();
  if (changed->unsynced) return *changed->unsynced;
  return {};
}

class Exercise {
 public:
  explicit Exercise(Options options)
      : options_(std::move(options)),
        disk_(options_.memory ? memory_ : spool::posix_disk(), options_.fault, options_.sync) {}

  int run() {
    for (std::size_t i = 0; i < options_.steps.size(); ++i) {
      last_ = i + 1 == options_.steps.size();
      if (!step(options_.steps[i])) return 1;
    }
    for (const std::string& sync : disk_.syncs()) say("SYNC " + sync);
    return 0;
  }

 private:
  struct Path {
    std::string_view step;
    const char* path;
    bool (Exercise::*run)();
  };

  bool step(const std::string& name) {
    static constexpr std::array kPaths = {
        Path{"open", "open", &Exercise::open},
        Path{"small", "accept", &Exercise::small},
        Path{"large", "accept", &Exercise::large},
        Path{"slow", "accept", &Exercise::slow},
        Path{"log", "log", &Exercise::log},
        Path{"remove", "remove", &Exercise::remove},
        Path{"move", "move", &Exercise::move},
        Path{"instead", "gather", &Exercise::instead},
        Path{"ended", "gathered", &Exercise::ended},
        Path{"settle", "settle", &Exercise::settle},
        Path{"recover", "recover", &Exercise::recover},
        Path{"check", "check", &Exercise::check},
    };
    std::string word = name.substr(0, name.find('='));
    const std::size_t times = word == name ? 1 : std::strtoul(name.c_str() + word.size() + 1, nullptr, 10);
    for (const Path& path : kPaths) {
      if (path.step != word) continue;
      say("STEP " + name);
      disk_.begin(path.path);
      for (std::size_t i = 0; i < times; ++i) {
        if (!(this->*path.run)()) return false;
      }
      return true;
    }
    say("NO " + name + " there is no such step");
    return false;
  }

  void acknowledge(const std::string& fact) {
    say("ACK " + fact);
    if (!options_.mark.empty()) {
      const std::string line = "ACK " + fact + "\n";
      const int fd = ::open(options_.mark.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd < 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(4);
      ::close(fd);
    }
    if (last_ && !options_.cut.empty()) cut_power(options_.cut);
    if (last_ && options_.memory) tell_what_is_left();
  }

  /// The power of the disk in memory fails, and of what was not synced nothing had been written.
  [[noreturn]] void tell_what_is_left() {
    const auto left = memory_.one_after_crash([](std::size_t) { return 0; });
    auto opened = spool::Spool::open(*left, options_.spool);
    if (!opened) std::_Exit(5);
    spool_.swap(*opened);
    std::_Exit(recover() && check() ? 0 : 1);
  }

  /// Runs `change` and says yes once: after it, or where a mutant says it.
  template <class Change>
  bool promise(const std::string& fact, Change change) {
    bool said = false;
    disk_.reply = [&] {
      if (!std::exchange(said, true)) acknowledge(fact);
    };
    const Result<void> done = change();
    if (done) disk_.reply();
    disk_.reply = nullptr;
    return done ? true : fail(fact, done.error());
  }

  static bool fail(const std::string& step, const Error& error) {
    say("NO " + step + " " + error.text);
    return false;
  }

  bool open() {
    return promise("open", [&]() -> Result<void> {
      auto opened = spool::Spool::open(disk_, options_.spool);
      if (!opened) return opened.error();
      spool_ = std::move(*opened);
      return {};
    });
  }

  /// Everything so far reaches the disk, as it does when time passes.
  bool settle() {
    if (options_.memory) return true;
    const int fd = ::open(options_.spool.c_str(), O_RDONLY | O_CLOEXEC);
    const bool done = fd >= 0 && ::syncfs(fd) == 0;
    ::close(fd);
    return done;
  }

  mail::Envelope envelope() const {
    mail::Envelope made;
    const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    made.id = options_.id ? *options_.id : QueueId::make(now, random_number());
    made.accepted = made.id.accepted();
    made.source.kind = mail::Source::Kind::local;
    made.source.uid = 1000;
    made.sender = "alice@example.com";
    made.recipients.resize(2);
    made.recipients[0].address = "bob@example.net";
    made.recipients[1].address = "carol@example.org";
    return made;
  }

  bool small() { return accept(2000, false); }
  bool large() { return accept(3 * spool::kPiece, false); }
  /// A client so slow that its text has reached the disk before the message ends.
  bool slow() { return accept(3 * spool::kPiece, true); }

  bool accept(std::size_t size, bool slowly) {
    const std::string text = text_of(size, random_number());
    spool::Draft draft(*spool_, envelope());
    constexpr std::size_t kChunk = 60'000;
    for (std::size_t at = 0; at < text.size(); at += kChunk) {
      draft.add(std::string_view(text).substr(at, kChunk));
      if (!draft.full()) continue;
      if (auto spilled = draft.spill(); !spilled) return fail("stored", spilled.error());
    }
    if (slowly) {
      if (auto spilled = draft.spill(); !spilled) return fail("stored", spilled.error());
      if (!settle()) return false;
    }
    id_ = draft.envelope().id;
    const std::string digest = digest_of(text);
    say("TRY " + id_.str() + " " + digest);
    stored_.push_back(id_);
    return promise("stored " + id_.str() + " " + digest,
                   [&] { return draft.commit(size + 100, mail::BodyType::seven_bit); });
  }

  /// One takes the place of all that were stored: as soon as it is, they are nowhere else, whatever a start finds. Its
  /// text has reached the disk before, so that no sync of it takes the names along.
  bool instead() {
    const std::string text = text_of(3 * spool::kPiece, random_number());
    spool::Draft draft(*spool_, envelope());
    draft.add(text);
    if (auto spilled = draft.spill(); !spilled) return fail("instead", spilled.error());
    if (!settle()) return false;
    id_ = draft.envelope().id;
    std::string fact = "instead " + id_.str() + " " + digest_of(text);
    for (const QueueId& one : stored_) fact += " " + one.str();
    say("TRY " + id_.str() + " " + digest_of(text));
    return promise(fact, [&]() -> Result<void> {
      if (auto announced = spool_->announce_gathering(id_, stored_); !announced) return announced;
      return draft.commit(text.size() + 100, mail::BodyType::seven_bit);
    });
  }

  bool ended() {
    return promise("ended", [&] { return confirmed(spool_->end_gathering(id_, stored_)); });
  }

  bool log() {
    auto stored = spool_->read(id_);
    if (!stored) return fail("logged", stored.error());
    const mail::Status status{mail::Verdict::delivered, 250, "2.0.0", "Ok"};
    const std::vector<spool::LogLine> lines = {spool::LogLine{stored->envelope.accepted, "bob@example.net", status}};
    return promise("logged " + id_.str() + " " + std::to_string(stored->log.size() + 1),
                   [&] { return spool_->append_log(id_, *stored, lines, spool::Durability::synced); });
  }

  bool remove() {
    return promise("removed " + id_.str(),
                   [&] { return confirmed(spool_->remove(id_, Area::queue, spool::Durability::synced)); });
  }

  bool move() {
    return promise("moved " + id_.str() + " failed",
                   [&] { return confirmed(spool_->move(id_, Area::queue, Area::failed)); });
  }

  bool recover() {
    const auto recovered = spool::recover(*spool_);
    return recovered ? true : fail("recover", recovered.error());
  }

  bool check() {
    for (const Area area : spool::kAreas) {
      const auto found = spool_->list(area);
      if (!found) return fail("check", found.error());
      for (const spool::Found& one : *found) tell(area, one.id);
    }
    return true;
  }

  void tell(Area area, const QueueId& id) {
    const std::string place = "FOUND " + std::string(spool::name(area)) + " " + id.str() + " ";
    const auto stored = spool_->read(id, area);
    if (!stored) {
      say(place + std::string(postern::name(stored.error().failure)) + " - 0 0 unknown");
      return;
    }
    std::string text = stored->small_text;
    while (stored->large && text.size() < stored->envelope.size) {
      const auto piece = spool_->read_piece(*stored, text.size());
      if (!piece) {
        say(place + "io - 0 0 unknown");
        return;
      }
      text += *piece;
    }
    const auto failed = std::ranges::count_if(
        stored->log, [](const spool::LogLine& line) { return line.status.verdict == mail::Verdict::failed; });
    say(place + "whole " + digest_of(text) + " " + std::to_string(stored->log.size()) + " " + std::to_string(failed) +
        (stored->envelope.sender.empty() ? " bounce" : " mail") + shots_in(text));
  }

  static std::string shots_in(std::string_view text) {
    std::set<std::string> words;
    for (std::size_t at = text.find("shot-"); at != std::string_view::npos; at = text.find("shot-", at + 1)) {
      const std::size_t end =
          std::min(text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-", at), text.size());
      words.emplace(text.substr(at, end - at));
    }
    std::string line;
    for (const std::string& word : words) line += " " + word;
    return line;
  }

  Options options_;
  test::MemoryDisk memory_;
  MutantDisk disk_;
  std::unique_ptr<spool::Spool> spool_;
  QueueId id_;
  std::vector<QueueId> stored_;
  bool last_ = false;
};

std::optional<Fault> fault_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Fault>, 3> kFaults = {
      {{"skip", Fault::skip}, {"reply-before", Fault::reply_before}, {"too-early", Fault::too_early}}};
  for (const auto& [word, fault] : kFaults) {
    if (word == name) return fault;
  }
  return std::nullopt;
}

/// The rest of `argument` if it begins with `--name=`.
std::optional<std::string> value_of(const std::string& argument, const std::string& name) {
  const std::string start = "--" + name + "=";
  return argument.starts_with(start) ? std::optional(argument.substr(start.size())) : std::nullopt;
}

std::optional<Options> parse(const std::vector<std::string>& arguments) {
  Options options;
  for (const std::string& argument : arguments) {
    if (const auto mutant = value_of(argument, "mutant")) {
      const std::size_t slash = mutant->find('/');
      const auto fault = fault_named(std::string_view(*mutant).substr(0, slash));
      if (!fault || slash == std::string::npos) return std::nullopt;
      options.fault = *fault;
      options.sync = mutant->substr(slash + 1);
    } else if (const auto mark = value_of(argument, "mark")) {
      options.mark = *mark;
    } else if (const auto cut = value_of(argument, "cut")) {
      options.cut = *cut;
    } else if (argument == "--memory") {
      options.memory = true;
    } else if (const auto id = value_of(argument, "id")) {
      options.id = QueueId::parse(*id);
      if (!options.id) return std::nullopt;
    } else if (argument.starts_with("--")) {
      return std::nullopt;
    } else if (options.spool.empty()) {
      options.spool = argument;
    } else {
      options.steps.push_back(argument);
    }
  }
  if (options.spool.empty() || options.steps.empty()) return std::nullopt;
  return options;
}

}  // namespace
}  // namespace postern::durability

int main(int count, char** arguments) {
  auto options = postern::durability::parse({arguments + 1, arguments + count});
  if (!options) {
    std::fputs(
        "usage: spool-exercise [--mutant=FAULT/SYNC] [--mark=FILE] [--cut=DIRECTORY | --memory] [--id=ID] SPOOL "
        "STEP...\n",
        stderr);
    return 64;
  }
  return postern::durability::Exercise(std::move(*options)).run();
}
