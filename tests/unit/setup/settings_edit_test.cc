#include "setup/settings_edit.h"

#include "settings/load.h"
#include "setup/settings_text.h"
#include "support/scratch_dir.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace postern::setup {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

/// How many lines of `old` do not stand in `fresh` in the same order.
std::size_t lost_lines(const std::string& old, const std::string& fresh) {
  const auto a = lines_of(old);
  const auto b = lines_of(fresh);
  std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      common[i + 1][j + 1] = a[i] == b[j] ? common[i][j] + 1 : std::max(common[i][j + 1], common[i + 1][j]);
    }
  }
  return a.size() - common[a.size()][b.size()];
}

Change whole_change() {
  settings::Smarthost smarthost;
  smarthost.host = "smtp.example.com";
  smarthost.port = 587;
  smarthost.tls = relay::Tls::starttls;
  smarthost.user = "alerts@example.com";
  smarthost.password_file = "/etc/postern/password";
  smarthost.from.policy = relay::SenderPolicyOptions::Policy::account;
  Change change;
  change.smarthost = smarthost;
  change.root = "admin@example.com";
  change.command = std::vector<std::string>{"/usr/local/bin/page-me", "--to ops"};
  return change;
}

std::string good(const std::string& text, const Change& change) {
  const auto made = edited(text, change);
  EXPECT_TRUE(made) << (made ? "" : made.error().text) << "\n" << text;
  return made ? *made : std::string();
}

TEST(SettingsEdit, TheShippedFileKeepsEveryLineAndGetsThree) {
  const std::string shipped = text_of(test::tree("../config/postern.yaml"));
  const std::string made = good(shipped, whole_change());
  EXPECT_EQ(lost_lines(shipped, made), 0U);
  EXPECT_NE(made.find("# holds all\n# mail in the queue."), 0U);
  // Where the comment explains it.
  EXPECT_NE(made.find("mail in the queue.\nsmarthosts:\n  - host: smtp.example.com\n"), std::string::npos) << made;
  EXPECT_NE(made.find("aliases:\n  root: admin@example.com\n#aliases:"), std::string::npos);
  EXPECT_NE(made.find("notify:\n  command: [/usr/local/bin/page-me, \"--to ops\"]\n#notify:"), std::string::npos);
}

TEST(SettingsEdit, WhatIsWrittenIsKnownWhateverIsWrongWithTheFilesThatItNames) {
  const auto written = written_settings(
      "smarthosts:\n  - { host: a.example.com, user: u, password_file: /nowhere/password }\n  - host: b.example.com\n"
      "    user: v\n    password_file: /nowhere/password\naliases: { root: boss@example.org }\n");
  ASSERT_TRUE(written);
  ASSERT_EQ(written->smarthosts.size(), 2U);
  for (const auto& smarthost : written->smarthosts) EXPECT_EQ(smarthost.password_file, "/nowhere/password");
  EXPECT_EQ(written->names.aliases.at("root"), std::vector<std::string>{"boss@example.org"});
  EXPECT_FALSE(written_settings("smarthosts: [\n"));
}

TEST(SettingsEdit, AsWhomMailIsSentIsTheAccountsUnlessItIsAskedFor) {
  using Policy = relay::SenderPolicyOptions::Policy;
  settings::Settings before;
  before.smarthosts.emplace_back();
  settings::Smarthost& old = before.smarthosts.front();
  old.host = "smtp.example.com";
  old.user = "old@example.com";
  old.from.policy = Policy::account;
  old.from.address = "old@example.com";
  Change change;
  change.smarthost = old;
  change.smarthost->from = {};
  EXPECT_EQ(changed(before, change).smarthosts.front().from, old.from);
  change.sender_policy = true;
  EXPECT_EQ(changed(before, change).smarthosts.front().from.policy, Policy::keep);
  change.sender_policy = false;
  change.smarthost->user = "new@example.com";
  EXPECT_EQ(changed(before, change).smarthosts.front().from.address, "") << "that address is the old account's";
}

TEST(SettingsEdit, WhatIsAskedOfTheTlsOfAServerStaysForTheSameServer) {
  const std::string pin(64, 'a');
  const std::string before =
      "smarthosts:\n  - host: smtp.example.com\n    tls: starttls\n    user: alerts@example.com\n"
      "    password_file: /etc/postern/password\n    tls_pin: [" +
      pin +
      "]\n    tls_min_version: 1.3\n"
      "    tls_ciphers: HIGH\n";
  const auto after = [&](const Change& change) {
    return changed(*written_settings(before), change).smarthosts.front();
  };
  Change change = whole_change();
  EXPECT_EQ(after(change).tls_pin, std::vector<std::string>{pin});
  EXPECT_EQ(after(change).tls_min_version, net::TlsVersion::v1_3);
  EXPECT_EQ(after(change).tls_ciphers, "HIGH");
  for (const std::string line : {"    tls_pin: ", "    tls_min_version: 1.3\n", "    tls_ciphers: HIGH\n"}) {
    EXPECT_NE(good(before, change).find(line), std::string::npos) << line;
  }
  change.smarthost->tls_ca_file = "/etc/ca.pem";
  EXPECT_TRUE(after(change).tls_pin.empty()) << "it would count before the authorities that were asked for";
  change.smarthost->tls_ca_file.clear();
  change.smarthost->tls = relay::Tls::none;
  EXPECT_TRUE(after(change).tls_pin.empty()) << "of no use without TLS";
  change = whole_change();
  change.smarthost->host = "smtp.example.net";
  EXPECT_TRUE(after(change).tls_pin.empty());
}

TEST(SettingsEdit, TheSameAgainChangesNothing) {
  for (const std::string& text :
       {text_of(test::tree("../config/postern.yaml")), std::string("hostname: a.example\n")}) {
    const std::string once = good(text, whole_change());
    EXPECT_EQ(good(once, whole_change()), once);
  }
}

struct Case {
  const char* before;
  const char* after;
};

TEST(SettingsEdit, OnlyTheLinesThatChangeChange) {
  Change change = whole_change();
  change.command.reset();
  change.smarthost->from = {};
  const auto cases = std::to_array<Case>({
      // Values in their places, comments behind and between them kept.
      {"# mine\nsmarthosts:\n  - host: smtp.example.com   # ours\n    tls: starttls\n    # who\n    user: "
       "old@example.com\n"
       "    password_file: /etc/postern/password\naliases: { root: me@example.com, www: root } # all\n# end",
       "# mine\nsmarthosts:\n  - host: smtp.example.com   # ours\n    tls: starttls\n    # who\n"
       "    user: alerts@example.com\n    password_file: /etc/postern/password\n"
       "aliases: { root: admin@example.com, www: root } # all\n# end"},
      // Another provider: what belonged to the old account goes, a name stays, list items at the key's own column.
      {"smarthosts:\n- name: main\n  host: \"smtp.old.example\"\n  port: 465\n  user: 'me'\n  password_command:\n"
       "  - /usr/bin/pass\n  - show\n  # kept\n\naliases:\n    www: root\n    root:\n    - a@example.com\n    - "
       "b@example.com\n"
       "retry: { min: 5m }\n",
       "smarthosts:\n- name: main\n  host: smtp.example.com\n  tls: starttls\n  port: 587\n  user: alerts@example.com\n"
       "  password_file: /etc/postern/password\n  # kept\n\naliases:\n    www: root\n    root: admin@example.com\n"
       "retry: { min: 5m }\n"},
      // Nothing there, in its several spellings.
      {"smarthosts: []\naliases: {}\n",
       "smarthosts:\n  - host: smtp.example.com\n    tls: starttls\n    user: alerts@example.com\n"
       "    password_file: /etc/postern/password\naliases:\n  root: admin@example.com\n"},
      {"smarthosts: [ ]\naliases: { }\n# end\n",
       "smarthosts:\n  - host: smtp.example.com\n    tls: starttls\n    user: alerts@example.com\n"
       "    password_file: /etc/postern/password\naliases:\n  root: admin@example.com\n# end\n"},
      {"hostname: a.example",
       "hostname: a.example\n\nsmarthosts:\n  - host: smtp.example.com\n    tls: starttls\n    user: "
       "alerts@example.com\n"
       "    password_file: /etc/postern/password\n\naliases:\n  root: admin@example.com\n"},
      {"aliases:\n   www: x@example.com\nsmarthosts: []\n",
       "aliases:\n   root: admin@example.com\n   www: x@example.com\nsmarthosts:\n  - host: smtp.example.com\n"
       "    tls: starttls\n    user: alerts@example.com\n    password_file: /etc/postern/password\n"},
      {"aliases: {www: x@example.com}\nsmarthosts: [ ] # none\n",
       "aliases: { root: admin@example.com,www: x@example.com}\nsmarthosts:\n  - host: smtp.example.com\n"
       "    tls: starttls\n    user: alerts@example.com\n    password_file: /etc/postern/password\n"},
      // Several others stay, and the new one goes first.
      {"smarthosts:\n    -   host: a.example\n    -   host: b.example\naliases: {root: admin@example.com}\n",
       "smarthosts:\n    - host: smtp.example.com\n      tls: starttls\n      user: alerts@example.com\n"
       "      password_file: /etc/postern/password\n    -   host: a.example\n    -   host: b.example\n"
       "aliases: {root: admin@example.com}\n"},
      // Line ends of another system.
      {"aliases:\r\n  root: x@example.com\r\n  www: root\r\nsmarthosts:\r\n  - host: smtp.example.com\r\n"
       "    tls: starttls\r\n    user: alerts@example.com\r\n",
       "aliases:\r\n  root: admin@example.com\r\n  www: root\r\nsmarthosts:\r\n  - host: smtp.example.com\r\n"
       "    tls: starttls\r\n    user: alerts@example.com\r\n    password_file: /etc/postern/password\r\n"},
  });
  for (const Case& each : cases) EXPECT_EQ(good(each.before, change), each.after);
}

TEST(SettingsEdit, WhatCannotBeDoneSafelyIsRefused) {
  for (const std::string text : {"{ hostname: a.example }\n", "smarthosts: [{ host: smtp.example.com }]\n",
                                 "smarthosts:\n  - { host: a.example }\n", "  hostname: a.example\n",
                                 "hostname: a.example\n...\n", "hostnam: a.example\n", "a: b: c\n", "- a\n"}) {
    EXPECT_FALSE(edited(text, whole_change())) << text;
  }
}

TEST(SettingsEdit, EveryExampleOfTheTestsIsChangedRightlyOrRefused) {
  const std::regex raw("R\"(?:\\w*)\\(([^)]*smarthosts:[^)]*)\\)");
  std::size_t tried = 0;
  for (const std::string file : {"load_test.cc", "account_test.cc", "sender_values_test.cc", "rate_value_test.cc"}) {
    const std::string source = text_of(test::tree("unit/settings/" + file));
    for (std::sregex_iterator each(source.begin(), source.end(), raw), end; each != end; ++each) {
      const std::string text = (*each)[1];
      const auto made = edited(text, whole_change());
      ++tried;
      if (!made) continue;
      EXPECT_EQ(good(*made, whole_change()), *made) << text;
    }
  }
  RecordProperty("tried", static_cast<int>(tried));
}

// Every layout of a file by every other: what is said of nothing stays byte for byte.
TEST(SettingsEdit, ChangesOfOneThingLeaveTheOthersByteForByte) {
  const std::vector<std::string> tops = {"", "# a comment\n", "hostname: a.example # name\n\n"};
  const std::vector<std::string> hosts = {
      "", "smarthosts:\n  - host: a.example\n", "smarthosts:\n- host: a.example\n  tls: starttls\n\n# x\n",
      "smarthosts:\n  - host: a.example\n    oauth2:\n      token_url: https://x.example/t\n      # in it\n"
      "      client_id: x\n    user: u\n"};
  const std::vector<std::string> aliases = {"", "aliases: {}\n", "aliases:\n  a: b@example.com\n  # c\n  root: a\n\n",
                                            "aliases: {root: \"x@example.com\"} # y\n"};
  const std::vector<std::string> notifies = {"", "notify: { after: 2h }\n",
                                             "notify:\n  command:\n    - /bin/a\n    - b\n",
                                             "notify:\n  command: ['/bin/a', \"]\"] # z\n  after: 1h\n"};
  for (const std::string& top : tops) {
    for (const std::string& host : hosts) {
      for (const std::string& alias : aliases) {
        for (const std::string& notify : notifies) {
          const std::string text = top + host + alias + notify;
          Change root;
          root.root = "admin@example.com";
          const std::string made = good(text, root);
          EXPECT_TRUE(made.starts_with(top + host)) << made;
          EXPECT_NE(made.find(notify), std::string::npos) << made;
          Change command;
          command.command = std::vector<std::string>{"/bin/new"};
          EXPECT_TRUE(good(text, command).starts_with(top + host + alias));
          Change account;
          account.smarthost = whole_change().smarthost;
          const std::string with = good(text, account);
          EXPECT_TRUE(with.starts_with(top)) << with;
          EXPECT_NE(with.find(alias), std::string::npos) << with;
          EXPECT_NE(with.find(notify), std::string::npos) << with;
        }
      }
    }
  }
}

}  // namespace
}  // namespace postern::setup
