#include "app/our_names.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

TEST(OurNames, TheSenderOfOurOwnMailIsTheSettingsOrTheAccountIfThatIsAnAddress) {
  const std::vector<std::pair<std::string, std::string>> rows{{"alerts@example.com", "alerts@example.com"},
                                                              {"apikey", ""},
                                                              {"", ""},
                                                              {"a b@example.com", ""},
                                                              {"alerts@", ""},
                                                              {"\xC3\xA9@example.com", ""}};
  for (const auto& [user, expected] : rows) {
    settings::Settings settings;
    settings.names.hostname = "web1.example.net";
    settings::Smarthost smarthost;
    smarthost.user = user;
    EXPECT_EQ(our_names(settings, smarthost), (OurNames{{"web1.example.net", ""}, expected})) << user;
    smarthost.from.address = "ops@example.com";
    EXPECT_EQ(our_names(settings, smarthost).own_sender, "ops@example.com");
    settings.queue.bounces.from = "postern@example.org";
    EXPECT_EQ(our_names(settings, smarthost).own_sender, "postern@example.org");
  }
}

}  // namespace
}  // namespace postern::app
