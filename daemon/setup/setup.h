// `postern setup`: from a mail address to settings that work, with questions at a terminal or by options alone.
// Nothing is written before a login has succeeded and everything is known.
#pragma once

#include "mail/check.h"
#include "relay/smarthost_options.h"
#include "settings/settings.h"
#include "settings/user.h"
#include "setup/dns.h"
#include "setup/importer.h"
#include "setup/terminal.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern::setup {

/// What the command line says; empty: not said.
struct Options {
  std::string config = settings::kSystemSettings;
  std::string address;    ///< the account's mail address
  std::string provider;   ///< a name of providers.h
  std::string smarthost;  ///< HOST[:PORT]
  std::optional<relay::Tls> tls;
  std::string tls_ca_file;
  std::string user;
  std::string password_file;
  bool password_stdin = false;
  bool no_login = false;  ///< a server that takes mail without AUTH
  std::string client_id;
  std::string client_secret_file;  ///< of OAuth 2.0; it stays where it is
  std::optional<relay::SenderPolicyOptions::Policy> from;
  std::string root;                           ///< where root's mail goes
  std::optional<std::string> notify_command;  ///< a program and its arguments, as program_words() reads them
  std::string import;                         ///< the program whose account is taken over
  bool no_import = false;                     ///< none is
  bool no_test = false;
};

/// What the daemon says when it is told to read its settings again.
struct Reloaded {
  int exit = 0;        ///< 0: in force; 69: it does not run
  std::string config;  ///< the file that it reads; empty: it did not tell
};

/// The world outside: all of its functions may block. Exit codes are those of `postern`.
struct World {
  std::function<std::vector<DnsRecord>(const std::string& name, DnsType type)> dns;
  std::function<mail::CheckReport(const settings::Smarthost&, const std::string& hostname)> try_smarthost;
  std::function<Result<Secret>(const settings::Smarthost&)> password_of;  ///< what its password_command prints
  Place place{};                                                          ///< where other programs' settings are
  std::function<Reloaded()> reload;
  std::function<int(const std::string& site)> login;           ///< a person agrees in a browser
  std::function<int(const std::string& recipient)> send_test;  ///< and follow it
  std::string hostname{};  ///< of the settings that are there, for EHLO; empty: none is written
};

/// Returns the exit code. Every failure was told, with what to do, and left the files as they were.
[[nodiscard]] int set_up(const Options& said, Terminal& terminal, const World& world);

/// --undo: puts the files of before back, and reloads.
[[nodiscard]] int undo(const Options& options, Terminal& terminal, const World& world);

}  // namespace postern::setup
