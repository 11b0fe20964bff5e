#include "setup/setup_command.h"

#include "base/log.h"
#include "console/view.h"
#include "setup/providers.h"
#include "setup/trial.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <cstdlib>
#include <map>
#include <memory>

namespace postern::setup {
namespace {

/// What is asked beyond setting up.
struct SetupArguments {
  Options options;
  std::string notify_command;
  bool list = false;
  bool undo = false;
};

const std::map<std::string, relay::Tls> kTlsWords{
    {"implicit", relay::Tls::implicit}, {"starttls", relay::Tls::starttls}, {"none", relay::Tls::none}};
const std::map<std::string, relay::SenderPolicyOptions::Policy> kPolicyWords{
    {"keep", relay::SenderPolicyOptions::Policy::keep}, {"account", relay::SenderPolicyOptions::Policy::account}};

int list_providers(bool json) {
  constexpr std::size_t kTitle = 24;
  const std::size_t width = console::view_of(STDOUT_FILENO, {}).width;
  for (const Provider& row : providers()) {
    if (json) {
      boost::json::object line;
      line["kind"] = "provider";
      line["name"] = row.name;
      line["title"] = row.title;
      line["domains"] = boost::json::array(row.domains.begin(), row.domains.end());
      fmt::print("{}\n", boost::json::serialize(line));
      continue;
    }
    std::string domains;
    for (const std::string& domain : row.domains) domains += (domains.empty() ? "  " : " ") + domain;
    fmt::print("{}",
               console::hanging(fmt::format("{:<{}}{}{}\n", row.name, kTitle, row.title, domains), kTitle, width));
  }
  return EX_OK;
}

int run_arguments(const SetupArguments& arguments, bool json, const AtDaemon& daemon) {
  if (arguments.list) return list_providers(json);
  set_log_sink([](const LogRecord&) {});  // what there is to say is said by set_up()
  const auto terminal = make_terminal();
  const char* home = std::getenv("HOME");
  const Place place{"", home != nullptr && *home == '/' ? home : ""};
  const credentials::Tell tell = [&terminal](const std::string& program, const std::string& words) {
    terminal->complain(program + " said: " + words);
    return std::string("above");
  };
  const auto tried = [&tell](const settings::Smarthost& smarthost, const std::string& hostname) {
    return try_smarthost(smarthost, hostname, tell);
  };
  const auto printed = [&tell](const settings::Smarthost& smarthost) { return password_of(smarthost, tell); };
  const World world{dns_records, tried, printed, place, daemon.reload, daemon.login, daemon.send_test};
  return arguments.undo ? undo(arguments.options, *terminal, world) : set_up(arguments.options, *terminal, world);
}

/// An option whose value is one of these words.
template <class Value>
void add_word(CLI::App& command, const std::string& name, const std::map<std::string, Value>& words,
              std::optional<Value>& to, const std::string& help) {
  std::vector<std::string> names;
  names.reserve(words.size());
  for (const auto& [word, value] : words) names.push_back(word);
  command.add_option_function<std::string>(
             name, [&words, &to](const std::string& word) { to = words.at(word); }, help)
      ->type_name("WORD")
      ->check([names](const std::string& word) {
        for (const std::string& each : names) {
          if (each == word) return std::string();
        }
        return fmt::format("must be one of: {}", fmt::join(names, ", "));
      });
}

/// Returns those that say which server it is.
std::vector<CLI::Option*> add_account_options(CLI::App& command, Options& options) {
  command.add_option("ADDRESS", options.address, "the mail address of the account that sends this machine's mail");
  CLI::Option* provider =
      command.add_option("--provider", options.provider, "the mail provider, by its name in --list")->type_name("NAME");
  CLI::Option* smarthost =
      command.add_option("--smarthost", options.smarthost, "the server, where it is no known provider's")
          ->type_name("HOST[:PORT]");
  add_word(command, "--tls", kTlsWords, options.tls, "with --smarthost: implicit, starttls or none");
  command.add_option("--tls-ca-file", options.tls_ca_file, "the authorities to trust; without it the system's store")
      ->type_name("PATH");
  CLI::Option* user =
      command.add_option("--user", options.user, "the login; without it what the provider wants, mostly the address")
          ->type_name("NAME");
  CLI::Option* file = command.add_option("--password-file", options.password_file, "the password stands in this file")
                          ->type_name("PATH");
  CLI::Option* line =
      command.add_flag("--password-stdin", options.password_stdin, "the password is the first line of standard input")
          ->excludes(file);
  command.add_flag("--no-login", options.no_login, "the server takes mail without a login")
      ->excludes(file)
      ->excludes(line)
      ->excludes(user);
  command.add_option("--client-id", options.client_id, "with OAuth 2.0: the name of this client at the provider")
      ->type_name("ID");
  command
      .add_option("--client-secret-file", options.client_secret_file,
                  "with OAuth 2.0: the client's secret, if it has one, stands in this file")
      ->type_name("PATH");
  add_word(command, "--sender-policy", kPolicyWords, options.from,
           "as whom mail is sent: keep, as it was, or account, all of it from the address");
  return {provider, smarthost};
}

}  // namespace

void add_setup(CLI::App& app, const bool& json, AtDaemon daemon, std::function<int()>& chosen) {
  const auto arguments = std::make_shared<SetupArguments>();
  CLI::App* command = app.add_subcommand("setup", "from a mail address to settings that work, by questions or options");
  Options& options = arguments->options;
  const std::vector<CLI::Option*> servers = add_account_options(*command, options);
  command->add_option("--root", options.root, "where mail for root goes")->type_name("ADDRESS");
  CLI::Option* notify =
      command
          ->add_option("--notify-command", arguments->notify_command,
                       "what is run when mail is in trouble: a program and its arguments, in one word of the shell")
          ->type_name("COMMAND");
  std::string programs;
  for (const Importer& importer : importers()) programs += (programs.empty() ? "" : ", ") + std::string(importer.name);
  CLI::Option* no_import = command->add_flag("--no-import", options.no_import, "look for no other program's account");
  CLI::Option* import = command
                            ->add_option("--import", options.import,
                                         "take over the account of a program that is set up here: " + programs)
                            ->type_name("PROGRAM")
                            ->excludes(no_import);
  for (CLI::Option* server : servers) import->excludes(server);
  command->add_option("--config", options.config, "the settings file")->capture_default_str()->type_name("PATH");
  command->add_flag("--no-test", options.no_test, "send no test message; posternd need not run");
  command->add_flag("--list", arguments->list, "show the providers that are known, and exit");
  command->add_flag("--undo", arguments->undo, "put the settings and the password of before back");
  command->callback([arguments, &json, daemon = std::move(daemon), notify, &chosen] {
    if (notify->count() > 0) arguments->options.notify_command = arguments->notify_command;
    chosen = [arguments, &json, daemon] { return run_arguments(*arguments, json, daemon); };
  });
}

}  // namespace postern::setup
