#include "support/expected_log.h"

#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace postern::test {
namespace {

struct Capture {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<std::pair<Level, std::string>> serious;
  std::map<std::string, std::size_t> announced;  // part -> times seen
};

Capture& capture() {
  static Capture instance;
  return instance;
}

void record(const LogRecord& record) {
  Capture& seen = capture();
  const std::scoped_lock lock(seen.mutex);
  const std::string line = format(record);
  seen.lines.push_back(line);
  for (auto& [part, count] : seen.announced) {
    if (line.find(part) == std::string::npos) continue;
    ++count;
    return;
  }
  if (record.level >= Level::warning) seen.serious.emplace_back(record.level, line);
}

class LogListener final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override {
    capture().lines.clear();
    capture().serious.clear();
  }
  void OnTestEnd(const testing::TestInfo&) override {
    for (const auto& [level, line] : capture().serious) {
      ADD_FAILURE() << "unannounced in the log: " << name(level) << ": " << line;
    }
  }
};

}  // namespace

ExpectLog::ExpectLog(std::string part) : part_(std::move(part)) { capture().announced[part_] = 0; }

ExpectLog::~ExpectLog() {
  Capture& seen = capture();
  const std::scoped_lock lock(seen.mutex);
  EXPECT_GT(seen.announced[part_], 0U) << "announced but never logged: " << part_;
  seen.announced.erase(part_);
}

const std::vector<std::string>& logged() { return capture().lines; }

bool was_logged(std::string_view part) {
  return std::ranges::any_of(logged(), [&](const std::string& line) { return line.find(part) != line.npos; });
}

}  // namespace postern::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  postern::set_log_level(postern::Level::debug);
  postern::set_log_sink(postern::test::record);
  testing::UnitTest::GetInstance()->listeners().Append(new postern::test::LogListener);
  return RUN_ALL_TESTS();
}
