#include "submission/submission_record_file.h"

#include "base/log.h"

#include <atomic>
#include <utility>

namespace postern::submission {
namespace {

constexpr std::uint64_t kLongestRecord = 2ULL << 20U;  // some 14,000 submissions, and as many in the older file

}  // namespace

struct SubmissionRecordFile::State {
  explicit State(std::string path) : file(std::move(path), kLongestRecord) {}

  void append(const std::string& line, Against against) {
    const Result<void> written = file.append(line, against);
    const bool was_failing = failing.exchange(!written);
    if (written || was_failing) return;
    log(Level::warning, "submission ids cannot be kept; a crash could now make a message arrive twice",
        {{"reason", written.error().text}});
  }

  [[nodiscard]] std::string read() const {
    auto text = file.read();
    if (text) return std::move(*text);
    log(Level::warning, "submission ids of before cannot be read", {{"reason", text.error().text}});
    return {};
  }

  LineFile file;
  std::atomic<bool> failing = false;
};

SubmissionRecordFile::SubmissionRecordFile(std::string path, Threads threads)
    : threads_(std::move(threads)), state_(std::make_shared<State>(std::move(path))) {}

Task<void> SubmissionRecordFile::restore(SubmissionMemory& memory, SteadyTime now, IsStored is_stored) const {
  for (const SubmissionMemory::Entry& claim : memory.restore(state_->read(), now)) {
    const bool stored = co_await is_stored(claim.second);
    if (stored) memory.settle(claim, now);
  }
}

Task<void> SubmissionRecordFile::write(std::string line, Against against) {
  std::function<void()> job = [state = state_, line = std::move(line), against] { state->append(line, against); };
  co_await threads_.run(std::move(job));
}

void SubmissionRecordFile::post(std::string line) {
  threads_.post([state = state_, line = std::move(line)] { state->append(line, Against::crash); });
}

}  // namespace postern::submission
