#include "settings/account.h"

#include "sasl/mechanism_options.h"
#include "settings/permissions.h"
#include "settings/user.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace postern::settings {
namespace {

constexpr std::array<std::string_view, 4> kPasswords = {"password", "password_file", "password_credential",
                                                        "password_command"};
constexpr std::array<std::string_view, 3> kTokens = {"token_file", "token_command", "oauth2"};

/// One smarthost under check.
struct Account {
  const Smarthost& smarthost;
  const std::string& path;
  Report& report;

  [[nodiscard]] bool given(std::string_view key) const { return report.was_written(path + "." + std::string(key)); }
  [[nodiscard]] Mark place(std::string_view key) const { return report.place(path + "." + std::string(key)); }
  void error(std::string_view key, const std::string& text) const { report.error(place(key), text); }
  void warning(std::string_view key, const std::string& text) const { report.warning(place(key), text); }
  /// "'smarthosts[0]' ..."
  void error_of_all(std::string_view key, const std::string& text) const { error(key, "'" + path + "' " + text); }
};

/// The keys of which one alone may stand there; the first that does, or nothing.
template <std::size_t N>
std::string_view only_one(const Account& account, const std::array<std::string_view, N>& keys) {
  std::string_view first;
  for (const std::string_view key : keys) {
    if (!account.given(key)) continue;
    if (!first.empty()) {
      account.error_of_all(key, "has both '" + std::string(first) + "' and '" + std::string(key) + "'; keep one");
    } else {
      first = key;
    }
  }
  return first;
}

void check_origins(const Account& account) {
  const std::string_view password = only_one(account, kPasswords);
  const std::string_view token = only_one(account, kTokens);
  const std::string_view secret = password.empty() ? token : password;
  if (!secret.empty() && !account.given("user")) {
    account.error_of_all(secret, "has a '" + std::string(secret) + "' but no 'user'");
  }
  if (account.given("user") && secret.empty() && !account.given("client_certificate")) {
    account.error_of_all("user", "has a 'user' but no 'password_file' or other origin of a password or token");
  }
  if (!account.smarthost.password.empty() && account.report.readers() == Readers::everybody) {
    account.error("password",
                  "the password stands in a file that every user can read; write it into a file of its "
                  "own and name that in 'password_file', or run: " +
                      closing(account.report, account.report.file()));
  }
}

enum class Missing { error, warning };

/// A file with a secret: not for everybody. The rules are those by which it is read at the login.
void check_secret_file(const Account& account, std::string_view key, const std::string& what, const std::string& file,
                       Missing missing) {
  if (file.empty()) return;
  const std::string name = "the " + what + " " + file;
  const auto status = readable(account.report, Thing::secret, file, name);
  if (!status && status.error().failure == Failure::not_found && missing == Missing::warning) {
    return account.warning(key, status.error().text);
  }
  if (!status) return account.error(key, status.error().text);
  if ((status->st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return account.error(key, name + " is open to every user; run: " + closing(account.report, file));
  }
  if (status->st_size == 0) return account.error(key, name + " is empty");
  check_openings(account.report, account.place(key), Thing::secret, file);
  check_sight(account.report, account.place(key), file);
}

void check_public_file_of(const Account& account, std::string_view key, Thing thing, const std::string& file) {
  check_public_file(account.report, account.place(key), thing, file);
}

void check_command(const Account& account, std::string_view key, const std::vector<std::string>& argv) {
  if (!argv.empty()) check_program(account.report, account.place(key), argv[0]);
}

void check_credential(const Account& account) {
  const std::string& name = account.smarthost.password_credential;
  if (name.empty()) return;
  const std::string load = "LoadCredential=" + name + ":FILE";
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr) {
    return account.warning("password_credential", "there is no $CREDENTIALS_DIRECTORY here to read '" + name +
                                                      "' from; the service has one if its unit says " + load);
  }
  const auto status =
      readable(account.report, Thing::secret, std::filesystem::path(directory) / name, "the credential '" + name + "'");
  if (status) return;
  account.error("password_credential", status.error().text + "; the unit must say " + load + ", and be restarted");
}

void check_certificate(const Account& account) {
  const bool certificate = account.given("client_certificate");
  const bool key = account.given("client_key");
  if (certificate && !key) account.error_of_all("client_certificate", "has a 'client_certificate' but no 'client_key'");
  if (key && !certificate) account.error_of_all("client_key", "has a 'client_key' but no 'client_certificate'");
  if (certificate && account.smarthost.tls == relay::Tls::none) {
    account.error_of_all("client_certificate", "has a 'client_certificate' but no TLS to show it in ('tls: none')");
  }
  check_public_file_of(account, "client_certificate", Thing::certificate, account.smarthost.client_certificate);
  check_secret_file(account, "client_key", "client key file", account.smarthost.client_key, Missing::error);
}

/// The daemon writes the refresh token that the server gives in exchange for the old one.
void check_refresh_token(const Account& account) {
  const std::string& file = account.smarthost.oauth2.refresh_token_file;
  if (file.empty()) return;
  constexpr std::string_view kKey = "oauth2.refresh_token_file";
  const std::string directory = std::filesystem::path(file).parent_path();
  if (const int error = try_access(account.report.user(), directory, W_OK | X_OK); error != 0) {
    account.warning(kKey, system_error(error, "cannot write into " + directory).text +
                              ": a refresh token that the server changes could not be stored in " + file);
  }
  struct stat status{};
  if (stat(file.c_str(), &status) != 0 && errno == ENOENT) {
    const std::string& name = account.smarthost.name.empty() ? account.smarthost.host : account.smarthost.name;
    return account.warning(kKey, file + " does not exist yet; run: postern login " + name);
  }
  check_secret_file(account, kKey, "refresh token file", file, Missing::error);
}

void check_oauth2(const Account& account) {
  if (!account.given("oauth2")) return;
  for (const std::string_view key : {"token_url", "client_id"}) {
    if (account.given("oauth2." + std::string(key))) continue;
    account.error("oauth2", "'" + account.path + ".oauth2' has no '" + std::string(key) + "'");
  }
  if (!account.given("oauth2.refresh_token_file") && !account.given("oauth2.client_secret_file")) {
    account.error("oauth2", "'" + account.path +
                                ".oauth2' needs a 'refresh_token_file' (postern login writes it) or, for the client "
                                "credentials grant, a 'client_secret_file'");
  }
  check_secret_file(account, "oauth2.client_secret_file", "client secret file",
                    account.smarthost.oauth2.client_secret_file, Missing::error);
  check_public_file_of(account, "oauth2.ca_file", Thing::authorities, account.smarthost.oauth2.ca_file);
  check_refresh_token(account);
}

std::string_view needed(sasl::Needs needs) {
  switch (needs) {
    case sasl::Needs::password: return "a password";
    case sasl::Needs::token: return "a token";
    case sasl::Needs::certificate: return "a client certificate";
  }
  return "";
}

/// A list of which nothing can ever be used is a mistake that would show only at the first login.
void check_mechanisms(const Account& account) {
  const auto any_of = [&account](const auto& keys) {
    return std::ranges::any_of(keys, [&account](std::string_view key) { return account.given(key); });
  };
  std::string reasons;
  for (const sasl::KnownMechanism& mechanism : sasl::kKnownMechanisms) {
    if (std::ranges::find(account.smarthost.mechanisms, mechanism.name) == account.smarthost.mechanisms.end()) continue;
    using sasl::Needs;
    const bool usable = mechanism.needs == Needs::password ? any_of(kPasswords)
                        : mechanism.needs == Needs::token  ? any_of(kTokens)
                                                           : account.given("client_certificate");
    if (usable) return;
    reasons +=
        (reasons.empty() ? "" : ", ") + std::string(mechanism.name) + " needs " + std::string(needed(mechanism.needs));
  }
  if (reasons.empty()) return;
  account.error("mechanisms", "none of '" + account.path + ".mechanisms' can be used: " + reasons);
}

}  // namespace

void check_account(const Smarthost& smarthost, const std::string& path, Report& report) {
  const Account account{smarthost, path, report};
  check_origins(account);
  check_secret_file(account, "password_file", "password file", smarthost.password_file, Missing::error);
  // A token has another program to put it there, which may not have run yet when the machine starts.
  check_secret_file(account, "token_file", "token file", smarthost.token_file, Missing::warning);
  check_command(account, "password_command", smarthost.password_command);
  check_command(account, "token_command", smarthost.token_command);
  check_credential(account);
  check_certificate(account);
  check_oauth2(account);
  check_mechanisms(account);
}

}  // namespace postern::settings
