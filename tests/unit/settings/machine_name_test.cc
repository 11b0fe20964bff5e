#include "settings/machine_name.h"

#include "settings/values.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::settings {
namespace {

TEST(MachineName, IsTheFirstNameWithADotThatAHostsFileHasForIt) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "web1"},
      {"127.0.0.1 localhost\n", "web1"},
      {"127.0.1.1 web1.example.net web1\n", "web1.example.net"},
      {"127.0.1.1\tweb1.example.net\tweb1", "web1.example.net"},
      {"127.0.1.1 web1 web1.example.net\n", "web1.example.net"},
      {"127.0.1.1 WEB1.example.net Web1\n", "WEB1.example.net"},
      {"127.0.0.1 localhost\n127.0.0.1 web1\n::1 web1.example.net web1\n", "web1.example.net"},
      {"127.0.1.1 a.example.net web1\n127.0.1.1 b.example.net web1\n", "a.example.net"},
      {"127.0.1.1 web1.example.net web1 # mine\r\n", "web1.example.net"},
      {"# 127.0.1.1 web1.example.net web1\n", "web1"},
      {"127.0.1.1 # web1.example.net web1\n", "web1"},
      {"127.0.1.1 web1.example.net\n", "web1"},
      {"127.0.1.1 web10.example.net web10\n", "web1"},
      {"127.0.1.1 -bad.example.net web1\n", "web1"},
      {"web1 web1.example.net\n", "web1"},
      {"127.0.0.1 localhost.localdomain localhost web1\n", "web1"},
      {"127.0.0.1 localhost web1 Localhost4.LocalDomain4 web1.localdomain box.localhost\n", "web1"},
      {"127.0.0.1 localhost.localdomain web1 web1.example.net\n", "web1.example.net"},
      {"::1 localhost6.localdomain6 web1\n127.0.1.1 web1.example.net web1\n", "web1.example.net"},
  };
  for (const auto& [hosts, wanted] : rows) EXPECT_EQ(full_name("web1", hosts), wanted) << hosts;
}

TEST(MachineName, WithADotIsAlreadyWhole) {
  EXPECT_EQ(full_name("web1.example.org", "127.0.1.1 web1.example.net web1.example.org\n"), "web1.example.org");
}

// What every machine may be called says nothing to others.
TEST(MachineName, OfTheLoopbackIsNone) {
  EXPECT_EQ(full_name("localhost", "127.0.0.1 localhost localhost.localdomain localhost4\n"), "localhost");
  for (const char* name : {"localhost", "web1", "localhost.localdomain", "LOCALHOST.localdomain",
                           "localhost4.localdomain4", "localhost6.localdomain6", "web1.localdomain", "web1.LocalDomain",
                           "web1.localhost", "", ".", "web1.", "-a.example.net", "[127.0.0.1]"}) {
    EXPECT_FALSE(is_full_name(name)) << name;
  }
  for (const char* name :
       {"web1.example.net", "example.com", "web1.lan", "localhost.example.com", "localdomain.example.com"}) {
    EXPECT_TRUE(is_full_name(name)) << name;
  }
}

TEST(MachineName, IsFoundInAFileThatWasCutAnywhere) {
  const std::string hosts = "127.0.0.1 localhost\n127.0.1.1 web1.example.net web1\n";
  for (std::size_t size = 0; size <= hosts.size(); ++size) {
    EXPECT_EQ(full_name("web1", hosts.substr(0, size)), size + 1 < hosts.size() ? "web1" : "web1.example.net") << size;
  }
}

TEST(MachineName, IsAHostName) { EXPECT_TRUE(is_host_name(machine_name())); }

}  // namespace
}  // namespace postern::settings
