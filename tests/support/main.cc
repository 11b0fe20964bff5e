#include "support/expected_log.h"

#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace postern::test {
namespace {

struct Capture {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<std::pair<Level, std::string>> serious;
  std::vector<std::string> odd;                  // lines with a field that is not what its name says
  std::map<std::string, std::size_t> announced;  // part -> times seen
};

Capture& capture() {
  static Capture instance;
  return instance;
}

/// What becomes of a message, and that the operator is told, is what tests ask for by other ways.
bool is_outcome(const LogRecord& record) { return record.event == "failed" || record.event == "alarm"; }

/// The journal has these as POSTERN_SENDER, POSTERN_RECIPIENT and POSTERN_ORIGINAL_RECIPIENT, whatever the event.
bool is_named_rightly(const LogField& field) {
  constexpr std::array<std::string_view, 3> kAddresses{"from", "to", "orig_to"};
  if (std::ranges::find(kAddresses, field.key) == kAddresses.end()) return true;
  return field.value == "<>" || field.value.find('@') != std::string::npos;
}

/// JSON and the journal have these as numbers, and nothing else: whoever stores them gives a name one type.
constexpr auto kNumbers = std::to_array<std::string_view>({"addresses",    "aliases",
                                                           "bare_lf",      "connections",
                                                           "corrupt",      "count",
                                                           "cr_cr_lf",     "cr_to_blank",
                                                           "crashes",      "delay",
                                                           "exit",         "expires_in",
                                                           "failed",       "files",
                                                           "first",        "free_mib",
                                                           "in_all",       "left",
                                                           "lines",        "messages",
                                                           "number",       "next_try_in",
                                                           "nul_left_out", "owed",
                                                           "recipients",   "sessions",
                                                           "signal",       "size",
                                                           "times",        "tried",
                                                           "tries",        "uid",
                                                           "under_way",    "unfinished_receptions_removed",
                                                           "waiting"});

bool has_its_type(const LogField& field) {
  if (field.value.empty()) return true;
  return field.number.empty() == (std::ranges::find(kNumbers, field.key) == kNumbers.end());
}

void record(const LogRecord& record) {
  Capture& seen = capture();
  const std::scoped_lock lock(seen.mutex);
  const std::string line = format(record);
  const auto is_right = [](const LogField& field) { return is_named_rightly(field) && has_its_type(field); };
  if (!std::ranges::all_of(record.fields, is_right)) seen.odd.push_back(line);
  seen.lines.push_back(line);
  for (auto& [part, count] : seen.announced) {
    if (line.find(part) == std::string::npos) continue;
    ++count;
    return;
  }
  if (record.level >= Level::warning && !is_outcome(record)) seen.serious.emplace_back(record.level, line);
}

class LogListener final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override {
    capture().lines.clear();
    capture().serious.clear();
    capture().odd.clear();
  }
  void OnTestEnd(const testing::TestInfo&) override {
    for (const auto& [level, line] : capture().serious) {
      ADD_FAILURE() << "unannounced in the log: " << name(level) << ": " << line;
    }
    for (const std::string& line : capture().odd) {
      ADD_FAILURE() << "a field of the log is not what its name says: " << line;
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
