// postern: the administrator's command. It turns arguments into one request object a subcommand and hands it to
// console/.
#include "base/clock.h"
#include "base/protected_memory.h"
#include "base/standard_descriptors.h"
#include "base/text.h"
#include "console/arguments.h"
#include "console/explain_request.h"
#include "console/fields.h"
#include "console/handle.h"
#include "console/help.h"
#include "console/history_arguments.h"
#include "console/requests.h"
#include "console/session.h"
#include "console/slips.h"
#include "console/view.h"
#include "console/watching.h"
#include "control/exits.h"
#include "control/history_on_disk.h"
#include "control/members.h"
#include "control/queue_commands.h"
#include "settings/load.h"
#include "settings/user.h"
#include "setup/import_command.h"
#include "setup/setup_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace console = postern::console;
namespace control = postern::control;
namespace exits = postern::control::exits;

constexpr auto kFooter = R"(Exit codes:
  0   well
  1   mail waits because of trouble or for more than an hour; a check, a test message or an import failed
  2   status: new mail or a login is refused, or there are failed or damaged messages
  64  wrong usage
  65  damaged file
  66  no such message or program
  69  posternd cannot be reached
  70  internal error
  74  input/output error
  75  not now: posternd does not answer, the test message waits, the message is just being sent, or nobody agreed to a login in time
  77  not allowed
See postern(8).)";

/// What all subcommands share. A subcommand that is asked for leaves in `chosen` what does it and returns the exit
/// code.
struct CommandLine {
  console::Session session;
  std::function<int()> chosen;
};

/// The command sends its request, as its arguments have filled it.
template <typename Request>
void asks(CLI::App& command, CommandLine& line, std::shared_ptr<Request> request) {
  command.callback([request = std::move(request), &line] {
    line.chosen = [request, &line] { return console::ask(line.session, request->to_json()); };
  });
}

void add_status(CLI::App& app, CommandLine& line) {
  const auto watch = std::make_shared<std::optional<unsigned>>();
  CLI::App* status = app.add_subcommand("status", "whether mail flows and if not, why");
  status->add_option("--watch", *watch, "again every so many seconds (2), in place, until interrupted")
      ->type_name("SECONDS")
      ->expected(0, 1)
      ->default_str("2")
      ->check(CLI::Range(1, 3600));
  status->callback([watch, &line] {
    line.chosen = [watch, &line] {
      const auto request = console::plain_request("status");
      if (!*watch) return console::ask(line.session, request);
      return console::watch(line.session, request, postern::Seconds(**watch));
    };
  });
}

void add_list(CLI::App& queue, CommandLine& line) {
  const auto request = std::make_shared<console::ListRequest>();
  CLI::App* list = queue.add_subcommand("list", "the messages, oldest first, each with the reason it waits");
  list->add_option("--limit", request->limit, "show at most so many")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  list->add_option("--after", request->after, "begin after this message")->type_name("ID");
  list->add_option("--sort", request->order, "oldest, newest, next (attempt) or largest (on the disk) first")
      ->type_name("ORDER")
      ->check([](const std::string& word) { return console::unknown_word("order", word, control::members::kOrders); });
  // Where nothing else is said all are meant; who says so is understood as everywhere.
  list->add_flag_callback("--all", [] {}, "all messages, as without options");
  const auto take_all = [list, app = queue.get_parent()](const std::string& word) {
    // Behind an option that nobody knows it is that one which is told of.
    const bool others = app->remaining_size(true) > 0;
    if (word != "all" && !others) throw CLI::ValidationError(console::unknown_argument(*list, word));
  };
  list->add_option_function<std::string>("ALL", take_all, "all: as --all");
  console::add_filter_options(*list, request->filter);
  asks(*list, line, request);
}

/// What posternd has written of messages that are gone, for those who may read its files. Nothing: that cannot be read,
/// or is that of another posternd.
std::optional<console::Ending> ask_history_on_disk(const std::string& socket, const std::string& config, bool& told,
                                                   const boost::json::object& request,
                                                   const std::function<void(const boost::json::object&)>& on_line) {
  const postern::settings::Loaded loaded = postern::settings::load(config);
  const postern::settings::Settings& settings = loaded.settings ? *loaded.settings : loaded.salvaged;
  if (settings.listen.control != socket) return std::nullopt;
  std::vector<std::string> places{settings.spool + "/history"};
  if (postern::settings::is_systems(config)) {
    places.push_back(std::string(postern::settings::kServiceState) + "/history");
  }
  const auto found = control::find_history(places);
  if (!found) return std::nullopt;
  auto options = settings.history;
  options.keep_all = !loaded.settings;
  const auto tell = [&] {
    if (std::exchange(told, true)) return;
    const std::string text = fmt::format(
        "posternd does not run, or does not answer at {}: this is what it wrote into {} until {}; see `systemctl "
        "status postern`",
        socket, found->directory, console::local_time(found->written));
    std::fputs(console::error_text(postern::printable(text)).c_str(), stderr);
  };
  const auto tell_before = [&](const boost::json::object& record) {
    tell();
    on_line(record);
  };
  const auto answer =
      control::answer_from_disk(found->directory, options, postern::system_clock(), request, tell_before);
  // What never left the queue may be unknown to the history, but is no less there.
  const bool of_queue = request.at(control::members::kCommand).as_string() == "queue show";
  if (of_queue && answer.exit == exits::kNoMessage) return std::nullopt;
  tell();
  return console::Ending{answer.exit, postern::printable(answer.error)};
}

/// What is returned lets the command be answered from the history's files where no posternd answers.
std::function<void()> add_history_on_disk(CLI::App& command, CommandLine& line) {
  const auto config = std::make_shared<std::string>(postern::settings::kSystemSettings);
  command
      .add_option("--config", *config,
                  "where posternd does not answer, its settings, which say where its files are: root reads them then")
      ->capture_default_str()
      ->type_name("PATH");
  return [config, &line] {
    const auto told = std::make_shared<bool>(false);
    line.session.without_daemon = [config, told, &line](const auto& request, const auto& on_line) {
      return ask_history_on_disk(line.session.socket, *config, *told, request, on_line);
    };
  };
}

void add_show(CLI::App& queue, CommandLine& line) {
  const auto request = std::make_shared<console::ShowRequest>();
  CLI::App* show = queue.add_subcommand("show", "one message: envelope, state and header");
  show->add_option("ID", request->ids, "queue ids, as `postern queue list` shows them, or their beginnings")
      ->required();
  show->add_flag("--body", request->body, "the body too");
  const auto on_disk = add_history_on_disk(*show, line);
  show->callback([request, on_disk, &line] {
    on_disk();
    line.chosen = [request, &line] { return console::ask_each(line.session, request->to_json()); };
  });
}

// `history [--to ...]`, and `history show ID...`.
void add_history(CLI::App& app, CommandLine& line) {
  const auto request = std::make_shared<console::HistoryRequest>();
  CLI::App* history = app.add_subcommand("history", "what became of messages, the newest first: did it arrive?");
  console::add_history_options(*history, request->filter, postern::system_clock().wall());
  history->add_option("--limit", request->limit, "show at most so many (100)")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  const auto on_disk = add_history_on_disk(*history, line);
  const auto shown = std::make_shared<console::HistoryShowRequest>();
  CLI::App* show = history->add_subcommand("show", "the whole way of a message, with every attempt");
  show->add_option("ID", shown->ids, "queue ids, as `postern history` and the log have them, or their beginnings")
      ->required();
  history->callback([request, shown, show, on_disk, &line] {
    on_disk();
    line.chosen = [request, shown, show, &line] {
      if (show->parsed()) return console::ask_each(line.session, shown->to_json());
      return console::ask(line.session, request->to_json());
    };
  });
}

void add_target(CLI::App& command, console::HandlingRequest& request) {
  CLI::Option_group* target = command.add_option_group("target");
  target->add_option("--to", request.target, "the smarthost, by its name in the settings")->type_name("NAME");
  target->add_flag("--any", request.any, "by whichever smarthost is well, as before");
  target->require_option(1);
}

// `name ID...`, or `name --state held ...` for all of the selection.
void add_handling(CLI::App& queue, CommandLine& line, const control::QueueCommand& how) {
  const auto request = std::make_shared<console::HandlingRequest>();
  request->command = &how;
  CLI::App* command = queue.add_subcommand(std::string(how.name()), std::string(how.help));
  command->add_option("ID", request->ids,
                      "queue ids, as `postern queue list` shows them, or their beginnings; all: as --all");
  command->add_flag("--all", request->all, "all messages that this can be done to");
  command->add_flag("--yes", request->yes, "do not ask, whatever the options select");
  console::add_filter_options(*command, request->filter);
  if (how.target) add_target(*command, *request);
  command->callback([request, &line] {
    request->read_all();
    if (const std::string lacks = request->lacks(); !lacks.empty()) {
      throw CLI::ValidationError(std::string(request->command->command), lacks);
    }
    line.chosen = [request, &line] { return console::handle(line.session, *request); };
  });
}

// `name [SITE]`.
CLI::Option* add_site(CLI::App& command, std::string& site) {
  return command.add_option("SITE", site, "only this smarthost, by its name in the settings");
}

void add_check(CLI::App& app, CommandLine& line) {
  const auto request = std::make_shared<console::CheckRequest>();
  CLI::App* check = app.add_subcommand("check", "connect to the smarthosts, show TLS and login; sends no mail");
  add_site(*check, request->site);
  check->add_flag("--verbose", request->verbose, "every line of the dialogue, too; secrets are left out");
  check->add_flag("--accept-weaker", request->accept_weaker,
                  "log in although less is offered than before, and take that for the measure (auth_downgrade)");
  asks(*check, line, request);
}

void add_login(CLI::App& app, CommandLine& line) {
  const auto request = std::make_shared<console::LoginRequest>();
  CLI::App* login = app.add_subcommand("login", "let a person grant access in a browser (OAuth 2.0), and store it");
  add_site(*login, request->site);
  login
      ->add_option("--flow", request->flow,
                   "device, by a code on any device, or code, by a browser that comes back to this machine; without it "
                   "the one that is set up")
      ->type_name("FLOW")
      ->check([](const std::string& word) { return console::unknown_word("flow", word, control::members::kFlows); });
  asks(*login, line, request);
}

// `explain [SITE] [FILE]`.
void add_explain(CLI::App& app, CommandLine& line) {
  struct Words {
    console::Explained wanted;
    std::vector<std::string> places;
  };
  const auto words = std::make_shared<Words>();
  console::Explained& wanted = words->wanted;
  CLI::App* command = app.add_subcommand("explain", "as whom a message would be sent, and which logins would be tried");
  command
      ->add_option("SITE|FILE", words->places,
                   "a smarthost, by its name in the settings, a message (one with a / in its name, - for standard "
                   "input), or both")
      ->expected(0, 2);
  command->add_option("--from", wanted.from, "the sender, in the envelope and, without a FILE, in the header")
      ->type_name("ADDRESS");
  command->add_option("--to", wanted.to, "the recipient; aliases are followed")->type_name("ADDRESS");
  command->add_option("--user", wanted.user, "the local user who sends, by name or number, instead of you")
      ->type_name("USER");
  command->callback([words, &line] {
    for (const std::string& word : words->places) {
      std::string& place = console::names_file(word) ? words->wanted.file : words->wanted.site;
      if (!place.empty()) throw CLI::ValidationError("explain", "one smarthost and one message at most");
      place = word;
    }
    const auto made = console::explain_request(words->wanted);
    if (!made) throw CLI::ValidationError("explain", made.error().text);
    line.chosen = [made = *made, &line] {
      if (!made.text.empty()) console::show(line.session, made.text);
      return console::ask(line.session, made.request);
    };
  });
}

void add_send_test(CLI::App& app, CommandLine& line) {
  const auto request = std::make_shared<console::SendTestRequest>();
  CLI::App* test = app.add_subcommand("send-test", "send a test message and follow it to the smarthost's answer");
  test->add_option("ADDRESS", request->recipient, "recipient")->required();
  test->add_option("--timeout", request->timeout, "wait at most so long")
      ->capture_default_str()
      ->type_name("SECONDS")
      ->check(CLI::Range(std::uint64_t{0}, control::members::kLongestTest));
  test->add_option("--from", request->from, "the sender; without it root, as cron's mail is")->type_name("ADDRESS");
  asks(*test, line, request);
}

void add_metrics(CLI::App& app, CommandLine& line) {
  const auto request = std::make_shared<console::MetricsRequest>();
  CLI::App* metrics = app.add_subcommand("metrics", "counts, times and states for monitoring, in OpenMetrics text");
  metrics->add_option("--format", request->format, "openmetrics, or prometheus for the older text format")
      ->capture_default_str()
      ->type_name("NAME");
  asks(*metrics, line, request);
}

void add_reload(CLI::App& app, CommandLine& line) {
  CLI::App* reload = app.add_subcommand("reload", "read the settings file again, and tell what is wrong with it");
  reload->callback(
      [&line] { line.chosen = [&line] { return console::ask(line.session, console::plain_request("reload")); }; });
}

int refuse(const CLI::App& command, const std::string& word) {
  std::fputs(console::error_text(console::unknown_argument(command, word)).c_str(), stderr);
  return exits::kUsage;
}

void print_usage(const std::string& text) {
  fmt::print("{}", console::folded_help(text, console::view_of(STDOUT_FILENO, {}).width));
}

void print_help(const CLI::App& command) {
  // Not command.help(), which shows the command that was asked for: this one.
  print_usage(command.get_formatter()->make_help(&command, console::full_name(command), CLI::AppFormatMode::Normal));
}

/// What the parser has to say instead of a command: the usage, the version, or what is wrong.
int tell(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  std::ostringstream wrong;
  const bool well = app.exit(error, out, wrong) == 0;
  print_usage(out.str());
  std::fputs(wrong.str().c_str(), stderr);
  return well ? exits::kWell : exits::kUsage;
}

// `help [COMMAND [COMMAND]]`.
void add_help(CLI::App& app, CommandLine& line) {
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* help = app.add_subcommand("help", "the usage, or that of a command");
  help->add_option("COMMAND", *words, "a command, as in `postern help queue list`")->expected(0, 2);
  help->callback([words, &app, &line] {
    line.chosen = [words, &app] {
      const CLI::App* command = &app;
      for (const std::string& word : *words) {
        const auto below = command->get_subcommands([&word](const CLI::App* one) { return one->get_name() == word; });
        if (below.empty()) return refuse(*command, word);
        command = below.front();
      }
      print_help(*command);
      return exits::kWell;
    };
  });
}

/// The steps of `postern setup` that a running daemon takes.
postern::setup::AtDaemon at_daemon(const console::Session& session) {
  const auto reload = [&session] {
    postern::setup::Reloaded reloaded;
    const auto note_file = [&reloaded](const boost::json::object& line) {
      const auto* file = line.if_contains("file");
      if (file != nullptr && file->is_string()) reloaded.config = std::string(file->as_string());
    };
    reloaded.exit = console::ask(session, console::plain_request("reload"), note_file);
    return reloaded;
  };
  const auto login = [&session](const std::string& site) {
    console::LoginRequest request;
    request.site = site;
    return console::ask(session, request.to_json());
  };
  const auto send_test = [&session](const std::string& recipient) {
    console::SendTestRequest request;
    request.recipient = recipient;
    return console::ask(session, request.to_json());
  };
  return {reload, login, send_test};
}

}  // namespace

int main(int argc, char** argv) {
  postern::occupy_standard_descriptors();  // before a file that holds a password gets the number of one
  postern::protect_memory();               // set-up and import hold passwords
  CLI::App app("Looks after the mail that posternd holds.", "postern");
  app.set_version_flag("-V,--version", "postern " POSTERN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand after the subcommand
  app.footer(kFooter);

  CommandLine line;
  app.add_option("--socket", line.session.socket, "posternd's control socket")
      ->envname("POSTERN_CONTROL_SOCKET")
      ->capture_default_str()
      ->type_name("PATH");
  app.add_flag("--json", line.session.json, "one JSON object per line instead of text");

  add_status(app, line);
  CLI::App* queue = app.add_subcommand("queue", "list and handle messages")->require_subcommand(1);
  add_list(*queue, line);
  add_show(*queue, line);
  for (const control::QueueCommand& how : control::kQueueCommands) add_handling(*queue, line, how);
  add_history(app, line);
  add_check(app, line);
  add_explain(app, line);
  add_login(app, line);
  add_send_test(app, line);
  add_metrics(app, line);
  add_reload(app, line);
  postern::setup::add_setup(app, line.session.json, at_daemon(line.session), line.chosen);
  postern::setup::add_import(app, line.chosen);
  add_help(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // A misspelt command is left over, and what CLI11 then misses is the command that it would have been.
    if (app.remaining_size(true) == 0) return tell(app, error);
    return refuse(console::reached(app), app.remaining(true).front());
  } catch (const CLI::ExtrasError&) {
    return refuse(console::reached(app), app.remaining(true).front());
  } catch (const CLI::ParseError& error) {
    return tell(app, error);
  }

  return line.chosen();
}
