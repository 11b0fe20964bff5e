#include "app/relays.h"

#include "app/login_client.h"
#include "relay/memory_file.h"
#include "spool/recovery.h"
#include "support/fake_clock.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace postern::app {
namespace {

// What the settings say of a smarthost arrives at its relay.
TEST(MakeRelay, BindsTheCredentialsThatAreConfigured) {
  boost::asio::io_context loop;
  test::FakeClock clock;
  const RelayParts parts{loop.get_executor(), clock, nullptr, nullptr, nullptr};
  settings::Smarthost smarthost;
  smarthost.name = "office";
  smarthost.host = "h.example";
  smarthost.port = 465;
  const mail::CheckReport bare = make_relay(parts, smarthost, OurNames{{"web1.example.net", ""}, ""})->explain();
  EXPECT_EQ(bare.site, "office");
  EXPECT_EQ(bare.host, "h.example:465");
  EXPECT_EQ(bare.credentials, "");
  smarthost.client_certificate = "/c";
  EXPECT_EQ(make_relay(parts, smarthost, OurNames{{"web1.example.net", ""}, ""})->explain().credentials,
            "client certificate");
  smarthost.user = "u";
  smarthost.password = Secret("p");
  smarthost.token_file = "/t";
  EXPECT_EQ(make_relay(parts, smarthost, OurNames{{"web1.example.net", ""}, ""})->explain().credentials,
            "password, token, client certificate");
}

TEST(Blocking, RunsTheJobOnAnotherThreadAndComesBack) {
  spool::DiskPool pool(1);
  const credentials::Blocking blocking = blocking_on(pool, spool::Priority::normal);
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id there = here;
  const std::function<Result<std::string>()> job = [&there]() -> Result<std::string> {
    there = std::this_thread::get_id();
    return std::string("read");
  };
  const Result<std::string> answer = test::run(blocking(job));
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, "read");
  EXPECT_NE(there, here);
}

TEST(LoginClient, SaysWhichSettingIsMissing) {
  settings::Smarthost smarthost;
  smarthost.name = "office";
  const auto without = login_client(smarthost);
  EXPECT_EQ(without.error().failure, Failure::invalid);
  EXPECT_NE(without.error().text.find("office has no 'oauth2'"), std::string::npos);
  smarthost.oauth2.token_url = "https://a.example/";
  EXPECT_NE(login_client(smarthost).error().text.find("'oauth2.refresh_token_file'"), std::string::npos);
  smarthost.oauth2.refresh_token_file = "/var/lib/postern/office";
  const auto client = login_client(smarthost);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->refresh_token_file, "/var/lib/postern/office");
}

// What is learnt of the smarthosts lies beside the areas of the spool.
TEST(Memory, IsLeftAloneByTheSpool) {
  std::string directory = (std::filesystem::temp_directory_path() / "postern-app-XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  relay::SiteMemory known;
  known.mechanism = "PLAIN";
  for (int run = 0; run < 2; ++run) {
    auto spool = spool::Spool::open(spool::posix_disk(), directory);
    ASSERT_TRUE(spool) << spool.error().text;
    relay::MemoryFile memory(directory + "/sites", [](const std::function<void()>& job) { job(); });
    EXPECT_EQ(memory.recall("h.example:465 u"), run == 0 ? relay::SiteMemory() : known);
    memory.keep("h.example:465 u", known);
    const auto recovered = spool::recover(**spool);
    ASSERT_TRUE(recovered) << recovered.error().text;
    EXPECT_EQ(recovered->unfinished, 0U);
    EXPECT_EQ(recovered->corrupt, 0U);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace postern::app
