#include "submission/submission_record_file.h"

#include "support/expected_log.h"
#include "support/run.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace postern::submission {
namespace {

using Against = SubmissionRecord::Against;
using Claim = SubmissionMemory::Claim;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kKey = SubmissionMemory::key(1000, "abc");

QueueId id_of(char letter) { return QueueId::make(WallTime(Seconds(1'700'000'000 + letter)), 7); }

class SubmissionRecordTest : public testing::Test {
 protected:
  /// The record of one life of the daemon; what is posted waits for run_posted().
  SubmissionRecordFile record(const std::string& name = "submissions") {
    SubmissionRecordFile::Threads threads;
    threads.run = run_here;
    threads.post = [this](std::function<void()> job) { posted.push_back(std::move(job)); };
    return SubmissionRecordFile(directory / name, std::move(threads));
  }
  static Task<void> run_here(std::function<void()> job) {
    job();
    co_return;
  }
  void run_posted() {
    for (const auto& job : std::exchange(posted, {})) job();
  }
  /// What a new life remembers; `spool` are the messages that are whole.
  SubmissionMemory restored(const std::vector<QueueId>& spool) {
    SubmissionMemory memory;
    const SubmissionRecordFile file = record();
    asked.clear();
    auto is_stored = [this, &spool](QueueId id) { return answer(&asked, &spool, id); };
    test::run(file.restore(memory, SteadyTime(), is_stored));
    return memory;
  }
  static Task<bool> answer(std::vector<QueueId>* asked, const std::vector<QueueId>* spool, QueueId id) {
    asked->push_back(id);
    co_return std::ranges::find(*spool, id) != spool->end();
  }

  test::ScratchDir directory;
  std::vector<std::function<void()>> posted;
  std::vector<QueueId> asked;
};

TEST_F(SubmissionRecordTest, RemembersWhatWasStoredWithoutAskingTheSpool) {
  SubmissionRecordFile file = record();
  SubmissionMemory before;
  before.set_record(file);
  static_cast<void>(before.claim(kKey, SteadyTime()));
  test::run(before.committing(kKey, id_of('a'), Against::crash));
  before.stored(kKey, id_of('a'));
  run_posted();
  SubmissionMemory after = restored({});
  EXPECT_THAT(asked, IsEmpty());
  const SubmissionMemory::Answer answer = after.claim(kKey, SteadyTime());
  EXPECT_EQ(answer.claim, Claim::stored);
  EXPECT_EQ(answer.id, id_of('a'));
}

TEST_F(SubmissionRecordTest, SettlesAClaimWithoutAnEndByWhatIsInTheSpool) {
  SubmissionRecordFile file = record();
  for (const Against against : {Against::crash, Against::power_failure}) {
    test::run(file.write("claim " + kKey + " " + id_of('b').str() + "\n", against));
    SubmissionMemory lost = restored({});
    EXPECT_THAT(asked, ElementsAre(id_of('b')));
    EXPECT_EQ(lost.claim(kKey, SteadyTime()).claim, Claim::mine);
    SubmissionMemory whole = restored({id_of('b')});
    EXPECT_EQ(whole.claim(kKey, SteadyTime()).claim, Claim::stored);
  }
}

TEST_F(SubmissionRecordTest, TellsOnceThatItCannotBeWritten) {
  const test::ExpectLog told("submission ids cannot be kept");
  SubmissionRecordFile file = record("gone/submissions");
  const auto count = [] {
    return std::ranges::count_if(test::logged(),
                                 [](const auto& line) { return line.find("cannot be kept") != line.npos; });
  };
  for (int i = 0; i < 3; ++i) test::run(file.write("claim 1 x y\n", Against::crash));
  EXPECT_EQ(count(), 1);
}

TEST_F(SubmissionRecordTest, AFileThatCannotBeReadIsToldAndNotFatal) {
  const test::ExpectLog told("submission ids of before cannot be read");
  std::filesystem::create_directory(directory / "submissions");
  SubmissionMemory memory = restored({});
  EXPECT_EQ(memory.size(), 0U);
}

}  // namespace
}  // namespace postern::submission
