#include "setup/account.h"

#include "setup/providers.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace postern::setup {
namespace {

/// Nobody is there to be asked.
class Unattended final : public Terminal {
 public:
  [[nodiscard]] bool interactive() const override { return false; }
  void say(const std::string&) override {}
  void complain(const std::string&) override {}
  std::optional<std::string> ask(const std::string&, const std::string&) override { return std::nullopt; }
  std::optional<Secret> ask_secret(const std::string&) override { return std::nullopt; }
};

/// The text of the error; empty: it went well, and a server was called.
std::string refused_login(const Options& options, const std::string& token_url) {
  FoundServer found;
  found.smarthost.host = "smtp.example.com";
  found.smarthost.oauth2.token_url = token_url;
  bool called = false;
  World world;
  world.try_smarthost = [&called](const settings::Smarthost&, const std::string&) {
    called = true;
    return mail::CheckReport();
  };
  Unattended terminal;
  const auto account = log_in(found, options, "alerts@example.com", terminal, world);
  EXPECT_EQ(called, account.has_value());
  return account ? std::string() : account.error().text;
}

TEST(Account, TheFileOfTheClientsSecretIsLookedAtBeforeAnythingElse) {
  const test::ScratchDir dir;
  const std::string open = dir.write("open", "secret\n");
  std::filesystem::permissions(open, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  Options options;
  options.config = dir / "postern.yaml";
  options.client_id = "1";
  const std::string url = "https://login.example.com/token";
  for (const auto& [file, words] : {std::pair(dir / "missing", std::string("missing")),
                                    std::pair(dir.path(), std::string("the file with the client's secret")),
                                    std::pair(dir.write("empty", "\nsecret\n"), std::string("is empty")),
                                    std::pair(open, std::string("chmod o-rwx"))}) {
    options.client_secret_file = file;
    const std::string error = refused_login(options, url);
    EXPECT_NE(error.find(words), std::string::npos) << file << ": " << error;
  }
  options.client_secret_file = dir.write("good", "secret\n");
  EXPECT_EQ(refused_login(options, url), "");
}

TEST(Account, TakesNoClientsSecretWhereItHasNoUse) {
  const test::ScratchDir dir;
  Options options;
  options.client_secret_file = dir.write("good", "secret\n");
  options.password_file = dir.write("password", "right\n");
  EXPECT_NE(refused_login(options, "").find("--client-secret-file is for a login by OAuth 2.0"), std::string::npos);
}

TEST(Account, TheSenderPolicyNamesAnAddressWhereTheUserIsNone) {
  for (const Provider& row : providers()) {
    const FoundServer found{&row, row.smarthost, false};
    const bool account = row.smarthost.from.policy == relay::SenderPolicyOptions::Policy::account;
    EXPECT_EQ(with_account(found, {}, "a@example.com", "apikey").from.address, account ? "a@example.com" : "");
    EXPECT_EQ(with_account(found, {}, "a@example.com", "a@example.com").from.address, "");
  }
}

TEST(Account, AnAppPasswordLosesTheBlanksBetweenItsGroupsAndNoOther) {
  const auto clean = [](const std::string& text, LoginKind login) {
    const auto secret = clean_password(Secret(text), login);
    return secret ? std::string(secret->reveal()) : "refused";
  };
  EXPECT_EQ(clean("abcd efgh ijkl mnop", LoginKind::app_password), "abcdefghijklmnop");
  EXPECT_EQ(clean("abcd efgh ijkl mnop", LoginKind::password), "abcd efgh ijkl mnop");
  for (const std::string text : {"my own pass word", "abcd", "abcd efg", "Abcd efgh"}) {
    EXPECT_EQ(clean(text, LoginKind::app_password), text);
  }
  for (const std::string& text : {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("a\r")}) {
    EXPECT_EQ(clean(text, LoginKind::password), "refused");
  }
}

}  // namespace
}  // namespace postern::setup
