#include "settings/account.h"
#include "one_smarthost.h"
#include "settings/load.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

using test::ScratchDir;

Smarthost good(const std::string& keys) {
  const Loaded loaded = with(keys);
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << problem.str();
  return loaded.settings ? loaded.settings->smarthosts.at(0) : Smarthost{};
}

std::string warnings(const std::string& keys) {
  const Loaded loaded = with(keys);
  EXPECT_TRUE(loaded.settings) << problems(keys);
  std::string all;
  for (const Problem& warning : loaded.warnings) all += warning.str() + "\n";
  return all;
}

/// A variable of the environment for the length of a test.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
};

TEST(Account, EveryKeyReachesItsMember) {
  const ScratchDir dir;
  const std::string file = dir.write("file", "x");
  const Variable directory("CREDENTIALS_DIRECTORY", dir / "");
  EXPECT_EQ(good("    user: u\n    password: 'a: #b '\n").password, Secret("a: #b "));
  EXPECT_EQ(good("    user: u\n    password: 12345\n").password, Secret("12345"));
  EXPECT_EQ(good("    user: u\n    password_file: " + file + "\n").password_file, file);
  EXPECT_EQ(good("    user: u\n    password_credential: file\n").password_credential, "file");
  const std::vector<std::string> argv = {"/bin/sh", "-c", "", "two words"};
  EXPECT_EQ(good("    user: u\n    password_command: [/bin/sh, -c, '', two words]\n").password_command, argv);
  EXPECT_EQ(good("    user: u\n    token_file: " + file + "\n").token_file, file);
  EXPECT_EQ(good("    user: u\n    token_command: [/bin/sh, -c, '', two words]\n").token_command, argv);
  const Smarthost certificate = good("    client_certificate: " + file + "\n    client_key: " + file + "\n");
  EXPECT_EQ(certificate.client_certificate, file);
  EXPECT_EQ(certificate.client_key, file);
  EXPECT_EQ(certificate.user, "");
  const Smarthost oauth2 = good(
      "    user: u\n    oauth2: {token_url: 'https://a.example/t', device_url: 'https://a.example/d', auth_url: "
      "'https://a.example/a?x=y', client_id: c, client_secret_file: " +
      file + ", refresh_token_file: " + file + ", scope: 'a b', ca_file: " + file + "}\n");
  EXPECT_EQ(oauth2.oauth2, (credentials::OAuth2{"https://a.example/t", "https://a.example/d", "https://a.example/a?x=y",
                                                "c", file, file, "a b", file}));
  const std::string twice =
      problems("    user: u\n    oauth2: {token_url: 'https://a.example/t', client_id: c, refresh_token_file: " + file +
               ", auth_url: 'https://a.example/a?x=y&state=z'}\n");
  EXPECT_NE(twice.find("must not have the parameter 'state', which is set at each login"), std::string::npos) << twice;
  EXPECT_EQ(good("    auth_downgrade: refuse\n").auth_downgrade, relay::Downgrade::refuse);
  EXPECT_EQ(good("    auth_downgrade: warn\n").auth_downgrade, relay::Downgrade::warn);
  EXPECT_EQ(good("    messages_per_connection: 7\n").messages_per_connection, 7U);
  EXPECT_EQ(good("").messages_per_connection, 100U);
}

TEST(Account, MechanismsKeepTheirOrderAndAreWrittenInAnyCase) {
  EXPECT_EQ(good("    user: u\n    password: p\n    mechanisms: [plain, Scram-Sha-256, LOGIN]\n").mechanisms,
            (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256", "LOGIN"}));
  EXPECT_TRUE(good("    user: u\n    password: p\n").mechanisms.empty());
}

TEST(Account, TwoOriginsOfOneSecretAreAnErrorThatNamesBoth) {
  const ScratchDir dir;
  const std::string file = dir.write("file", "x");
  const std::vector<std::vector<std::string>> kinds = {
      {"password: p", "password_file: " + file, "password_credential: c", "password_command: [/bin/true]"},
      {"token_file: " + file, "token_command: [/bin/true]",
       "oauth2: {token_url: 'https://a.example/', client_id: c, client_secret_file: " + file + "}"}};
  const auto key = [](const std::string& line) { return "'" + line.substr(0, line.find(':')) + "'"; };
  for (const auto& kind : kinds) {
    for (std::size_t a = 0; a < kind.size(); ++a) {
      for (std::size_t b = 0; b < kind.size(); ++b) {
        if (a == b) continue;
        const std::string found = problems("    user: u\n    " + kind[a] + "\n    " + kind[b] + "\n");
        EXPECT_TRUE(found.starts_with("f.yaml:5:") || found.starts_with("f.yaml:6:")) << found;
        EXPECT_NE(found.find(key(kind[a])), std::string::npos) << found;
        EXPECT_NE(found.find(key(kind[b])), std::string::npos) << found;
      }
    }
  }
  // One of each is fine: the server decides which it takes.
  for (const std::string& password : kinds[0]) {
    for (const std::string& token : kinds[1])
      EXPECT_EQ(problems("    user: u\n    " + password + "\n    " + token + "\n"), "");
  }
}

TEST(Account, SaysWhatIsWrongWhereAndWhatToDo) {
  const ScratchDir dir;
  const std::string file = dir.write("file", "x");
  struct Wrong {
    std::string keys;
    std::string message;
  };
  const std::string secret = ", client_secret_file: " + file + "}";
  const std::vector<Wrong> cases = {
      {"user: u", "f.yaml:4:11: 'smarthosts[0]' has a 'user' but no 'password_file' or other origin"},
      {"password: p", "f.yaml:4:15: 'smarthosts[0]' has a 'password' but no 'user'"},
      {"token_command: [/bin/true]", "f.yaml:4:20: 'smarthosts[0]' has a 'token_command' but no 'user'"},
      {"password: \"a\\nb\"", "f.yaml:4:15: 'smarthosts[0].password' must be one line"},
      {"password: ''", "f.yaml:4:15: 'smarthosts[0].password' is empty; write the password"},
      {"password:", "f.yaml:4:5: 'smarthosts[0].password' is empty; write the password"},
      {"password: |\n      abc\n", "f.yaml:4:15: 'smarthosts[0].password' has a line end behind it; write |-"},
      {"password_credential: a/b", "f.yaml:4:26: 'smarthosts[0].password_credential' must be the name of a credential"},
      {"password_credential: ..", "f.yaml:4:26: 'smarthosts[0].password_credential' must be the name"},
      {"password_command: /bin/pass show", "f.yaml:4:23: 'smarthosts[0].password_command' must be a list"},
      {"password_command: []", "f.yaml:4:23: 'smarthosts[0].password_command' must be a list"},
      {"user: u\n    password_command: [pass, show]",
       "f.yaml:5:24: 'smarthosts[0].password_command' must begin with the absolute"},
      {"user: u\n    password_command: [/bin/true, [x]]",
       "f.yaml:5:35: 'smarthosts[0].password_command' must list texts"},
      {"user: u\n    password_command: [/nonexistent]", "f.yaml:5:23: cannot run /nonexistent: No such file"},
      {"user: u\n    token_command: [" + file + "]", "f.yaml:5:20: cannot run " + file + ": it is not a program"},
      {"user: u\n    token_command: [/tmp]", "f.yaml:5:20: cannot run /tmp: it is not a program"},
      {"client_key: " + file, "f.yaml:4:17: 'smarthosts[0]' has a 'client_key' but no 'client_certificate'"},
      {"client_certificate: " + file, "f.yaml:4:25: 'smarthosts[0]' has a 'client_certificate' but no 'client_key'"},
      {"client_certificate: /nonexistent\n    client_key: " + file, "f.yaml:4:25: cannot read /nonexistent: No such"},
      {"client_certificate: " + file + "\n    client_key: /nonexistent",
       "f.yaml:5:17: cannot read the client key file /nonexistent: No such"},
      {"auth_downgrade: maybe", "f.yaml:4:21: 'smarthosts[0].auth_downgrade' must be warn or refuse, not 'maybe'"},
      {"mechanisms: PLAIN", "f.yaml:4:17: 'smarthosts[0].mechanisms' must be a list"},
      {"mechanisms: []", "f.yaml:4:17: 'smarthosts[0].mechanisms' must be a list"},
      {"mechanisms: [SCRAM-SHA256]",
       "f.yaml:4:18: 'smarthosts[0].mechanisms' lists 'SCRAM-SHA256', which is no "
       "mechanism of Postern; did you mean 'SCRAM-SHA-256'?"},
      {"mechanisms: [plian]",
       "f.yaml:4:18: 'smarthosts[0].mechanisms' lists 'plian', which is no mechanism of "
       "Postern; did you mean 'PLAIN'?"},
      {"mechanisms: [NTLM]",
       "f.yaml:4:18: 'smarthosts[0].mechanisms' lists 'NTLM', which is no mechanism of "
       "Postern; it knows OAUTHBEARER, XOAUTH2"},
      {"user: u\n    password: p\n    mechanisms: [LOGIN, login]",
       "f.yaml:6:25: 'smarthosts[0].mechanisms' lists LOGIN twice"},
      {"mechanisms: [LOGIN]", "f.yaml:4:17: none of 'smarthosts[0].mechanisms' can be used: LOGIN needs a password"},
      {"user: u\n    password: p\n    mechanisms: [EXTERNAL, XOAUTH2]",
       "f.yaml:6:17: none of 'smarthosts[0].mechanisms' can be used: XOAUTH2 needs a token, EXTERNAL needs a client"},
      {"user: u\n    oauth2: {client_id: c" + secret, "f.yaml:5:13: 'smarthosts[0].oauth2' has no 'token_url'"},
      {"user: u\n    oauth2: {token_url: 'https://a.example/'" + secret,
       "f.yaml:5:13: 'smarthosts[0].oauth2' has no 'client_id'"},
      {"user: u\n    oauth2: {token_url: 'https://a.example/', client_id: c}",
       "f.yaml:5:13: 'smarthosts[0].oauth2' needs a 'refresh_token_file'"},
      {"user: u\n    oauth2: {tokn_url: 'https://a.example/'}",
       "f.yaml:5:13: 'smarthosts[0].oauth2' has no 'token_url'"},
      {"oauth2: {token_url: 'https://a.example/', client_id: c" + secret,
       "f.yaml:4:13: 'smarthosts[0]' has a 'oauth2' but no 'user'"},
  };
  for (const Wrong& wrong : cases) {
    EXPECT_EQ(problems("    " + wrong.keys + "\n").substr(0, wrong.message.size()), wrong.message) << wrong.keys;
  }
}

TEST(Account, AClientCertificateNeedsTls) {
  const ScratchDir dir;
  const std::string file = dir.write("file", "x");
  const std::string keys = "    client_certificate: " + file + "\n    client_key: " + file + "\n";
  EXPECT_NE(problems("    tls: none\n" + keys).find("no TLS to show it in"), std::string::npos);
  EXPECT_EQ(problems("    tls: starttls\n" + keys), "");
  EXPECT_EQ(problems("    user: u\n" + keys), "");  // the identity to act as
  EXPECT_EQ(problems("    mechanisms: [EXTERNAL]\n" + keys), "");
}

TEST(Account, UrlsAreHttpsOrGoToThisMachine) {
  const auto taken = [](const std::string& url) {
    return problems("    user: u\n    oauth2: {token_url: \"" + url +
                    "\", client_id: c, refresh_token_file: /nonexistent}\n")
        .empty();
  };
  for (const std::string url :
       {"https://a.example", "https://a.example/", "https://a.example:8443/t?x=1", "HTTPS://a.example/t",
        "https://192.0.2.1/t", "https://[2001:db8::1]/t", "https://[2001:db8::1]:8443/t", "http://localhost:8080/t",
        "http://127.0.0.1/t", "http://127.9.9.9:1/t", "http://[::1]:8080/t"}) {
    EXPECT_TRUE(taken(url)) << url;
  }
  for (const std::string url :
       {"http://a.example/t", "http://192.0.2.1/", "http://[2001:db8::1]/", "http://localhost.a.example/",
        "ftp://localhost/", "a.example/t", "https:///t", "https://", "https://a b.example/", "https://u:p@a.example/",
        "https://a.example/#x", "https://a.example:/", "https://a.example:0/", "https://a.example:65536/",
        "https://a.example:x/", "https://[::1/", "https://[::1]x/", "https://-a.example/",
        "https://m\xc3\xbcller.example/"}) {
    EXPECT_FALSE(taken(url)) << url;
  }
}

TEST(Account, NoErrorShowsASecret) {
  for (const std::string keys : {"password: [hunter2]",
                                 "password: {a: hunter2}",
                                 "password: \"hunter2\\n\"",
                                 "password: hunter2",
                                 "password: &a hunter2",
                                 "oauth2: {token_url: 'https://user:hunter2@a.example/', client_id: c}",
                                 "oauth2: {token_url: 'https://a.example/?client_secret=hunter2 x', client_id: c}",
                                 "oauth2: {device_url: 'https://user:hunter2/', auth_url: hunter2}",
                                 "oauth2: {client_secret_file: hunter2, refresh_token_file: \"hunter2\"}",
                                 "password_file: hunter2",
                                 "token_file: hunter2",
                                 "password_command: [hunter2]",
                                 "password_command: hunter2",
                                 "token_command: [hunter2, x]",
                                 "password_credential: hunter2/x",
                                 "password_credential: \" hunter2\"",
                                 "tls_name: x:hunter2@a.example:x",
                                 "password hunter2: x",
                                 "password hunter2:",
                                 "password hunter2",
                                 "password=hunter2: x",
                                 "password = hunter2: x",
                                 "password:hunter2: x",
                                 "pass hunter2: x",
                                 "user me password hunter2: x",
                                 "password fil hunter2: x",
                                 "password hunter2: x\n    password hunter2: y",
                                 "user: a@b.example:hunter2\n    from: account",
                                 "user: me hunter2\n    from: account",
                                 "password: 'hunter2'x",
                                 "password: \"\\hunter2\"",
                                 "password: \"\\xhunter2\"",
                                 "password: [hunter2]x",
                                 "password: ,hunter2",
                                 "password: hunter2: x",
                                 "password: {{ hunter2 }}",
                                 "password: !vault hunter2",
                                 "host: smtp://x:hunter2@h.example"}) {
    const std::string found = problems("    " + keys + "\n");
    EXPECT_FALSE(found.empty()) << keys;
    EXPECT_EQ(found.find("hunter2"), std::string::npos) << found;
  }
}

TEST(Account, NoErrorShowsWhatIsReadAsAKeyBehindAPasswordInBraces) {
  for (const std::string keys : {"password: ab,hunter2", "password: ab, hunter2: x", "password: ab,hunter2,hunter2",
                                 "pass: ab,hunter2", "password: ab,c,hunter2, port: 465"}) {
    const Loaded loaded = parse("smarthosts: [{host: h.example, user: u, " + keys + "}]", "f.yaml");
    ASSERT_FALSE(loaded.problems.empty()) << keys;
    for (const Problem& problem : loaded.problems) EXPECT_EQ(problem.str().find("hunter2"), std::string::npos) << keys;
  }
  const Loaded quoted = parse("smarthosts: [{host: h.example, user: u, password: 'ab', prot: 465}]", "f.yaml");
  EXPECT_NE(quoted.problems.at(0).text.find("'smarthosts[0].prot'; did you mean 'port'?"), std::string::npos);
}

TEST(Account, NoWarningShowsWhatStandsBehindTheUser) {
  for (const std::string user : {"a@b.example:hunter2", "apikey hunter2", "'a@b.example, hunter2'"}) {
    const std::string found = warnings("    user: " + user + "\n    password: abc\n");
    EXPECT_NE(found.find("is no address"), std::string::npos) << user;
    EXPECT_EQ(found.find("hunter2"), std::string::npos) << found;
  }
}

TEST(Account, ADowngradeIsAWordInAnyCase) {
  EXPECT_EQ(good("    auth_downgrade: Refuse\n").auth_downgrade, relay::Downgrade::refuse);
  EXPECT_EQ(good("    from: Account\n    user: a@b.example\n    password: x\n").from.address, "a@b.example");
}

TEST(Account, F08_APasswordStandsOnlyInAFileThatIsNotForEverybody) {
  const ScratchDir dir;
  const std::string text = kStart + "    user: u\n    password: p\n";
  for (const mode_t mode : {0600U, 0640U, 0644U, 0604U, 0660U}) {
    const Loaded loaded = load(dir.write("postern.yaml", text, mode));
    EXPECT_EQ(loaded.settings.has_value(), (mode & S_IROTH) == 0) << std::oct << mode;
    if (loaded.settings) continue;
    const std::string found = loaded.problems.at(0).str();
    EXPECT_NE(found.find("postern.yaml:5:15: the password stands in a file that every user can read"),
              std::string::npos)
        << found;
    EXPECT_NE(found.find("password_file"), std::string::npos);
    EXPECT_NE(found.find("chmod o-rwx " + (dir / "postern.yaml")), std::string::npos);
  }
  EXPECT_TRUE(load(dir.write("postern.yaml", kStart, 0644)).settings);
}

TEST(SecretFiles, F07_AreRefusedForEveryModeThatLetsOthersReadOrWrite) {
  const ScratchDir dir;
  const std::string file = dir / "secret";
  const std::string other = dir.write("other", "x");
  const std::vector<std::string> all = {
      "    user: u\n    password_file: " + file + "\n", "    user: u\n    token_file: " + file + "\n",
      "    client_certificate: " + other + "\n    client_key: " + file + "\n",
      "    user: u\n    oauth2: {token_url: 'https://a.example/', client_id: c, client_secret_file: " + file + "}\n",
      "    user: u\n    oauth2: {token_url: 'https://a.example/', client_id: c, refresh_token_file: " + file + "}\n"};
  for (const std::string& keys : all) {
    for (mode_t mode = 0; mode <= 0777; ++mode) {
      if ((mode & S_IRUSR) == 0) continue;  // unreadable for its owner, which is another failure
      (void)dir.write("secret", "x", mode);
      const std::string found = problems(keys);
      EXPECT_EQ(found.empty(), (mode & (S_IROTH | S_IWOTH)) == 0) << std::oct << mode << found;
      if (found.empty()) continue;
      EXPECT_NE(found.find("run: chmod o-rwx " + file), std::string::npos) << found;
    }
    (void)dir.write("secret", "", 0600);
    EXPECT_NE(problems(keys).find(file + " is empty"), std::string::npos) << problems(keys);
    unlink(file.c_str());
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
    EXPECT_NE(problems(keys).find(file + " is not a file"), std::string::npos) << problems(keys);
    unlink(file.c_str());
  }
}

// What another program or `postern login` puts there may come later; a daemon that does not start takes no mail.
TEST(SecretFiles, ThatComeLaterAreMissedWithAWarning) {
  const ScratchDir dir;
  EXPECT_NE(
      warnings("    user: u\n    token_file: " + (dir / "none") + "\n").find("f.yaml:5:17: cannot read the token file"),
      std::string::npos);
  const std::string start =
      "    name: office\n    user: u\n    oauth2: {token_url: 'https://a.example/', client_id: c, ";
  const std::string refresh = warnings(start + "refresh_token_file: " + (dir / "none") + "}\n");
  EXPECT_NE(refresh.find((dir / "none") + " does not exist yet; run: postern login office"), std::string::npos)
      << refresh;
  EXPECT_EQ(refresh.find("cannot write"), std::string::npos);
  const std::string nowhere = warnings(start + "refresh_token_file: " + (dir / "none/token") + "}\n");
  EXPECT_NE(nowhere.find("cannot write into " + (dir / "none")), std::string::npos) << nowhere;
}

TEST(Credential, IsLookedForInItsDirectory) {
  const ScratchDir dir;
  (void)dir.write("smtp", "x", 0400);
  const std::string keys = "    user: u@example.com\n    password_credential: ";
  EXPECT_NE(warnings(keys + "smtp\n").find("LoadCredential=smtp:FILE"), std::string::npos);
  const Variable directory("CREDENTIALS_DIRECTORY", dir / "");
  EXPECT_EQ(warnings(keys + "smtp\n"), "");
  EXPECT_NE(problems(keys + "smpt\n").find("the unit must say LoadCredential=smpt:FILE"), std::string::npos);
}

}  // namespace
}  // namespace postern::settings
