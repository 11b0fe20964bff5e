#include "setup/msmtp_accounts.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace postern::setup {
namespace {

/// What may stand in an account (msmtp(1)); besides these "account" and "defaults".
constexpr auto kCommands = std::to_array<std::string_view>({"eval",
                                                            "host",
                                                            "port",
                                                            "source_ip",
                                                            "proxy_host",
                                                            "proxy_port",
                                                            "socket",
                                                            "timeout",
                                                            "connect_timeout",
                                                            "protocol",
                                                            "domain",
                                                            "auth",
                                                            "user",
                                                            "password",
                                                            "passwordeval",
                                                            "ntlmdomain",
                                                            "tls",
                                                            "tls_starttls",
                                                            "tls_trust_file",
                                                            "tls_crl_file",
                                                            "tls_fingerprint",
                                                            "tls_key_file",
                                                            "tls_cert_file",
                                                            "tls_certcheck",
                                                            "tls_priorities",
                                                            "tls_host_override",
                                                            "tls_min_dh_prime_bits",
                                                            "from",
                                                            "allow_from_override",
                                                            "dsn_notify",
                                                            "dsn_return",
                                                            "set_from_header",
                                                            "add_missing_from_header",
                                                            "set_date_header",
                                                            "add_missing_date_header",
                                                            "set_msgid_header",
                                                            "remove_bcc_headers",
                                                            "undisclosed_recipients",
                                                            "logfile",
                                                            "logfile_time_format",
                                                            "syslog",
                                                            "aliases",
                                                            "auto_from",
                                                            "maildomain",
                                                            "from_full_name",
                                                            "keepbcc",
                                                            "tls_force_sslv3",
                                                            "tls_nocertcheck",
                                                            "tls_nostarttls"});

constexpr std::size_t kMostAccounts = 1000;  // each is looked for among all of them

/// What makes one account another.
constexpr auto kIdentity =
    std::to_array<std::string_view>({"host", "port", "user", "from", "password", "passwordeval"});

/// The argument of a command: without blanks around it and without the quotes that may enclose it.
std::string argument(std::string_view text) {
  text = trim(text);
  const bool enclosed = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return std::string(enclosed ? text.substr(1, text.size() - 2) : text);
}

/// The accounts of one file while it is read.
class Reader {
 public:
  Result<void> take(const Mark& mark, std::string_view line) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string command(line.substr(0, end));
    std::string value = argument(line.substr(end));
    if (command == "defaults") {
      if (!value.empty()) return wrong(mark, "defaults takes no argument");
      current_ = &defaults_;
      return {};
    }
    if (command == "account") return begin_account(mark, value);
    if (std::ranges::find(kCommands, command) == kCommands.end()) {
      return wrong(mark, "msmtp knows no such command");
    }
    // Before there is any account, the first one is meant, and is called "default".
    if (current_ == nullptr) add_account("default", mark);
    current_->settings[command] = MsmtpSetting{mark, std::move(value)};
    current_->own.insert(command);
    return {};
  }

  [[nodiscard]] std::vector<MsmtpAccount> accounts() && { return std::move(accounts_); }

 private:
  MsmtpAccount* account(std::string_view name) {
    const auto found = std::ranges::find(accounts_, name, &MsmtpAccount::name);
    return found == accounts_.end() ? nullptr : &*found;
  }

  void add_account(std::string name, const Mark& mark) {
    accounts_.push_back(MsmtpAccount{std::move(name), mark, defaults_.settings, {}});
    current_ = &accounts_.back();
  }

  /// "name" or "name : other, another"
  Result<void> begin_account(const Mark& mark, std::string_view text) {
    const std::size_t colon = text.find(':');
    std::string name = argument(text.substr(0, colon));
    if (name.empty()) return wrong(mark, "the account has no name");
    if (account(name) != nullptr) return wrong(mark, "an account of this name stands above");
    if (accounts_.size() >= kMostAccounts) return wrong(mark, "there are too many accounts in this file");
    // Copies: what is added may move those that are there.
    std::vector<MsmtpAccount> parents;
    while (colon != std::string_view::npos && parents.size() <= accounts_.size()) {
      if (parents.empty()) text.remove_prefix(colon + 1);
      const std::size_t comma = text.find(',');
      const std::string parent = argument(text.substr(0, comma));
      const MsmtpAccount* found = account(parent);
      if (found == nullptr) return wrong(mark, "an account that it inherits from does not stand above");
      parents.push_back(*found);
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
    }
    add_account(std::move(name), mark);
    for (const MsmtpAccount& parent : parents) {
      for (const std::string& command : parent.own) {
        current_->settings[command] = parent.settings.find(command)->second;
        current_->own.insert(command);
      }
    }
    return {};
  }

  MsmtpAccount defaults_;
  std::vector<MsmtpAccount> accounts_;
  MsmtpAccount* current_ = nullptr;
};

Result<std::vector<MsmtpAccount>> accounts_of(const PeerFile& file) {
  Reader reader;
  for (const Line& line : file.lines) {
    const std::string_view text = trim(line.text);
    if (text.empty() || text.starts_with('#')) continue;
    if (const auto done = reader.take(file.mark(line), text); !done) return done.error();
  }
  return std::move(reader).accounts();
}

}  // namespace

const MsmtpSetting* MsmtpAccount::setting(std::string_view command) const {
  const auto found = settings.find(command);
  return found == settings.end() ? nullptr : &found->second;
}

bool MsmtpAccount::same_as(const MsmtpAccount& other) const {
  return std::ranges::all_of(kIdentity, [&](std::string_view command) {
    const MsmtpSetting* own_one = setting(command);
    const MsmtpSetting* others = other.setting(command);
    if (own_one == nullptr || others == nullptr) return own_one == others;
    return own_one->value == others->value;
  });
}

Result<std::vector<MsmtpAccount>> read_msmtp_accounts(Import& import) {
  std::vector<MsmtpAccount> accounts;
  bool any = false;
  // The user's own file first: what it has goes before what the machine's file has.
  std::vector<std::string> paths;
  if (!import.home().empty()) paths = {import.home() + "/.msmtprc", import.home() + "/.config/msmtp/config"};
  paths.emplace_back("/etc/msmtprc");
  bool own = false;
  for (const std::string& path : paths) {
    const bool machine = path == "/etc/msmtprc";
    if (own && !machine) continue;  // msmtp reads the first of the two
    const auto file = import.find(path);
    if (!file) return file.error();
    if (!*file) continue;
    any = true;
    own = own || !machine;
    auto found = accounts_of(**file);
    if (!found) return found.error();
    for (MsmtpAccount& account : *found) {
      const bool hidden = std::ranges::find(accounts, account.name, &MsmtpAccount::name) != accounts.end();
      if (!hidden) {
        accounts.push_back(std::move(account));
      } else {
        import.note(account.mark,
                    "this account is not carried over: one of the same name is in your own file, which "
                    "goes before the machine's");
      }
    }
  }
  if (!any) return Error{Failure::not_found, "there is no " + import.here("/etc/msmtprc")};
  return accounts;
}

}  // namespace postern::setup
