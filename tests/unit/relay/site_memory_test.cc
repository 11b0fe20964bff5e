// What is remembered of a site, in memory and on disk.
#include "relay/site_memory.h"

#include "base/durable_file.h"
#include "relay/memory_file.h"
#include "support/expected_log.h"
#include "test_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace postern::relay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SiteMemory memory_of(std::vector<std::string> offered, std::string tls) {
  SiteMemory memory;
  memory.offered = std::move(offered);
  memory.tls = std::move(tls);
  return memory;
}

Offer offer_of(std::vector<std::string> mechanisms, std::string tls) {
  return Offer{std::move(mechanisms), std::move(tls)};
}

TEST(Weaker, NamesOnlyTheGreatestLossOfMechanismsAndTheTlsVersion) {
  const SiteMemory best = memory_of({"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "PLAIN"}, "TLSv1.3");
  EXPECT_THAT(weaker(best, offer_of({"SCRAM-SHA-512-PLUS"}, "TLSv1.3")), IsEmpty());
  EXPECT_THAT(weaker(best, offer_of({"SCRAM-SHA-256"}, "TLSv1.3")), ElementsAre(HasSubstr("(-PLUS)")));
  EXPECT_THAT(weaker(best, offer_of({"PLAIN"}, "TLSv1.3")), ElementsAre(HasSubstr("no SCRAM")));
  EXPECT_THAT(weaker(best, offer_of({}, "TLSv1.2")), ElementsAre(HasSubstr("no AUTH"), HasSubstr("only TLSv1.2")));
}

TEST(Weaker, ComparesNothingWithClearText) {
  EXPECT_THAT(weaker(memory_of({"SCRAM-SHA-1"}, ""), offer_of({"PLAIN"}, "TLSv1.3")), IsEmpty());
  EXPECT_THAT(weaker(memory_of({"SCRAM-SHA-1"}, "TLSv1.3"), offer_of({"PLAIN"}, "")), IsEmpty());
  EXPECT_THAT(weaker(SiteMemory(), offer_of({}, "TLSv1.2")), IsEmpty());
}

TEST(Fingerprint, ChangesWithUserPasswordAndKindsButNotWithTheToken) {
  const auto known = fingerprint(with_password("demo", "secret"), "salt");
  EXPECT_TRUE(is_fingerprint_of(known, with_password("demo", "secret")));
  EXPECT_FALSE(is_fingerprint_of(known, with_password("demo", "Secret")));
  EXPECT_FALSE(is_fingerprint_of(known, with_password("demos", "ecret")));
  EXPECT_FALSE(is_fingerprint_of("", with_password("demo", "secret")));
  EXPECT_NE(known, fingerprint(with_password("demo", "secret"), "other"));
  EXPECT_TRUE(is_fingerprint_of(fingerprint(with_token("demo", "one"), "salt"), with_token("demo", "two")));
  EXPECT_EQ(known.size(), std::string_view("salt.").size() + 4);  // too short to find a password by
}

Smarthost site() {
  Smarthost smarthost;
  smarthost.host = "mx";
  smarthost.port = 465;
  smarthost.credentials = password_source("demo", "secret");
  return smarthost;
}

TEST(SiteNotes, WarnOncePerChange) {
  const auto store = std::make_shared<VolatileMemory>();
  SiteNotes notes(store, site());
  notes.take(offer_of({"SCRAM-SHA-1", "PLAIN"}, "TLSv1.3"));
  const test::ExpectLog announced("the server is weaker than before");
  const auto count = [] {
    return std::ranges::count_if(test::logged(), [](const std::string& l) { return l.find("weaker") != l.npos; });
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(notes.compare(offer_of({"PLAIN"}, "TLSv1.3"), "mx").size(), 1U);
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(notes.compare(offer_of({"PLAIN"}, "TLSv1.2"), "mx").size(), 2U);
  EXPECT_EQ(count(), 2);
  // To and fro, as behind a balancer, is not told each time.
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(notes.compare(offer_of({"SCRAM-SHA-1"}, "TLSv1.3"), "mx").empty());
    EXPECT_FALSE(notes.compare(offer_of({"PLAIN"}, "TLSv1.2"), "mx").empty());
  }
  EXPECT_EQ(count(), 2);
}

// `mechanisms: [PLAIN]` made PLAIN work; when the setting is gone, PLAIN must not stay first for it.
TEST(SiteNotes, WhatWorkedUnderARestrictionIsRememberedUnderThatAlone) {
  const sasl::Credentials credentials = with_password("demo", "secret");
  std::vector<Smarthost> settings(6, site());
  settings[1].mechanisms = {"PLAIN"};
  settings[2].mechanisms = {"LOGIN", "PLAIN"};
  settings[3].mechanisms = {"PLAIN", "LOGIN"};
  settings[4].tls = Tls::none;
  settings[5].tls = Tls::none;
  settings[5].allow_cleartext_auth = true;
  for (const Smarthost& before : settings) {
    for (const Smarthost& now : settings) {
      const bool same = &before == &now;
      const auto store = std::make_shared<VolatileMemory>();
      SiteNotes(store, before).worked("PLAIN", credentials);
      SiteNotes notes(store, now);
      EXPECT_EQ(notes.mechanism(credentials), same ? "PLAIN" : "");
      EXPECT_EQ(notes.recall().mechanism, same ? "PLAIN" : "");
      notes.worked("SCRAM-SHA-256", credentials);
      EXPECT_EQ(notes.mechanism(credentials), "SCRAM-SHA-256");
    }
  }
}

TEST(SiteNotes, WhatAnEarlierVersionRememberedWithoutItsRestrictionIsLearntAnew) {
  const sasl::Credentials credentials = with_password("demo", "secret");
  const auto store = std::make_shared<VolatileMemory>();
  SiteNotes(store, site()).worked("PLAIN", credentials);
  SiteMemory memory = store->recall("mx:465 demo");
  memory.under.clear();
  store->keep("mx:465 demo", memory);
  EXPECT_EQ(SiteNotes(store, site()).mechanism(credentials), "");
}

struct Directory {
  Directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "postern-test-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return path + "/memory"; }
  std::string path;
};

/// Jobs wait until they are run.
struct Later {
  std::vector<std::function<void()>> jobs;
  MemoryFile::Background background() {
    return [this](std::function<void()> job) { jobs.push_back(std::move(job)); };
  }
  void run() {
    const auto now = std::exchange(jobs, {});
    for (const auto& job : now) job();
  }
};

SiteMemory full() {
  SiteMemory memory = memory_of({"SCRAM-SHA-256-PLUS", "PLAIN"}, "TLSv1.3");
  memory.mechanism = "SCRAM-SHA-256-PLUS";
  memory.secret = "0a1b2c3d.12ef";
  memory.under = "tls allow_cleartext_auth PLAIN";
  memory.login = "1794000000";
  memory.certificate = "2027-01-01T00:00:00Z";
  memory.own_certificate = "2028-01-01T00:00:00Z";
  memory.taken = "o'neil+x@y.example";
  return memory;
}

TEST(SiteNotes, NotesALoginOnceAMinuteAndTheEndOfACertificateThatIsKnown) {
  const auto store = std::make_shared<VolatileMemory>();
  SiteNotes notes(store, site());
  notes.note_login();
  const std::string first = notes.recall().login;
  EXPECT_NE(first, "");
  notes.note_login();
  EXPECT_EQ(notes.recall().login, first);
  for (const std::string before : {"1000000000", "99999999999", "nonsense"}) {
    SiteMemory memory = store->recall("mx:465 demo");
    memory.login = before;
    store->keep("mx:465 demo", memory);
    notes.note_login();
    EXPECT_NE(notes.recall().login, before) << "long ago, or by a wrong clock";
  }
  notes.note_certificates("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
  notes.note_certificates("", "");
  EXPECT_EQ(notes.recall().certificate, "2027-01-01T00:00:00Z");
  EXPECT_EQ(notes.recall().own_certificate, "2028-01-01T00:00:00Z");
  notes.note_certificates("2027-01-01T00:00:00Z", "");
  EXPECT_EQ(notes.recall().own_certificate, "") << "the settings name none any more";
}

TEST(MemoryFile, GivesBackAfterARestartWhatWasKept) {
  const Directory directory;
  Later later;
  const std::string strange = "mx:465 a b=c%\n\xC3\xA9,d";
  {
    MemoryFile file(directory.file(), later.background());
    file.keep(strange, full());
    file.keep("mx:25 ", SiteMemory());
    EXPECT_EQ(file.recall(strange), full());  // before it is written
    later.run();
  }
  const MemoryFile again(directory.file(), later.background());
  EXPECT_EQ(again.recall(strange), full());
  EXPECT_EQ(again.recall("mx:25 "), SiteMemory());
  EXPECT_EQ(again.recall("nobody"), SiteMemory());
}

TEST(MemoryFile, WritesChangesTogetherAndNothingThatIsNotNew) {
  const Directory directory;
  Later later;
  MemoryFile file(directory.file(), later.background());
  for (int i = 0; i < 10; ++i) file.keep("mx:465 " + std::to_string(i), full());
  EXPECT_EQ(later.jobs.size(), 1U);
  later.run();
  file.keep("mx:465 3", full());
  EXPECT_TRUE(later.jobs.empty());
  file.keep("mx:465 3", SiteMemory());
  EXPECT_EQ(later.jobs.size(), 1U);
  later.run();
  const MemoryFile again(directory.file(), later.background());
  EXPECT_EQ(again.recall("mx:465 9"), full());
  EXPECT_EQ(again.recall("mx:465 3"), SiteMemory());
}

TEST(MemoryFile, WritesWhatIsKeptWhileItIsGoneWhenTheJobComes) {
  const Directory directory;
  Later later;
  {
    MemoryFile(directory.file(), later.background()).keep("mx:465 demo", full());
  }
  later.run();
  EXPECT_EQ(MemoryFile(directory.file(), later.background()).recall("mx:465 demo"), full());
}

TEST(MemoryFile, IgnoresAndReplacesADamagedFile) {
  const Directory directory;
  Later later;
  MemoryFile(directory.file(), later.background()).keep("mx:465 demo", full());
  later.run();
  const std::string whole = *read_file(directory.file(), 4096);
  for (const std::string& damaged :
       {std::string(), std::string("postern-memory 2\n"), whole.substr(0, whole.size() - 1), whole + "site=%zz\n",
        whole + "nothing\n", whole + "mechanism=PLAIN\n", whole + "site=x offered=,\n",
        whole + std::string(2U << 20U, 'x')}) {
    ASSERT_TRUE(replace_file(directory.file(), damaged));
    const test::ExpectLog announced("will be learnt anew");
    MemoryFile file(directory.file(), later.background());
    EXPECT_EQ(file.recall("mx:465 demo"), SiteMemory());
    file.keep("mx:465 demo", full());
    later.run();
    EXPECT_EQ(MemoryFile(directory.file(), later.background()).recall("mx:465 demo"), full());
  }
}

TEST(MemoryFile, LeavesFieldsOfALaterVersionAlone) {
  const Directory directory;
  Later later;
  ASSERT_TRUE(replace_file(directory.file(), "postern-memory 1\nsite=mx:465%20demo mechanism=PLAIN colour=blue\n"));
  EXPECT_EQ(MemoryFile(directory.file(), later.background()).recall("mx:465 demo").mechanism, "PLAIN");
}

TEST(SiteNotes, RememberThatTheNullSenderIsRefusedUntilTheOtherOneIs) {
  const auto store = std::make_shared<VolatileMemory>();
  Smarthost smarthost;
  smarthost.host = "mx";
  SiteNotes notes(store, smarthost);
  EXPECT_FALSE(notes.refuses_null_sender());
  notes.note_null_sender(true);
  EXPECT_TRUE(SiteNotes(store, smarthost).refuses_null_sender());
  smarthost.host = "mx2";
  EXPECT_FALSE(SiteNotes(store, smarthost).refuses_null_sender());
  notes.note_null_sender(false);
  EXPECT_FALSE(notes.refuses_null_sender());
}

TEST(MemoryFile, WarnsOnceThatItCannotWriteAndStillRemembers) {
  Later later;
  const test::ExpectLog announced("cannot be kept");
  MemoryFile file("/nonexistent/memory", later.background());
  for (int i = 0; i < 3; ++i) {
    file.keep("mx:465 " + std::to_string(i), full());
    later.run();
  }
  EXPECT_EQ(file.recall("mx:465 2"), full());
  const auto& lines = test::logged();
  EXPECT_EQ(std::ranges::count_if(lines, [](const auto& l) { return l.find("cannot be kept") != l.npos; }), 1);
}

TEST(MemoryFile, HoldsABoundedNumberOfSites) {
  const Directory directory;
  Later later;
  MemoryFile file(directory.file(), later.background());
  for (int i = 0; i < 2000; ++i) file.keep("mx:465 " + std::to_string(i), full());
  EXPECT_EQ(file.recall("mx:465 1999"), full());
  later.run();
  EXPECT_LT(std::filesystem::file_size(directory.file()), 1U << 20U);
}

}  // namespace
}  // namespace postern::relay
