#include "setup/account.h"

#include "base/durable_file.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/advice.h"
#include "settings/user.h"
#include "setup/candidates.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace postern::setup {
namespace {

using settings::Smarthost;

constexpr std::size_t kLongestPassword = 64U << 10U;
constexpr std::size_t kAppPasswordGroup = 4;

/// Where the daemon that reads these settings can write: the service in its own directory, whoever runs one with other
/// settings beside them.
std::string refresh_token_path(const std::string& config, const std::string& host) {
  std::error_code error;
  const auto own = std::filesystem::absolute(config, error).lexically_normal().parent_path();
  return (settings::is_systems(config) ? std::string(settings::kServiceState) : own.string()) + "/refresh-token-" +
         host;
}

/// One that nobody has written down for us but this file or whoever is at the other end of standard input.
Result<Secret> given_password(const Options& options, Terminal& terminal) {
  if (options.password_stdin) {
    auto secret = terminal.ask_secret("Password");
    if (!secret) return Error{Failure::invalid, "standard input holds no line with a password"};
    return std::move(*secret);
  }
  auto text = read_file(options.password_file, kLongestPassword);
  if (!text) return text.error();
  // The line end is no part of it, blanks may be.
  std::string_view line = *text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Secret secret{std::string(line)};
  wipe(*text);
  return secret;
}

std::string how_to_get(const FoundServer& found) {
  if (found.provider == nullptr) return {};
  return found.provider->get + "\n" + found.provider->link;
}

Error missing(const std::string& what, const std::string& option) {
  return Error{Failure::invalid, "no " + what + " was given, and there is no terminal to ask at: say " + option};
}

Result<std::string> user_of(const FoundServer& found, const Options& options, const std::string& address,
                            Terminal& terminal) {
  if (options.no_login) return std::string();
  if (!options.user.empty()) return options.user;
  if (found.provider != nullptr && !found.provider->user.empty()) return found.provider->user;
  if (found.provider == nullptr || !found.provider->asks_user) {
    if (address.empty()) return missing("user", "--user NAME, or --no-login if the server wants none");
    return address;
  }
  if (!terminal.interactive()) return missing("user", "--user NAME");
  terminal.say(how_to_get(found));
  const auto user = terminal.ask("User", "");
  if (!user || user->empty()) return Error{Failure::cancelled, "nothing was changed"};
  return *user;
}

/// What a login said, for people: the server's words, what they mean, what the provider wants.
std::string words_of(const mail::SiteTrouble& trouble, const Smarthost& smarthost, const FoundServer& found) {
  std::string words = printable(trouble.text);
  const std::string advice = mail::advice(trouble, smarthost.host);
  if (!advice.empty()) words += "\n" + printable(advice);
  if (trouble.login_refused && found.provider != nullptr) words += "\n" + how_to_get(found);
  return words;
}

Result<void> attempt(const Smarthost& smarthost, const FoundServer& found, Terminal& terminal, const World& world) {
  terminal.say((smarthost.user.empty() ? "Connecting to " : "Logging in at ") + shown(smarthost) + " ...");
  const mail::CheckReport report = world.try_smarthost(smarthost, world.hostname);
  if (report.trouble) {
    const Failure failure = report.trouble->login_refused ? Failure::rejected : report.trouble->failure;
    return Error{failure, words_of(*report.trouble, smarthost, found)};
  }
  terminal.say(report.mechanism.empty()
                   ? "The server takes the connection" +
                         (report.tls_version.empty() ? "." : " (" + printable(report.tls_version) + ").")
                   : "The login is good (" + printable(report.mechanism) + ", " +
                         (report.tls_version.empty() ? "no TLS" : printable(report.tls_version)) + ").");
  return {};
}

Result<Secret> ask_password(Terminal& terminal, LoginKind login) {
  while (true) {
    auto typed = terminal.ask_secret(login == LoginKind::app_password ? "App password" : "Password");
    if (!typed) return Error{Failure::cancelled, "nothing was changed"};
    auto clean = clean_password(std::move(*typed), login);
    if (clean) return clean;
    terminal.complain(clean.error().text);
  }
}

Result<Account> log_in_with_password(Smarthost smarthost, const FoundServer& found, const Options& options,
                                     Terminal& terminal, const World& world) {
  const LoginKind login = found.provider == nullptr ? LoginKind::password : found.provider->login;
  const bool given = options.password_stdin || !options.password_file.empty();
  if (!given && !terminal.interactive()) return missing("password", "--password-file FILE or --password-stdin");
  if (!given && found.provider != nullptr && !found.provider->asks_user) terminal.say(how_to_get(found));
  while (true) {
    auto typed = given ? given_password(options, terminal) : ask_password(terminal, login);
    if (!typed) return typed.error();
    auto clean = clean_password(std::move(*typed), login);
    if (!clean) return clean.error();
    smarthost.password = std::move(*clean);
    const auto done = attempt(smarthost, found, terminal, world);
    if (done) return Account{std::move(smarthost), false};
    if (given || !terminal.interactive() || done.error().failure != Failure::rejected) return done.error();
    terminal.complain(done.error().text);
    terminal.say("Once more, or Ctrl-C to leave everything as it is.");
  }
}

/// As the daemon takes it, which would find out only when everything is written.
Result<void> check_client_secret(const std::string& file) {
  struct stat status{};
  auto text = read_file(file, kLongestPassword, &status);
  if (!text) return Error{Failure::invalid, "the file with the client's secret: " + text.error().text};
  const bool empty = trim(std::string_view(*text).substr(0, text->find('\n'))).empty();
  wipe(*text);
  if (empty) return Error{Failure::invalid, "the file with the client's secret is empty: " + file};
  if ((status.st_mode & (S_IROTH | S_IWOTH)) == 0) return {};
  return Error{Failure::invalid,
               "the file with the client's secret is open to every user; run: chmod o-rwx " + printable(file)};
}

/// Clients for a browser that comes back have a secret at some providers, though it is none in a program that everybody
/// has (RFC 8252 8.5); those for a device have none. The daemon reads the file itself.
Result<void> take_client_secret(Smarthost& smarthost, const Options& options, Terminal& terminal) {
  std::string file = options.client_secret_file;
  if (file.empty() && !smarthost.oauth2.auth_url.empty() && terminal.interactive()) {
    const auto answer = terminal.ask("File with the client's secret (empty: it has none)", "");
    if (!answer) return Error{Failure::cancelled, "nothing was changed"};
    file = *answer;
  }
  if (file.empty()) return {};
  std::error_code error;
  smarthost.oauth2.client_secret_file = std::filesystem::absolute(file, error).lexically_normal().string();
  return check_client_secret(smarthost.oauth2.client_secret_file);
}

Result<Account> prepare_browser_login(Smarthost smarthost, const FoundServer& found, const Options& options,
                                      Terminal& terminal, const World& world) {
  smarthost.oauth2.client_id = options.client_id;
  if (smarthost.oauth2.client_id.empty()) {
    if (!terminal.interactive()) return missing("client id", "--client-id ID (" + how_to_get(found) + ")");
    terminal.say(how_to_get(found));
    const auto id = terminal.ask("Client id", "");
    if (!id || id->empty()) return Error{Failure::cancelled, "nothing was changed"};
    smarthost.oauth2.client_id = *id;
  }
  if (const auto done = take_client_secret(smarthost, options, terminal); !done) return done.error();
  smarthost.oauth2.refresh_token_file = refresh_token_path(options.config, smarthost.host);
  Smarthost without_login = smarthost;
  without_login.user.clear();
  without_login.oauth2 = {};
  if (auto done = attempt(without_login, found, terminal, world); !done) return done.error();
  return Account{std::move(smarthost), true};
}

/// What the options say goes before what another program was told.
Smarthost with_options(Smarthost smarthost, const Options& options) {
  if (!options.tls_ca_file.empty()) smarthost.tls_ca_file = options.tls_ca_file;
  if (!options.user.empty()) smarthost.user = options.user;
  if (options.no_login) {
    smarthost.user.clear();
    smarthost.password = Secret();
    smarthost.password_command.clear();
    smarthost.token_command.clear();
  }
  if (!options.from) return smarthost;
  const std::string address = options.address.empty() ? smarthost.from.address : options.address;
  smarthost.from = {};
  smarthost.from.policy = *options.from;
  if (*options.from == relay::SenderPolicyOptions::Policy::account) smarthost.from.address = address;
  return smarthost;
}

/// What the command prints now: it was a person's, and the service has neither a home nor keys. Where it fails the
/// password is asked for.
Result<void> keep_password(Smarthost& smarthost, Terminal& terminal, const World& world) {
  terminal.say("Asking the command of the other program for the password; the service gets what it prints now.");
  auto printed = world.password_of(smarthost);
  smarthost.password_command.clear();
  if (printed) {
    smarthost.password = std::move(*printed);
    return {};
  }
  const std::string why = printable(printed.error().text);
  if (terminal.interactive()) {
    terminal.complain(why);
    return {};
  }
  return Error{Failure::invalid, why + "; give the password by --password-file FILE or --password-stdin"};
}

}  // namespace

Smarthost with_account(const FoundServer& found, const Options& options, const std::string& address,
                       const std::string& user) {
  Smarthost smarthost = found.smarthost;
  smarthost.user = user;
  // A password that was given speaks for itself: some organisations still have that.
  if (options.password_stdin || !options.password_file.empty() || options.no_login) smarthost.oauth2 = {};
  if (options.from) {
    smarthost.from.policy = *options.from;
  } else if (found.provider == nullptr && options.smarthost.empty() && !user.empty()) {
    // A mailbox at a provider that we know nothing of: most take mail from its own address alone.
    smarthost.from.policy = relay::SenderPolicyOptions::Policy::account;
  }
  smarthost.from.address.clear();
  // Where the user is the address, the settings need no second word for it.
  if (smarthost.from.policy == relay::SenderPolicyOptions::Policy::account && user != address)
    smarthost.from.address = address;
  return smarthost;
}

Result<Secret> clean_password(Secret typed, LoginKind login) {
  const std::string_view text = typed.reveal();
  if (text.empty()) return Error{Failure::invalid, "the password is empty"};
  if (text.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos) {
    return Error{Failure::invalid, "the password must be one line"};
  }
  if (login != LoginKind::app_password) return typed;
  const std::vector<std::string_view> groups = split_words(text);
  const bool grouped = groups.size() > 1 && std::ranges::all_of(groups, [](std::string_view group) {
                         return group.size() == kAppPasswordGroup &&
                                std::ranges::all_of(group, [](char c) { return c >= 'a' && c <= 'z'; });
                       });
  if (!grouped) return typed;
  std::string joined;
  joined.reserve(text.size());
  for (const std::string_view group : groups) joined += group;
  Secret clean(joined);
  wipe(joined);
  return clean;
}

Result<Account> log_in_as(const Smarthost& taken_over, const Options& options, Terminal& terminal, const World& world) {
  const FoundServer found{nullptr, taken_over, false};
  Smarthost smarthost = with_options(taken_over, options);
  const bool given = options.password_stdin || !options.password_file.empty();
  // The name of a file yet to be written: what is in one of that name is the password of another account.
  smarthost.password_file.clear();
  if (!given && !smarthost.token_file.empty()) {
    return Error{Failure::invalid,
                 "this account logs in by OAuth 2.0, and its token is not carried over: say its address and the "
                 "--provider, or see 'oauth2' in postern.yaml(5)"};
  }
  if (!given && !smarthost.password_command.empty()) {
    if (auto done = keep_password(smarthost, terminal, world); !done) return done.error();
  }
  const bool secret =
      !smarthost.password.empty() || !smarthost.token_command.empty() || !smarthost.client_certificate.empty();
  if (smarthost.user.empty() || (secret && !given)) {
    const auto done = attempt(smarthost, found, terminal, world);
    if (done) return Account{std::move(smarthost), false};
    if (smarthost.user.empty() || !terminal.interactive() || done.error().failure != Failure::rejected) {
      return done.error();
    }
    terminal.complain(done.error().text);
  }
  smarthost.password_command.clear();
  smarthost.token_command.clear();
  smarthost.token_file.clear();
  return log_in_with_password(std::move(smarthost), found, options, terminal, world);
}

Result<Account> log_in(const FoundServer& found, const Options& options, const std::string& address, Terminal& terminal,
                       const World& world) {
  const auto user = user_of(found, options, address, terminal);
  if (!user) return user.error();
  Smarthost smarthost = with_account(found, options, address, *user);
  if (smarthost.from.policy == relay::SenderPolicyOptions::Policy::account &&
      mail::split_address(address).domain.empty() && mail::split_address(*user).domain.empty()) {
    return missing("mail address of the account", "it as the first argument");
  }
  if (user->empty()) {
    if (auto done = attempt(smarthost, found, terminal, world); !done) return done.error();
    return Account{std::move(smarthost), false};
  }
  const bool by_browser = !smarthost.oauth2.token_url.empty();
  if (!by_browser && !options.client_secret_file.empty()) {
    return Error{Failure::invalid, "--client-secret-file is for a login by OAuth 2.0, and this account has none"};
  }
  if (by_browser) {
    return prepare_browser_login(std::move(smarthost), found, options, terminal, world);
  }
  return log_in_with_password(std::move(smarthost), found, options, terminal, world);
}

}  // namespace postern::setup
