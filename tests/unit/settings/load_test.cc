#include "settings/load.h"
#include "base/measures.h"
#include "settings/keys.h"
#include "settings/machine_name.h"
#include "settings/values.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <regex>

namespace postern::settings {
namespace {

using test::ScratchDir;

const std::string kHost = "hostname: web1.example.net\n";

Settings good_settings(const std::string& text) {
  const Loaded loaded = parse(text, "f.yaml");
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << problem.str();
  return loaded.settings.value_or(Settings{});
}

std::string first_problem(const std::string& text) {
  const Loaded loaded = parse(text, "f.yaml");
  EXPECT_FALSE(loaded.settings) << text;
  return loaded.problems.empty() ? "nothing" : loaded.problems[0].str();
}

std::string warnings_of(const std::string& text) {
  std::string all;
  for (const Problem& warning : parse(text, "f.yaml").warnings) all += warning.str() + "\n";
  return all;
}

TEST(Load, TheSmallestUsefulFile) {
  const ScratchDir dir;
  const std::string password = dir.write("password", "secret\n");
  const Settings settings = good_settings(kHost +
                                          "smarthosts:\n"
                                          "  - host: smtp.example.com\n"
                                          "    user: alerts@example.com\n"
                                          "    password_file: " +
                                          password + "\naliases: { root: admin@example.com }\n");
  ASSERT_EQ(settings.smarthosts.size(), 1U);
  Smarthost expected;
  expected.name = expected.host = expected.tls_name = "smtp.example.com";
  expected.port = 465;
  expected.user = "alerts@example.com";
  expected.password_file = password;
  EXPECT_EQ(settings.smarthosts[0], expected);
  EXPECT_EQ(settings.names.aliases.at("root"), std::vector<std::string>{"admin@example.com"});
}

TEST(Load, EveryKeyReachesItsMember) {
  const ScratchDir dir;
  const std::string password = dir.write("password", "secret");
  const std::string ca = dir.write("ca.pem", "");
  const std::string program = dir.write("program", "x", 0700);
  Settings expected;
  expected.names.hostname = "a.example";
  expected.names.domain = "b.example";
  expected.spool = "/s";
  expected.listen.submit = "/r/submit";
  expected.listen.control = "/r/control";
  expected.listen.smtp = {"[::1]:2525"};
  expected.submission.networks = {*Network::parse("10.0.0.0/8"), *Network::parse("::1")};
  Smarthost smarthost;
  smarthost.name = "n";
  smarthost.host = "h.example";
  smarthost.port = 99;
  smarthost.tls = relay::Tls::starttls;
  smarthost.tls_ca_file = ca;
  smarthost.tls_name = "t.example";
  smarthost.user = "u";
  smarthost.password_file = password;
  smarthost.allow_cleartext_auth = true;
  smarthost.connections = 7;
  expected.smarthosts = {smarthost};
  expected.names.aliases = {{"root", {"x@y.example", "other"}}, {"mailer-daemon", {"root"}}};
  expected.submission.message_size = 3 << 20;
  expected.submission.recipients = 5;
  expected.queue.retry.min = Seconds(30);
  expected.queue.retry.max = Seconds(7200);
  expected.queue.retry.expire = Seconds(86400);
  expected.queue.retry.warn_after = Seconds(0);
  expected.queue.bounces.per_sender = 3;
  expected.queue.bounces.per_hour = 9;
  expected.queue.bounces.return_size = 0;
  expected.queue.bounces.from = "f@example.com";
  expected.queue.notify.address = "root";
  expected.queue.notify.command = {program, "--urgent"};
  expected.queue.notify.after = Seconds(1800);
  expected.listen.metrics = "[::1]:9157";
  expected.listen.metrics_page = net::PageOfMetrics::all;
  const std::string aliases = dir.write("aliases", "ops: o@y.example\n", 0644);
  expected.names.local_domains = {"c.example", "d"};
  expected.names.aliases_file = aliases;
  expected.names.of_file = {{"ops", {"o@y.example"}}};
  const Settings here = good_settings(kHost);
  expected.names.machine = here.names.machine;
  expected.names.mailname = here.names.mailname;
  EXPECT_EQ(
      good_settings(
          "hostname: a.example\ndomain: b.example\nlocal_domains: [c.example, d]\nspool: /s\naliases_file: " + aliases +
          "\n"
          "listen: {submit: /r/submit, control: /r/control, smtp: [\"[::1]:2525\"], networks: [10.0.0.0/8, \"::1\"]}\n"
          "smarthosts: [{name: n, host: h.example, port: 99, tls: starttls, tls_ca_file: " +
          ca + ", tls_name: t.example, user: u, password_file: " + password +
          ", allow_cleartext_auth: true, connections: 7}]\n"
          "aliases: {Root: [x@y.example, other], MAILER-DAEMON: root}\n"
          "limits: {message_size: 3M, recipients: 5}\nretry: {min: 30s, max: 2h, expire: 1d, warn_after: 0s}\n"
          "bounces: {per_sender: 3, per_hour: 9, return_size: 0, from: f@example.com}\n"
          "notify: {address: root, command: [" +
          program + ", --urgent], after: 30m}\nmetrics: {listen: \"[::1]:9157\", page: all}\n"),
      expected);
}

TEST(Load, NoSettingAtAllIsAllowedAndHoldsMail) {
  const Settings settings = good_settings("# nothing set\n");
  EXPECT_TRUE(settings.smarthosts.empty());
  EXPECT_EQ(settings.spool, "/var/spool/postern");
  EXPECT_EQ(settings.names.hostname, machine_name());
  EXPECT_TRUE(settings.names.hostname_guessed);
  EXPECT_FALSE(good_settings("hostname: example.com\n").names.hostname_guessed);
}

TEST(Load, DefaultsDependOnOtherKeys) {
  const mail::LocalNames names = good_settings(kHost).names;
  EXPECT_EQ(names.domain, is_full_name(names.mailname) ? names.mailname : "web1.example.net");
  EXPECT_EQ(good_settings(kHost + "smarthosts: [{host: h, tls: starttls}]").smarthosts[0].port, 587);
  EXPECT_EQ(good_settings(kHost + "smarthosts: [{host: h, tls: implicit}]").smarthosts[0].port, 465);
  EXPECT_EQ(good_settings(kHost + "smarthosts: [{host: h, tls: none}]").smarthosts[0].port, 25);
  EXPECT_EQ(good_settings(kHost + "smarthosts: [{host: \"2001:db8::1\"}]").smarthosts[0].tls_name, "2001:db8::1");
}

// A default written in the table is the default of the member.
TEST(Keys, StandardsAreWhatTheMembersHold) {
  std::size_t checked = 0;
  for (const KeyInfo& key : all_keys()) {
    if (key.path.find("[]") != std::string::npos || key.path == "hostname" || key.path == "domain") continue;
    if (key.standard == "none") continue;  // a word of the manual, not a value
    std::string text = kHost;
    const std::size_t dot = key.path.find('.');
    text += dot == std::string::npos
                ? key.path + ": " + key.standard
                : key.path.substr(0, dot) + ": {" + key.path.substr(dot + 1) + ": " + key.standard + "}";
    EXPECT_EQ(good_settings(text), good_settings(kHost)) << text;
    ++checked;
  }
  for (const std::string inner : {"tls", "allow_cleartext_auth", "auth_downgrade", "connections"}) {
    const auto key = std::find_if(all_keys().begin(), all_keys().end(),
                                  [&](const KeyInfo& info) { return info.path == "smarthosts[]." + inner; });
    ASSERT_NE(key, all_keys().end());
    const std::string smarthost = kHost + "smarthosts: [{host: h";
    EXPECT_EQ(good_settings(smarthost + ", " + inner + ": " + key->standard + "}]"), good_settings(smarthost + "}]"));
    ++checked;
  }
  EXPECT_GE(checked, 15U);
}

std::string with_value(const std::string& path, const std::string& value) {
  const std::string smarthosts = "smarthosts[].";
  if (path.starts_with(smarthosts)) {
    std::string inner = path.substr(smarthosts.size()) + ": " + value;
    if (const std::size_t dot = inner.find('.'); dot < inner.find(':')) {
      inner = inner.substr(0, dot) + ": {" + inner.substr(dot + 1) + "}";
    }
    return kHost + "smarthosts: [{host: h, " + inner + "}]\n";
  }
  if (const std::size_t list = path.find("[]."); list != std::string::npos) {
    return kHost + path.substr(0, list) + ": [{" + path.substr(list + 3) + ": " + value + "}]\n";
  }
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return kHost + path + ": " + value + "\n";
  return kHost + path.substr(0, dot) + ": {" + path.substr(dot + 1) + ": " + value + "}\n";
}

// The value just outside a range: "1K" -> 1023, "90d" -> 7776001s.
std::string beyond(const std::string& type, const std::string& limit, int step) {
  const bool duration = type == "duration";
  const auto value = duration ? parse_duration(limit) : parse_size(limit);
  return std::to_string(static_cast<std::int64_t>(value.value_or(0)) + step) + (duration ? "s" : "");
}

TEST(Keys, RangesEndWhereTheTableSays) {
  const std::regex ranged("(number|size|duration) ([0-9A-Za-z]+)-([0-9A-Za-z]+)");
  std::size_t checked = 0;
  for (const KeyInfo& key : all_keys()) {
    std::smatch match;
    if (!std::regex_match(key.type, match, ranged)) continue;
    for (const std::string& limit : {match[2].str(), match[3].str()}) {
      for (const Problem& problem : parse(with_value(key.path, limit), "f").problems) {
        // Only the order of the three retry times may be wrong.
        EXPECT_NE(problem.text.find("is longer than"), std::string::npos) << key.path << ": " << problem.str();
      }
    }
    for (const std::string& value : {beyond(match[1], match[2], -1), beyond(match[1], match[3], 1)}) {
      if (value.starts_with('-')) continue;  // below nothing there is no value at all
      EXPECT_NE(first_problem(with_value(key.path, value)).find("must be from"), std::string::npos)
          << key.path << " " << value;
    }
    ++checked;
  }
  EXPECT_GE(checked, 7U);
}

TEST(Keys, F04_NoNumberTakesAYaml11Surprise) {
  for (const KeyInfo& key : all_keys()) {
    const bool number = key.type.starts_with("number");
    if (!number && !key.type.starts_with("size") && !key.type.starts_with("duration")) continue;
    for (const std::string value : {"0123",
                                    "1e3",
                                    "+5",
                                    "-1",
                                    "0x10",
                                    "0o17",
                                    "1_000",
                                    "1.5",
                                    "yes",
                                    "~",
                                    "",
                                    "2020-01-01",
                                    "5x",
                                    "m",
                                    "-1s",
                                    "99999999999999999999",
                                    "99999999999999999999s",
                                    "[5]",
                                    "{a: 5}",
                                    ".inf",
                                    "60:30"}) {
      EXPECT_NE(first_problem(with_value(key.path, value)).find(key.path.substr(key.path.rfind('.') + 1)),
                std::string::npos)
          << key.path << " " << value;
    }
    if (number) {
      EXPECT_NE(first_problem(with_value(key.path, "5m")), "nothing");
    }
  }
}

TEST(Keys, ABooleanIsTrueOrFalse) {
  for (const std::string value : {"yes", "no", "on", "off", "y", "1", "0", "~", "\"\"", "[true]"}) {
    EXPECT_NE(first_problem(with_value("smarthosts[].allow_cleartext_auth", value)).find("true or false"),
              std::string::npos)
        << value;
  }
}

TEST(Keys, F06_EveryKeyRefusesAValueOfAnotherShape) {
  for (const KeyInfo& key : all_keys()) {
    for (const std::string value : {"[[1]]", "{a: {b: 1}}", "~", "\"\"", "\" \"", "\"a\\nb\""}) {
      const std::string text = with_value(key.path, value);
      // The host of with_value would be a duplicate key; hostname as well.
      EXPECT_NE(first_problem(text).find("f.yaml:"), std::string::npos) << text;
    }
  }
}

TEST(Keys, F18_HasHelpForEveryKey) {
  for (const KeyInfo& key : all_keys()) {
    EXPECT_FALSE(key.help.empty() || key.type.empty() || key.standard.empty()) << key.path;
  }
}

struct Wrong {
  std::string text;
  std::string message;  // begins with this
};

TEST(Load, F03_SaysWhatIsWrongWhereAndWhatToDo) {
  const std::vector<Wrong> cases = {
      {"smarthost: []\n", "f.yaml:1:1: unknown key 'smarthost'; did you mean 'smarthosts'?"},
      {kHost + "limits:\n  mesage_size: 5M\n",
       "f.yaml:3:3: unknown key 'limits.mesage_size'; did you mean 'message_size'?"},
      {"message_size: 5M\n", "f.yaml:1:1: unknown key 'message_size'; did you mean 'limits.message_size'?"},
      {"listen:\n  spool: /x\n", "f.yaml:2:3: unknown key 'listen.spool'; did you mean 'spool'?"},
      {"listen:\n  frobnicate: 1\n",
       "f.yaml:2:3: unknown key 'listen.frobnicate'; here may stand: submit, control, smtp"},
      {"host: x\n", "f.yaml:1:1: unknown key 'host'; list the servers under 'smarthosts', each with '- host: NAME'"},
      {"smarthosts:\n  - host: h\n    pass: x\n",
       "f.yaml:3:5: unknown key 'smarthosts[0].pass'; write the password into a file of its own"},
      {"limits: 5\n", "f.yaml:1:9: 'limits' must be a group of keys"},
      {"limits:\n", "f.yaml:1:1: 'limits' has no value; write its keys below it"},
      {"retry: {min: 90}\n",
       "f.yaml:1:14: 'retry.min' must be a duration such as 90s, 1m, 1h or 5d, not '90'; did you mean '90s'?"},
      {"retry: {min: 2h}\n", "f.yaml:1:14: 'retry.min' is longer than 'retry.max' (2h and 1h)"},
      {"retry: {max: 6d}\n", "f.yaml:1:14: 'retry.max' is longer than 'retry.expire' (6d and 5d)"},
      {"notify: root\n", "f.yaml:1:9: 'notify' must be a group of keys"},
      {"bounces: {from: root}\n", "f.yaml:1:17: 'bounces.from' is not a whole address: 'root': it has no domain"},
      {"bounces: {from: a b}\n", "f.yaml:1:17: 'bounces.from' must be one address alone, not 'a...'"},
      {"bounces: {from: \xC3\xBC@example.com}\n", "f.yaml:1:17: 'bounces.from' is not a whole address: "},
      {"notify: {address: a b}\n", "f.yaml:1:19: 'notify.address' is not an address: 'a b'"},
      {"notify: {command: [/nowhere/page]}\n", "f.yaml:1:19: cannot run /nowhere/page"},
      {"smarthosts:\n  - host: h\n    rate: 500/day\n",
       "f.yaml:3:11: 'smarthosts[0].rate' does not say of what: write '500 messages' or 'recipients'"},
      {"smarthosts:\n  - host: h\n    rate: [30 messages/minute, 9 messages/week]\n",
       "f.yaml:3:32: 'smarthosts[0].rate' must be a limit such as \"30 messages/minute\" or"},
      {"smarthosts:\n  - host: h\n    rate: {messages: 0/day}\n",
       "f.yaml:3:22: 'smarthosts[0].rate.messages' must be a limit such as 500/day"},
      {"smarthosts:\n  - host: h\n    rate: {message: 1/day}\n",
       "f.yaml:3:12: 'smarthosts[0].rate.message' is unknown; here may stand: messages, recipients"},
      {"smarthosts:\n  - host: h\n    rate: [1 mail/day, 2 messages/d]\n",
       "f.yaml:3:24: 'smarthosts[0].rate' limits the messages in the same time twice"},
      {"metrics: 0.0.0.0:9157\n", "f.yaml:1:10: 'metrics.listen' must be a numeric address of this machine's loopback"},
      {"metrics: {listen: 192.0.2.1:9157}\n",
       "f.yaml:1:19: 'metrics.listen' must be a numeric address of this machine's loopback"},
      {"metrics: {page: names}\n",
       "f.yaml:1:17: 'metrics.page' must be counts or all, not 'names'; did you mean 'all'?"},
      {"metrics: {pages: all}\n", "f.yaml:1:11: unknown key 'metrics.pages'; did you mean 'page'?"},
      {"metrics:\n", "f.yaml:1:1: 'metrics' has no value; write an address, such as 127.0.0.1:9157, or leave it out"},
      {"metrics: [127.0.0.1:9157]\n",
       "f.yaml:1:10: 'metrics' must be a group of keys; write an address, such as 127.0.0.1:9157, or leave it out"},
      {"spool: var/spool\n", "f.yaml:1:8: 'spool' must be an absolute path"},
      {"spool:\n", "f.yaml:1:1: 'spool' has no value"},
      {"hostname: a b\n", "f.yaml:1:11: 'hostname' must be a host name"},
      {"hostname: m\xc3\xbcller.example\n", "f.yaml:1:11: 'hostname' must be a host name"},
      {"smarthosts: {host: h}\n", "f.yaml:1:13: 'smarthosts' must be a list"},
      {"smarthosts: [h]\n", "f.yaml:1:14: 'smarthosts[0]' must be a group of keys"},
      {"smarthosts:\n  - port: 25\n", "f.yaml:2:5: 'smarthosts[0]' has no 'host'"},
      {"smarthosts:\n  - host: h:25\n",
       "f.yaml:2:11: 'smarthosts[0].host' must be the host alone: 'h', not 'h:25'; write 'port: 25'"},
      {"smarthosts:\n  - host: h\n    tls: TLS\n",
       "f.yaml:3:10: 'smarthosts[0].tls' must be implicit, starttls or none"},
      {"smarthosts:\n  - host: h\n    user: u\n", "f.yaml:3:11: 'smarthosts[0]' has a 'user' but no 'password_file'"},
      {"smarthosts:\n  - host: h\n  - host: H\n", "f.yaml:3:5: two smarthosts are named 'H'"},
      {"smarthosts:\n  - host: h\n    tls_ca_file: /nonexistent\n",
       "f.yaml:3:18: cannot read /nonexistent: No such file or directory"},
      {"smarthosts:\n  - host: h\n    tls_ca_file: /\n", "f.yaml:3:18: / is not a file"},
      {"smarthosts:\n  - host: h\n    user: u\n    password_file: /nonexistent\n",
       "f.yaml:4:20: cannot read the password file /nonexistent: No such file or directory"},
      {"listen: {smtp: 25}\n", "f.yaml:1:16: 'listen.smtp' must be a list such as"},
      {"listen: {smtp: [localhost:25]}\n", "f.yaml:1:17: 'listen.smtp' must list numeric addresses with a port"},
      {"listen: {smtp: [[127.0.0.1]]}\n", "f.yaml:1:17: 'listen.smtp' must list quoted texts"},
      {"listen: {smtp: [[::1]:25]}\n",
       "f.yaml:1:17: a key must be a word; a text such as \"[::1]:25\" needs its quotes"},
      {"listen: {smtp: [127.0.0.1:25, 127.0.0.1:25]}\n", "f.yaml:1:31: 'listen.smtp' lists 127.0.0.1:25 twice"},
      {"listen: {networks: 10.0.0.0/8}\n", "f.yaml:1:20: 'listen.networks' must be a list such as"},
      {"listen: {networks: [[::1]]}\n", "f.yaml:1:"},
      {"listen: {networks: [{a: b}]}\n", "f.yaml:1:21: 'listen.networks' must list quoted texts"},
      {"listen: {networks: [127.0.0.0/8, localhost]}\n",
       "f.yaml:1:34: 'listen.networks' must list networks: 'localhost' is not a numeric address or network"},
      {"listen:\n  networks:\n    - 10.0.0.0/33\n",
       "f.yaml:3:7: 'listen.networks' must list networks: the prefix length of '10.0.0.0/33' must be a number from 0 "
       "to 32"},
      {"listen: {networks: [10.0.0.5/8]}\n",
       "f.yaml:1:21: 'listen.networks' must list networks: '10.0.0.5/8' has bits behind its prefix; did you mean "
       "'10.0.0.0/8'?"},
      {"listen: {networks: [10.0.0.1, 10.0.0.1/32]}\n", "f.yaml:1:31: 'listen.networks' lists 10.0.0.1/32 twice"},
      {"listen: {network: [10.0.0.1]}\n", "f.yaml:1:10: unknown key 'listen.network'; did you mean 'networks'?"},
      {"listen: {submit: /a, control: /a}\n", "f.yaml:1:31: 'listen.submit' and 'listen.control' must differ"},
      {"aliases: [root]\n", "f.yaml:1:10: 'aliases' must be names with addresses"},
      {"aliases: {root: '|/bin/sh'}\n", "f.yaml:1:17: 'aliases.root' must lead to addresses; programs"},
      {"aliases: {root: /dev/null}\n", "f.yaml:1:17: 'aliases.root' must lead to addresses; programs"},
      {"aliases: {root: ':include:/x'}\n", "f.yaml:1:17: 'aliases.root' must lead to addresses; programs"},
      {"aliases: {root: a@@b}\n", "f.yaml:1:17: 'aliases.root' is not an address: 'a@@b': "},
      {"aliases: {root: ''}\n", "f.yaml:1:17: 'aliases.root' is empty; write an address"},
      {"notify: {address: 'a@x.example, b@x.example'}\n",
       "f.yaml:1:19: 'notify.address' has several addresses in one text; make them an alias"},
      {"notify: {address: 'Ops <a@x.example>'}\n",
       "f.yaml:1:19: 'notify.address' must be the address alone: a@x.example"},
      {"bounces: {from: 'A <a@x.example>'}\n", "f.yaml:1:17: 'bounces.from' must be the address alone: a@x.example"},
      {"bounces: {from: 'a@x.example, b@x.example'}\n",
       "f.yaml:1:17: 'bounces.from' has several addresses in one text; one alone can stand here"},
      {"smarthosts: [{host: h, from: 'Alerts <a@x.example>'}]\n",
       "f.yaml:1:30: 'smarthosts[0].from.address' must be the address alone: a@x.example; a name belongs under"},
      {"smarthosts: [{host: h, from: {rewrite: {root: 'O <a@x.example>'}}}]\n",
       "f.yaml:1:47: 'smarthosts[0].from.rewrite.root' must be the address alone: a@x.example"},
      {"smarthosts: [{host: h, tls: explicit}]\n",
       "f.yaml:1:29: 'smarthosts[0].tls' must be implicit, starttls or none, not 'explicit'; did you mean 'starttls'?"},
      {"smarthosts: [{host: h, tls: Verify}]\n",
       "f.yaml:1:29: 'smarthosts[0].tls' must be implicit, starttls or none, not 'Verify'; did you mean 'starttls'?"},
      {"smarthosts: [{host: h, tls: require}]\n",
       "f.yaml:1:29: 'smarthosts[0].tls' must be implicit, starttls or none, not 'require'; did you mean 'implicit'?"},
      {"smarthosts: [{host: h, tls: disable}]\n",
       "f.yaml:1:29: 'smarthosts[0].tls' must be implicit, starttls or none, not 'disable'; did you mean 'none'?"},
      {"retry: {expire: 0}\n", "f.yaml:1:17: 'retry.expire' must be from 1s to 365d, not 0"},
      {"storms: [{window: 0}]\n", "f.yaml:1:19: 'storms[0].window' must be from 1s to 1d, not 0"},
      {"retry: {warn_after: never}\n",
       "f.yaml:1:21: 'retry.warn_after' must be a duration such as 90s, 1m, 1h or 5d, not 'never'; did you mean '0s'?"},
      {"limits: {per_user: {rate: off}}\n",
       "f.yaml:1:27: 'limits.per_user.rate' must be a whole number, not 'off'; did you mean '0'?"},
      {"aliases_file: off\n",
       "f.yaml:1:15: 'aliases_file' must be an absolute path, or none, not 'off'; did you mean 'none'?"},
      {"aliases: {root: []}\n", "f.yaml:1:17: 'aliases.root' has no address"},
      {"aliases: {root: [a@b.example, {c: d}]}\n", "f.yaml:1:31: 'aliases.root' must be an address or a list"},
      {"aliases: {root@x.example: a@b.example}\n",
       "f.yaml:1:11: 'aliases.root@x.example' must be the name of a local user"},
      {"aliases: {root: a, Root: b}\n", "f.yaml:1:20: 'aliases.Root' stands here twice"},
      {"just words\n", "f.yaml:1:1: the file must hold keys with values"},
      {"- a\n", "f.yaml:1:1: the file must hold keys with values"},
  };
  for (const Wrong& wrong : cases) {
    EXPECT_EQ(first_problem(wrong.text).substr(0, wrong.message.size()), wrong.message) << wrong.text;
  }
}

TEST(Load, AFileWithoutASettingHasTheDefaults) {
  const ScratchDir dir;
  for (const std::string& nothing :
       {std::string(), std::string("\n \n"), std::string("# nothing\n"), std::string("{}")}) {
    const Loaded loaded = load(dir.write("empty", nothing));
    ASSERT_TRUE(loaded.settings) << nothing;
    EXPECT_TRUE(loaded.settings->smarthosts.empty());
  }
}

TEST(Load, TellsAllErrorsAtOnceInTheOrderOfTheFile) {
  const Loaded loaded = parse(
      "hostnme: x\nspool: rel\nretry: {min: 0s, min: 1m, max: yes}\nsmarthosts:\n  - port: 0\n    tls: maybe\n", "f");
  std::vector<std::size_t> lines;
  for (const Problem& problem : loaded.problems) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 2, 3, 3, 3, 5, 5, 6}));
}

TEST(Load, F14_ASmarthostThatIsTheOwnListenerIsRefused) {
  for (const std::string text :
       {"smarthosts: [{host: localhost, tls: none}]", "smarthosts: [{host: 127.0.0.1, tls: none}]",
        "smarthosts: [{host: \"::1\", tls: none}]",
        "listen: {smtp: [\"0.0.0.0:587\"]}\nsmarthosts: [{host: localhost, tls: starttls}]",
        "listen: {smtp: [\"192.0.2.1:25\"]}\nsmarthosts: [{host: web1.example.net, tls: none}]"}) {
    EXPECT_NE(first_problem(kHost + text).find("in a circle"), std::string::npos) << text;
  }
  EXPECT_EQ(good_settings(kHost + "smarthosts: [{host: localhost, tls: none, port: 2525}]").smarthosts.size(), 1U);
  EXPECT_EQ(good_settings(kHost + "listen: {smtp: []}\nsmarthosts: [{host: localhost, tls: none}]").smarthosts.size(),
            1U);
}

TEST(Load, F15_WarnsOfWhatIsAllowedButDangerous) {
  EXPECT_EQ(warnings_of(kHost + "smarthosts: [{host: h.example}]"), "");
  EXPECT_NE(warnings_of("hostname: web1\n").find("f.yaml:1:11: the host name 'web1' has no domain"), std::string::npos);
  EXPECT_NE(warnings_of("hostname: localhost.localdomain\n").find("'localhost.localdomain' means another machine"),
            std::string::npos);
  EXPECT_NE(warnings_of(kHost + "smarthosts: [{host: h, tls: none, allow_cleartext_auth: true}]")
                .find("may travel unencrypted"),
            std::string::npos);
  EXPECT_NE(warnings_of(kHost + "smarthosts: [{host: h, tls: none}]").find("travels unencrypted"), std::string::npos);
  EXPECT_EQ(warnings_of(kHost + "smarthosts: [{host: 127.0.0.1, port: 2525, tls: none}]"), "");
  EXPECT_EQ(warnings_of(kHost + "smarthosts: [{host: a.example}, {host: b.example}]"), "");
}

TEST(Load, MetricsMayBeTheAddressAlone) {
  const Settings alone = good_settings(kHost + "metrics: 127.0.0.1:9157\n");
  EXPECT_EQ(alone.listen.metrics, "127.0.0.1:9157");
  EXPECT_EQ(alone.listen.metrics_page, net::PageOfMetrics::counts) << "whoever is on this machine can read it";
  EXPECT_EQ(good_settings(kHost + "metrics: {listen: \"127.0.0.1:9157\"}\n"), alone);
  EXPECT_EQ(good_settings(kHost + "metrics: {listen: \"127.0.0.1:9157\", page: Counts}\n"), alone);
  EXPECT_EQ(warnings_of(kHost + "metrics: {listen: \"127.0.0.1:9157\", page: all}\n"), "");
  EXPECT_NE(warnings_of(kHost + "metrics: {page: all}\n").find("there is no 'metrics.listen'"), std::string::npos);
}

TEST(Load, WarnsWhereStormsHaveNoRoom) {
  const std::string storms = kHost + "storms: [{window: 10m}]\n";
  EXPECT_EQ(warnings_of(storms), "");
  EXPECT_EQ(warnings_of(storms + "bounces: {return_size: 8K}\n"), "");
  EXPECT_EQ(warnings_of(kHost + "bounces: {return_size: 0}\n"), "");
  for (const std::string size : {"0", "8191"}) {
    EXPECT_NE(warnings_of(storms + "bounces: {return_size: " + size + "}\n").find("hardly anything is gathered"),
              std::string::npos)
        << size;
  }
}

TEST(Load, WarnsWhereNoAddressIsKnownForMailOfOurOwn) {
  const ScratchDir dir;
  const std::string rest = ", password_file: " + dir.write("password", "x") + "}]\n";
  for (const std::string user : {"AKIAEXAMPLE", "apikey", "user@", "@example.com", "\xC3\xBC@example.com"}) {
    const std::string host = kHost + "smarthosts: [{host: h.example}, {host: g.example, user: \"" + user + "\"" + rest;
    EXPECT_NE(warnings_of(host).find("the user '" + user +
                                     "' is no address, so reports and alarms end in failed/ if g.example"),
              std::string::npos)
        << user;
    EXPECT_EQ(warnings_of(host + "bounces: {from: a@example.com}\n"), "");
  }
  EXPECT_EQ(warnings_of(kHost + "smarthosts: [{host: g.example, user: a@example.com" + rest), "");
}

TEST(Load, WarnsOfNoDoorWhereTheNetworksCannotBeRead) {
  EXPECT_EQ(warnings_of(kHost + "listen: {networks: [localhost]}\n"), "");
  EXPECT_EQ(warnings_of(kHost + "listen: {smtp: [\"0.0.0.0:25\"], networks: [localhost]}\n"), "");
}

TEST(Load, WordsAreTakenInAnyCase) {
  EXPECT_TRUE(good_settings(kHost + "aliases_file: None\n").names.aliases_file.empty());
}

TEST(Load, WarnsOfADoorToWhichNobodyOrOnlyThisMachineCanSend) {
  const auto with = [](const std::string& smtp, const std::string& networks) {
    return warnings_of(kHost + "listen: {smtp: [" + smtp + "]" +
                       (networks.empty() ? "" : ", networks: [" + networks + "]") + "}");
  };
  for (const std::string door : {"192.0.2.1:25", "\"[2001:db8::1]:25\""}) {
    EXPECT_NE(with(door, "").find("f.yaml:2:17: nobody can send to '"), std::string::npos) << door;
    EXPECT_NE(with(door, "").find("'listen.networks' admits no client that reaches it from elsewhere"),
              std::string::npos);
    EXPECT_NE(with(door, "127.0.0.1, \"::1\"").find("nobody can send"), std::string::npos) << door;
    EXPECT_EQ(with(door, "10.0.0.0/8, \"2001:db8::/32\""), "") << door;
  }
  EXPECT_NE(with("192.0.2.1:25", "\"2001:db8::/32\"").find("nobody can send"), std::string::npos) << "another family";
  // A client of this machine reaches the unspecified addresses, too.
  for (const std::string networks : {"", "127.0.0.1, \"::1\""}) {
    EXPECT_NE(
        with("0.0.0.0:25", networks)
            .find("f.yaml:2:17: only this machine can send to '0.0.0.0:25': 'listen.networks' admits no client from "
                  "elsewhere"),
        std::string::npos);
    EXPECT_NE(with("\"[::]:25\"", networks).find("only this machine can send to '[::]:25' by IPv6: "),
              std::string::npos);
  }
  EXPECT_EQ(with("0.0.0.0:25, \"[::]:25\"", "10.0.0.0/8, \"2001:db8::/32\""), "");
  EXPECT_NE(
      with("0.0.0.0:25", "\"::1\"").find("nobody can send to '0.0.0.0:25': 'listen.networks' admits no IPv4 client"),
      std::string::npos);
  EXPECT_NE(with("\"[::]:25\"", "10.0.0.0/8")
                .find("nobody can send to '[::]:25' by IPv6: 'listen.networks' admits no IPv6 client"),
            std::string::npos)
      << "our own socket of :: is one of IPv6 alone, one of the service manager may be more";
  EXPECT_EQ(with("127.0.0.1:25, \"[::1]:25\"", ""), "");
  EXPECT_EQ(with("127.0.0.1:25", "127.0.0.1"), "");
  EXPECT_NE(with("127.0.0.1:25", "10.0.0.0/8").find("no client that reaches it from this machine"), std::string::npos);
  EXPECT_NE(with("127.0.0.1:25", "\"::1\"").find("nobody can send"), std::string::npos);
  for (const std::string all : {"0.0.0.0/0", "\"::/0\""}) {
    EXPECT_NE(with("0.0.0.0:25, \"[::]:25\"", "10.0.0.0/8, \"2001:db8::1\", " + all).find("admits everybody"),
              std::string::npos);
  }
}

TEST(Load, AUserWithoutTlsIsNoErrorSinceCramMd5HidesThePassword) {
  const ScratchDir dir;
  const std::string password = dir.write("password", "x");
  EXPECT_EQ(good_settings(kHost + "smarthosts: [{host: h, tls: none, user: u, password_file: " + password + "}]")
                .smarthosts[0]
                .user,
            "u");
}

TEST(Load, F01_RefusesAFileThatIsNoOrdinaryOne) {
  const ScratchDir dir;
  EXPECT_NE(load(dir / "missing").problems.at(0).str().find("No such file"), std::string::npos);
  EXPECT_NE(load(dir / "").problems.at(0).str().find("is not a file"), std::string::npos);
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  for (const std::string& bytes : {every, std::string(4096, '\0'),
                                   std::string("\x7f"
                                               "ELF\2\1\1\0",
                                               8),
                                   "hostname: a.example\n" + every}) {
    EXPECT_FALSE(load(dir.write("binary", bytes)).settings);
  }
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_NE(load(dir / "fifo").problems.at(0).str().find("is not a file"), std::string::npos);
  const std::string large = dir.write("large", std::string((1U << 20U) + 1, '#'));
  EXPECT_NE(load(large).problems.at(0).str().find("larger than 1 MiB"), std::string::npos);
  const std::string largest = dir.write("largest", std::string(1U << 20U, '#'));
  EXPECT_TRUE(load(largest).settings);
  const std::string file = dir.write("good", kHost);
  EXPECT_EQ(load(file).settings.value_or(Settings{}).names.hostname, "web1.example.net");
}

TEST(Load, CutAnywhereNeverBreaks) {
  const std::string text = kHost +
                           "listen: {smtp: [\"127.0.0.1:25\"]}\nsmarthosts:\n  - host: h\n    tls: none\n"
                           "aliases: { root: [a@b.example, c] }\nretry: {min: 1m}\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const Loaded loaded = parse(text.substr(0, size), "f");
    EXPECT_NE(loaded.settings.has_value(), !loaded.problems.empty()) << size;
  }
}

}  // namespace
}  // namespace postern::settings
