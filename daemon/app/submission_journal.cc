#include "app/submission_journal.h"

#include "base/log.h"

#include <utility>

namespace postern::app {
namespace {

constexpr std::uint64_t kLongest = 2ULL << 20U;  // some 14,000 submissions, and as many in the older file

}  // namespace

struct JournalFile::State {
  explicit State(std::string path) : file(std::move(path), kLongest) {}

  Result<void> append(const std::string& line, spool::Durability durability) {
    Result<void> written = file.append(line, durability);
    const bool was_failing = failing.exchange(!written);
    if (!written && !was_failing) {
      log(Level::warning, "submission ids cannot be kept; a crash could now make a message arrive twice",
          {{"reason", written.error().text}});
    }
    return written;
  }

  spool::LineFile file;
  std::atomic<bool> failing = false;
};

JournalFile::JournalFile(spool::DiskPool& pool, const std::string& spool)
    : pool_(pool), state_(std::make_shared<State>(spool + "/submissions")) {}

std::string JournalFile::read() const {
  auto text = state_->file.read();
  if (text) return std::move(*text);
  log(Level::warning, "submission ids of before cannot be read", {{"reason", text.error().text}});
  return {};
}

Task<void> JournalFile::write(std::string line, Against against) {
  const auto durability = against == Against::crash ? spool::Durability::lazy : spool::Durability::synced;
  auto job = [state = state_, line = std::move(line), durability] { return state->append(line, durability); };
  static_cast<void>(co_await pool_.run(spool::Priority::urgent, std::move(job)));
}

void JournalFile::post(std::string line) {
  pool_.post(spool::Priority::normal, [state = state_, line = std::move(line)] {
    static_cast<void>(state->append(line, spool::Durability::lazy));
  });
}

}  // namespace postern::app
