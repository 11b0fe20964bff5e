// The flow from a mail address to files, with a person who answers from a list and a world that is told what to say.
#include "setup/setup.h"

#include "settings/load.h"
#include "setup/providers.h"
#include "setup/settings_edit.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace postern::setup {
namespace {

using test::ScratchDir;

class Person final : public Terminal {
 public:
  explicit Person(std::deque<std::string> list) : there_(true), answers(std::move(list)) {}
  Person() = default;

  [[nodiscard]] bool interactive() const override { return there_; }
  void say(const std::string& text) override { heard += text + "\n"; }
  void complain(const std::string& text) override { heard += "! " + text + "\n"; }
  std::optional<std::string> ask(const std::string& question, const std::string& standard) override {
    heard += "? " + question + "\n";
    if (answers.empty()) return std::nullopt;
    std::string answer = std::move(answers.front());
    answers.pop_front();
    return answer.empty() ? standard : answer;
  }
  std::optional<Secret> ask_secret(const std::string& question) override {
    const auto answer = ask(question, "");
    if (!answer) return std::nullopt;
    return Secret(*answer);
  }

 private:
  bool there_ = false;

 public:
  std::deque<std::string> answers;
  std::string heard;
};

mail::CheckReport trouble(bool login_refused, const std::string& text) {
  mail::CheckReport report;
  mail::SiteTrouble what;
  what.step = login_refused ? mail::Step::auth : mail::Step::connect;
  what.login_refused = login_refused;
  what.text = text;
  report.trouble = what;
  return report;
}

/// So that a name alone is nobody's mailbox, whatever the machine of these tests is called.
const std::string kLocal = "hostname: web1.example.net\ndomain: web1.example.net\n";

class Setup : public testing::Test {
 protected:
  Setup() {
    options.config = dir / "postern.yaml";
    world.place.root = dir / "machine";
    world.dns = [this](const std::string& name, DnsType type) {
      asked.push_back(name);
      const auto found = zone.find({name, type});
      return found == zone.end() ? std::vector<DnsRecord>() : found->second;
    };
    world.try_smarthost = [this](const settings::Smarthost& smarthost, const std::string& hostname) {
      names.push_back(hostname);
      tried.push_back(smarthost.host + ":" + std::to_string(smarthost.port));
      if (!answering.empty() && smarthost.host != answering) return trouble(false, "connection refused");
      const bool wrong =
          !smarthost.user.empty() && smarthost.password.reveal() != password && smarthost.oauth2.token_url.empty();
      if (wrong) return trouble(true, "535 5.7.8 wrong");
      mail::CheckReport well;
      if (smarthost.host != without_login) well.offered = {"PLAIN"};
      return well;
    };
    world.password_of = [this](const settings::Smarthost&) { return printed; };
    world.reload = [this] { return Reloaded{reload, read_by_daemon}; };
    world.login = [this](const std::string& site) {
      steps += "login " + site + "\n";
      return 0;
    };
    world.send_test = [this](const std::string& to) {
      steps += "test " + to + "\n";
      return 0;
    };
    options.no_login = true;
  }

  int run(Person& person) { return set_up(options, person, world); }
  settings::Settings written() {
    settings::Loaded loaded = settings::load(options.config);
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.str();
    return loaded.settings.value_or(settings::Settings{});
  }

  ScratchDir dir;
  Options options;
  World world;
  std::map<std::pair<std::string, DnsType>, std::vector<DnsRecord>> zone;
  std::vector<std::string> asked;
  std::vector<std::string> tried;
  std::vector<std::string> names;  // by which the servers were greeted
  std::string answering;
  std::string without_login;  // the host that offers none
  std::string password = "right";
  Result<Secret> printed = Error{Failure::invalid, "the command failed"};
  std::string steps;
  int reload = 0;
  std::string read_by_daemon;
};

TEST_F(Setup, ByOptionsAloneAWholeFileAndATest) {
  options.address = "alerts@example.com";
  options.smarthost = "relay.example.net:2525";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  const settings::Settings settings = written();
  ASSERT_EQ(settings.smarthosts.size(), 1U);
  EXPECT_EQ(settings.smarthosts[0].host, "relay.example.net");
  EXPECT_EQ(settings.smarthosts[0].tls, relay::Tls::starttls);
  EXPECT_EQ(settings.names.aliases.at("root"), std::vector<std::string>{"alerts@example.com"});
  EXPECT_EQ(steps, "test root\n");
  EXPECT_TRUE(asked.empty());
}

TEST_F(Setup, TheFirstServerThatAnswersIsTaken) {
  options.address = "alerts@example.com";
  answering = "mail.example.com";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(tried[0], "smtp.example.com:465");
  EXPECT_EQ(written().smarthosts.at(0).host, "mail.example.com");
  answering = "nobody.example";
  Person again;
  EXPECT_EQ(run(again), EX_UNAVAILABLE);
  EXPECT_NE(again.heard.find("--smarthost HOST[:PORT]"), std::string::npos);
}

TEST_F(Setup, AnnouncedServersComeBeforeTheUsualOnesAndForeignOnesNeedAPerson) {
  options.address = "alerts@example.com";
  zone[{"_submissions._tcp.example.com", DnsType::srv}] = {{0, 1, 4650, "out.example.com"}};
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(tried.front(), "out.example.com:4650");

  zone[{"_submissions._tcp.example.com", DnsType::srv}] = {{0, 1, 465, "evil.example.net"}};
  tried.clear();
  Person still_nobody;
  EXPECT_EQ(run(still_nobody), EX_USAGE);
  EXPECT_TRUE(tried.empty());
  EXPECT_NE(still_nobody.heard.find("--smarthost evil.example.net:465"), std::string::npos);

  // One who agrees to one of them has not agreed to the other.
  options.no_login = false;
  zone[{"_submission._tcp.example.com", DnsType::srv}] = {{0, 1, 587, "worse.example.org"}};
  answering = "nobody.example";
  Person agrees_to_one({"yes", "no"});
  run(agrees_to_one);
  EXPECT_EQ(tried.front(), "evil.example.net:465");
  EXPECT_EQ(std::count(tried.begin(), tried.end(), "worse.example.org:587"), 0);
  EXPECT_NE(agrees_to_one.heard.find("handed in at worse.example.org port 587"), std::string::npos);
  zone.erase({"_submission._tcp.example.com", DnsType::srv});
  options.no_login = true;
  answering.clear();
  tried.clear();

  Person refuses({"no", "", "", ""});
  run(refuses);
  EXPECT_EQ(tried.front(), "smtp.example.com:465");
  tried.clear();
  Person agrees({"yes", "", "", ""});
  run(agrees);
  EXPECT_EQ(tried.front(), "evil.example.net:465");
}

TEST_F(Setup, AServerThatOffersNoLoginIsPassedByWhereThereIsOneToMake) {
  options.no_login = false;
  options.address = "alerts@example.com";
  without_login = "smtp.example.com";
  Person gives_up({"right"});
  EXPECT_EQ(run(gives_up), EX_TEMPFAIL) << gives_up.heard;
  EXPECT_EQ(tried.back(), "mail.example.com:465") << gives_up.heard;
  options.smarthost = "smtp.example.com";
  options.password_file = dir.write("given", "right\n");
  Person nobody;
  EXPECT_EQ(run(nobody), EX_UNAVAILABLE);
  EXPECT_NE(nobody.heard.find("it offers no login here; if it takes mail without one, say --no-login"),
            std::string::npos)
      << nobody.heard;
  EXPECT_FALSE(std::filesystem::exists(options.config));
}

TEST_F(Setup, AFileThatSomebodyChangesMeanwhileIsNotWritten) {
  options.address = "alerts@example.com";
  for (const bool there : {false, true}) {
    if (there) dir.write("postern.yaml", "# mine\n");
    world.try_smarthost = [this](const settings::Smarthost&, const std::string&) {
      dir.write("postern.yaml", "# written meanwhile\n");
      mail::CheckReport well;
      well.offered = {"PLAIN"};
      return well;
    };
    options.no_login = true;
    Person nobody;
    EXPECT_EQ(run(nobody), EX_USAGE) << nobody.heard;
    EXPECT_NE(nobody.heard.find("was changed meanwhile"), std::string::npos) << nobody.heard;
    EXPECT_EQ(dir.read("postern.yaml"), "# written meanwhile\n");
    std::filesystem::remove(options.config);
  }
}

// Some servers look at the name that they are greeted with.
TEST_F(Setup, TheServerIsTriedUnderTheNameThatTheDaemonWillUse) {
  options.no_login = true;
  options.smarthost = "relay.example.com";
  options.root = "admin@example.com";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), std::set<std::string>{""}) << "the machine's";
  names.clear();
  dir.write("postern.yaml", "hostname: mail.example.net\n");
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), std::set<std::string>{"mail.example.net"});
}

TEST_F(Setup, TheServerIsTriedWithThePinThatTheSettingsHaveOfIt) {
  const std::string pin(64, 'a');
  dir.write("postern.yaml", kLocal + "smarthosts:\n  - host: relay.example.com\n    tls_pin: " + pin + "\n");
  std::vector<std::vector<std::string>> pins;
  world.try_smarthost = [&, asked_before = world.try_smarthost](const auto& smarthost, const std::string& hostname) {
    pins.push_back(smarthost.tls_pin);
    return asked_before(smarthost, hostname);
  };
  options.smarthost = "relay.example.com";
  options.root = "admin@example.com";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_FALSE(pins.empty());
  for (const auto& each : pins) EXPECT_EQ(each, std::vector<std::string>{pin});
  pins.clear();
  options.smarthost = "relay.example.net";
  run(nobody);
  EXPECT_FALSE(pins.empty());
  for (const auto& each : pins) EXPECT_TRUE(each.empty());
}

TEST_F(Setup, ADaemonWithOtherSettingsIsNotTakenForThisOne) {
  options.no_login = true;
  options.smarthost = "relay.example.com";
  options.root = "admin@example.com";
  read_by_daemon = dir.write("another.yaml", "# its own\n");
  Person nobody;
  EXPECT_EQ(run(nobody), EX_UNAVAILABLE);
  EXPECT_NE(nobody.heard.find("has its settings in " + read_by_daemon), std::string::npos) << nobody.heard;
  EXPECT_NE(nobody.heard.find("posternd --config " + options.config), std::string::npos) << nobody.heard;
  EXPECT_EQ(steps, "");
  read_by_daemon = options.config;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(steps, "test root\n");
  // By another name of the same file.
  std::filesystem::create_symlink(dir.path(), dir / "link");
  read_by_daemon = dir / "link/postern.yaml";
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
}

TEST_F(Setup, TheFileOfAuthoritiesIsNamedByItsWholePathAndIsOne) {
  options.no_login = true;
  options.smarthost = "relay.example.com";
  options.root = "admin@example.com";
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  for (const std::string& path : {dir / "fifo", dir / "none", dir.path(), std::string("/dev/null")}) {
    options.tls_ca_file = path;
    Person nobody;
    EXPECT_EQ(run(nobody), EX_USAGE) << path;
    EXPECT_NE(nobody.heard.find("there is no file " + path), std::string::npos) << nobody.heard;
  }
  EXPECT_TRUE(tried.empty());
  const std::string ca = dir.write("ca.pem", "certificates\n", 0644);
  options.tls_ca_file = std::filesystem::relative(ca).string();
  Person nobody;
  run(nobody);
  EXPECT_NE(dir.read("postern.yaml").find("tls_ca_file: " + ca), std::string::npos) << nobody.heard;
}

TEST_F(Setup, AProgramForAlarmsIsReadAsAShellWouldDivideIt) {
  options.no_login = true;
  options.smarthost = "relay.example.com";
  options.root = "admin@example.com";
  options.notify_command = "/bin/true --to 'the whole team' \"x y\"";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(written().queue.notify.command, (std::vector<std::string>{"/bin/true", "--to", "the whole team", "x y"}));
  for (const std::string command : {"/bin/true | /bin/cat", "/bin/true 'x", "/bin/true $HOME", "true", "/no/such"}) {
    options.notify_command = command;
    Person refused;
    EXPECT_EQ(run(refused), EX_USAGE) << command;
  }
  Person corrects({"/bin/true >x", "/bin/true y", "yes"});
  std::filesystem::remove(options.config);
  options.notify_command.reset();
  EXPECT_EQ(run(corrects), EX_OK) << corrects.heard;
  EXPECT_EQ(written().queue.notify.command, (std::vector<std::string>{"/bin/true", "y"}));
}

TEST_F(Setup, ANewFileBesideTheOldOneReplacesNoneThatSomebodyWorksOn) {
  dir.write("postern.yaml", "smarthosts: [{ host: other.example.com }]\n");
  dir.write("postern.yaml.new", "half done\n");
  options.no_login = true;
  options.smarthost = "relay.example.com";
  options.root = "admin@example.com";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_CONFIG) << nobody.heard;
  EXPECT_EQ(dir.read("postern.yaml.new.old"), "half done\n");
  EXPECT_NE(dir.read("postern.yaml.new").find("relay.example.com"), std::string::npos);
  EXPECT_NE(nobody.heard.find("is kept as "), std::string::npos);
}

TEST_F(Setup, AnInternationalDomainIsLookedUpByItsAsciiName) {
  options.address = "alerts@b\u00fccher.example";
  Person nobody;
  run(nobody);
  ASSERT_FALSE(tried.empty()) << nobody.heard;
  EXPECT_EQ(tried.front(), "smtp.xn--bcher-kva.example:465");
}

TEST_F(Setup, AProviderIsKnownByTheDomainOrItsMailServers) {
  options.address = "somebody@gmail.com";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(tried.front(), "smtp.gmail.com:465");
  EXPECT_EQ(written().smarthosts.at(0).rate.size(), 1U);
  options.address = "somebody@example.org";
  zone[{"example.org", DnsType::mx}] = {{1, 0, 0, "in1-smtp.messagingengine.com"}};
  tried.clear();
  Person also_nobody;
  EXPECT_EQ(run(also_nobody), EX_OK) << also_nobody.heard;
  EXPECT_EQ(tried.front(), "smtp.fastmail.com:465");
}

TEST_F(Setup, ARefusedLoginChangesNothingAndSaysWhatTheProviderWants) {
  options.no_login = false;
  options.address = "somebody@gmail.com";
  options.password_file = dir.write("given", "wrong\n");
  Person nobody;
  EXPECT_EQ(run(nobody), EX_NOPERM);
  EXPECT_NE(nobody.heard.find("535 5.7.8 wrong"), std::string::npos);
  EXPECT_NE(nobody.heard.find(provider_named("gmail")->get), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(options.config));
  EXPECT_EQ(nobody.heard.find("? "), std::string::npos);
}

TEST_F(Setup, APersonIsAskedAgainAndMayLeaveAtEveryQuestion) {
  options.no_login = false;
  const std::deque<std::string> all = {"alerts@gmail.com", "wrong", "right", "root@example.com", "", "yes"};
  for (std::size_t answered = 0; answered < all.size(); ++answered) {
    Person person(std::deque<std::string>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(answered)));
    EXPECT_EQ(run(person), EX_TEMPFAIL) << person.heard;
    EXPECT_FALSE(std::filesystem::exists(options.config)) << answered;
  }
  auto last = all;
  last.back() = "no";
  Person person(last);
  EXPECT_EQ(run(person), EX_TEMPFAIL) << person.heard;
  EXPECT_NE(person.heard.find("nothing was changed"), std::string::npos);
}

TEST_F(Setup, WithOAuthTheLoginComesAfterTheSettings) {
  options.no_login = false;
  options.address = "alerts@example.com";
  options.provider = "microsoft365";
  options.client_id = "11111111-2222-3333-4444-555555555555";
  options.client_secret_file = dir.write("client-secret", "secret of an application\n");
  dir.write("postern.yaml", "smarthosts:\n  - name: office\n    host: smtp.office365.com\n");
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(steps, "login office\ntest root\n");
  const settings::Smarthost smarthost = written().smarthosts.at(0);
  EXPECT_EQ(smarthost.oauth2.client_id, options.client_id);
  EXPECT_EQ(smarthost.oauth2.client_secret_file, options.client_secret_file);
  EXPECT_EQ(smarthost.user, "alerts@example.com");
  EXPECT_TRUE(smarthost.password_file.empty());
  EXPECT_EQ(smarthost.oauth2.refresh_token_file, dir / "refresh-token-smtp.office365.com")
      << "where a daemon with these settings can write; the service's own directory is for those of the system";
}

TEST_F(Setup, ARunThatChangesNothingLeavesTheWayBackAsItWas) {
  dir.write("postern.yaml", "# mine\n");
  options.address = "alerts@example.com";
  Person nobody;
  ASSERT_EQ(run(nobody), EX_OK) << nobody.heard;
  ASSERT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_NE(nobody.heard.find("stays as it is"), std::string::npos);
  ASSERT_EQ(undo(options, nobody, world), EX_OK) << nobody.heard;
  EXPECT_EQ(dir.read("postern.yaml"), "# mine\n");
}

TEST_F(Setup, ADaemonThatDoesNotRunIsNoFailureWithoutATest) {
  options.address = "alerts@example.com";
  reload = EX_UNAVAILABLE;
  Person nobody;
  EXPECT_EQ(run(nobody), EX_UNAVAILABLE);
  EXPECT_NE(nobody.heard.find("posternd --config"), std::string::npos);
  options.no_test = true;
  Person again;
  EXPECT_EQ(run(again), EX_OK);
  EXPECT_EQ(steps, "");
}

TEST_F(Setup, AnotherProgramsAccountIsOfferedOrNamed) {
  std::filesystem::create_directories(dir / "machine/etc");
  dir.write("machine/etc/msmtprc",
            "account default\nhost old.example.com\nport 587\ntls on\nauth off\nfrom a@example.com\n");
  Person nobody;
  EXPECT_EQ(run(nobody), EX_USAGE);
  EXPECT_NE(nobody.heard.find("--import msmtp"), std::string::npos) << nobody.heard;
  EXPECT_FALSE(std::filesystem::exists(options.config));

  options.import = "msmtp";
  options.root = "admin@example.com";
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(written().smarthosts.at(0).host, "old.example.com");
  options.import = "postfix";
  EXPECT_EQ(run(nobody), EX_USAGE);
  std::filesystem::remove(options.config);

  options.import.clear();
  Person agrees({"yes", "", "", "yes"});
  EXPECT_EQ(run(agrees), EX_OK) << agrees.heard;
  EXPECT_EQ(written().smarthosts.at(0).host, "old.example.com");
  std::filesystem::remove(options.config);

  options.no_import = true;
  options.smarthost = "new.example.com";
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(written().smarthosts.at(0).host, "new.example.com");
}

TEST_F(Setup, APasswordOfAnotherAccountGoesToNoServerOfAnotherProgram) {
  options.no_login = false;
  std::filesystem::create_directories(dir / "machine/etc/postern");
  dir.write("machine/etc/msmtprc",
            "account default\nhost old.example.com\nport 587\ntls on\nauth on\nuser u\nfrom a@example.com\n");
  std::string seen;
  const auto inner = world.try_smarthost;
  world.try_smarthost = [&](const settings::Smarthost& smarthost, const std::string& hostname) {
    seen += "(" + smarthost.password_file + ")";
    return inner(smarthost, hostname);
  };
  options.import = "msmtp";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_USAGE) << nobody.heard;
  EXPECT_NE(nobody.heard.find("--password-file FILE"), std::string::npos) << nobody.heard;
  EXPECT_EQ(nobody.heard.find("/etc/postern/password"), std::string::npos) << nobody.heard;
  EXPECT_EQ(seen, "") << "nothing to log in with was found, so none is tried";
  Person types({"wrong", "right"});
  EXPECT_EQ(run(types), EX_TEMPFAIL) << types.heard;
  EXPECT_EQ(seen, "()()");
}

TEST_F(Setup, WhatACommandOfAnotherProgramPrintsIsAskedOnce) {
  options.no_login = false;
  std::filesystem::create_directories(dir / "machine/etc");
  dir.write("machine/etc/msmtprc",
            "account default\nhost old.example.com\nport 587\ntls on\nauth on\nuser u\npasswordeval cat /root/pw\n"
            "from a@example.com\n");
  options.import = "msmtp";
  options.root = "admin@example.com";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_USAGE) << nobody.heard;
  EXPECT_NE(nobody.heard.find("the command failed"), std::string::npos) << nobody.heard;
  printed = Secret("right");
  Person agrees;
  run(agrees);
  EXPECT_NE(agrees.heard.find("password_file: "), std::string::npos) << agrees.heard;
  EXPECT_EQ(agrees.heard.find("password_command"), std::string::npos) << agrees.heard;
}

TEST_F(Setup, WhatTheOptionsSayGoesBeforeWhatAnotherProgramWasTold) {
  std::filesystem::create_directories(dir / "machine/etc");
  dir.write("machine/etc/msmtprc",
            "account default\nhost old.example.com\nport 587\ntls on\nauth off\nfrom a@example.com\n");
  options.import = "msmtp";
  options.root = "admin@example.com";
  options.tls_ca_file = dir.write("ca.pem", "certificates\n", 0644);
  options.from = relay::SenderPolicyOptions::Policy::keep;
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(written().smarthosts.at(0).from.policy, relay::SenderPolicyOptions::Policy::keep);
  EXPECT_EQ(written().smarthosts.at(0).tls_ca_file, options.tls_ca_file);
}

TEST_F(Setup, RootsMailIsLeftToTheFileOfAliasesThatHasIt) {
  const std::string file = dir.write("aliases", "postmaster: root\nroot: me@example.org\n", 0644);
  const std::string old = "aliases_file: " + file + "\n";
  options.address = "alerts@example.com";
  const auto aliases_after = [&](Person& person) {
    dir.write("postern.yaml", old);
    EXPECT_EQ(run(person), EX_OK) << person.heard;
    return written().names.aliases;
  };
  Person nobody;
  EXPECT_TRUE(aliases_after(nobody).empty());
  options.root = "me@example.org";
  EXPECT_TRUE(aliases_after(nobody).empty()) << "it stands there already";
  options.root = "other@example.org";
  EXPECT_EQ(aliases_after(nobody).at("root"), std::vector<std::string>{"other@example.org"});
  EXPECT_NE(nobody.heard.find("This goes before the alias for root in " + file), std::string::npos);
  options.root.clear();
  dir.write("aliases", "postmaster: root\n", 0644);
  EXPECT_EQ(aliases_after(nobody).at("root"), std::vector<std::string>{"alerts@example.com"});
  dir.write("aliases", "root: me@example.org\n", 0644);
}

TEST_F(Setup, RootsMailGoesWhereAProgramSentItThatDidNotFollowTheFileOfAliases) {
  dir.write("postern.yaml", kLocal + "aliases_file: " + dir.write("aliases", "root: old@example.org\n", 0644) + "\n");
  std::filesystem::create_directories(dir / "machine/etc/nullmailer");
  dir.write("machine/etc/nullmailer/remotes", "relay.example.com\n");
  dir.write("machine/etc/nullmailer/adminaddr", "admin@example.com\n");
  options.import = "nullmailer";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_EQ(written().names.aliases.at("root"), std::vector<std::string>{"admin@example.com"});
  EXPECT_NE(nobody.heard.find("This goes before the alias for root in "), std::string::npos) << nobody.heard;
}

TEST_F(Setup, TheFileOfAliasesThatAProgramFollowedIsLeftToSayIt) {
  dir.write("postern.yaml", kLocal + "aliases_file: " + dir.write("aliases", "root: me@example.org\n", 0644) + "\n");
  std::filesystem::create_directories(dir / "machine/etc/dma");
  dir.write("machine/etc/dma/dma.conf", "SMARTHOST relay.example.com\n");
  dir.write("machine/etc/aliases", "root: me@example.org\n");
  options.import = "dma";
  Person nobody;
  EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_TRUE(written().names.aliases.empty());
}

TEST_F(Setup, AnAliasForRootThatLeadsToALocalUserSaysNothing) {
  const std::string file = dir.write("aliases", "", 0644);
  options.address = "alerts@example.com";
  for (const std::string text : {"root: joe\n", "root: joe@web1\n", "root: joe\njoe: joe@example.org\n"}) {
    const bool mailbox = text.find('\n') + 1 < text.size();
    dir.write("aliases", text, 0644);
    dir.write("postern.yaml", kLocal + "aliases_file: " + file + "\n");
    Person nobody;
    EXPECT_EQ(run(nobody), EX_OK) << nobody.heard;
    EXPECT_EQ(written().names.aliases.contains("root"), !mailbox) << text;
    const bool told = nobody.heard.find("Mail for root goes to joe@example.org, as " + file) != std::string::npos;
    EXPECT_EQ(told, mailbox) << nobody.heard;
  }
}

TEST_F(Setup, UndoPutsTheFileBackAndReloads) {
  const std::string old = "# mine\naliases: { root: me@example.com }\n";
  dir.write("postern.yaml", old);
  options.address = "alerts@example.com";
  Person nobody;
  ASSERT_EQ(run(nobody), EX_OK) << nobody.heard;
  EXPECT_NE(dir.read("postern.yaml"), old);
  EXPECT_EQ(written().names.aliases.at("root"), std::vector<std::string>{"me@example.com"});
  EXPECT_EQ(undo(options, nobody, world), EX_OK) << nobody.heard;
  EXPECT_EQ(dir.read("postern.yaml"), old);
}

TEST_F(Setup, WhatTheOptionsDoNotSayIsToldWithTheOptionThatSaysIt) {
  Person nobody;
  options.no_login = false;
  EXPECT_EQ(run(nobody), EX_USAGE);
  EXPECT_NE(nobody.heard.find("say the mail address"), std::string::npos);
  options.address = "alerts@gmail.com";
  EXPECT_EQ(run(nobody), EX_USAGE);
  EXPECT_NE(nobody.heard.find("--password-file FILE"), std::string::npos);
  options.provider = "ses";
  EXPECT_EQ(run(nobody), EX_USAGE);
  EXPECT_NE(nobody.heard.find("--user NAME"), std::string::npos);
  options.provider = "microsoft365";
  EXPECT_EQ(run(nobody), EX_USAGE);
  EXPECT_NE(nobody.heard.find("--client-id ID"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(options.config));
}

}  // namespace
}  // namespace postern::setup
