// postern: the administrator's command. It turns arguments into requests for the control socket and shows the answers.
#include "base/protected_memory.h"
#include "base/standard_descriptors.h"
#include "control/arguments.h"
#include "control/client.h"
#include "control/exits.h"
#include "control/explain_request.h"
#include "control/handling_words.h"
#include "control/preview.h"
#include "control/render.h"
#include "control/values.h"
#include "control/watching.h"
#include "setup/import_command.h"
#include "setup/setup_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace {

using boost::json::object;
namespace control = postern::control;
namespace exits = postern::control::exits;

constexpr auto kFooter = R"(Exit codes:
  0   well
  1   mail waits because of trouble or for more than an hour; a check, a test message or an import failed
  2   status: new mail or a login is refused, or there are failed or damaged messages
  64  wrong usage    66 no such message or program    69 posternd cannot be reached
  75  not now: the test message waits, the message is just being sent, or nobody agreed to a login in time
  77  not allowed    65 damaged file    70 internal error    74 input/output error
See postern(8).)";

/// The answer on its way to standard output, with a line on the terminal for those who wait.
class Display {
 public:
  enum class Form { text, json };

  Display(std::string command, Form form)
      : renderer_(std::move(command), postern::system_clock().wall()), form_(form), terminal_(::isatty(2) == 1) {}

  void line(const object& object) {
    clear_progress();
    const std::string text = renderer_.line(object);
    print(form_ == Form::json ? control::to_line(object) : text);
  }

  void wait(postern::Seconds waited) {
    if (!terminal_) return;
    const std::string text = fmt::format("\r\033[Kwaiting for {} ... {}s", renderer_.waiting_for(), waited.count());
    std::fputs(text.c_str(), stderr);
    progress_shown_ = true;
  }

  void end() {
    clear_progress();
    if (form_ == Form::text) print(renderer_.end());
  }

  void clear_progress() {
    if (progress_shown_) std::fputs("\r\033[K", stderr);
    progress_shown_ = false;
  }

 private:
  static void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  control::Renderer renderer_;
  Form form_;
  bool terminal_;
  bool progress_shown_ = false;
};

/// What the arguments ask for: one request or several of the same kind.
struct Job {
  std::string socket = "/run/postern/control.sock";
  Display::Form form = Display::Form::text;
  std::vector<object> requests;
  object known;                   ///< what is shown before any answer: no daemon is needed for it
  object filter;                  ///< of the options that select messages
  std::optional<unsigned> watch;  ///< seconds between two pictures
  std::string question;           ///< to ask before a command for a selection, the only request
  bool all = false;               ///< the selection is everything
  bool yes = false;               ///< without asking
  std::string target;             ///< smarthost to reroute to
  bool any = false;               ///< reroute to none in particular
  std::function<int()> alone;     ///< a command that needs no daemon
};

/// `also` gets what is shown.
int run(const Job& job, const object& request, const std::function<void(const object&)>& also = nullptr) {
  Display display(std::string(request.at("command").as_string()), job.form);
  control::Exchange exchange;
  exchange.socket = job.socket;
  exchange.request = request;
  exchange.on_line = [&display, &also](const object& line) {
    display.line(line);
    if (also) also(line);
  };
  exchange.on_wait = [&display](postern::Seconds waited) { display.wait(waited); };
  const control::Ending ending = control::talk(exchange);
  if (ending.error.empty()) {
    display.end();
  } else {
    display.clear_progress();
    std::fputs(("postern: " + ending.error + "\n").c_str(), stderr);
  }
  if (std::ferror(stdout) != 0) return exits::kIo;
  return ending.exit;
}

object request_for(std::string_view command) {
  object request;
  request["command"] = command;
  return request;
}

void add_status(CLI::App& app, Job& job) {
  CLI::App* status = app.add_subcommand("status", "whether mail flows and if not, why");
  status->add_option("--watch", job.watch, "again every so many seconds (2), in place, until interrupted")
      ->type_name("SECONDS")
      ->expected(0, 1)
      ->default_str("2")
      ->check(CLI::Range(1, 3600));
  status->callback([&job] { job.requests.push_back(request_for("status")); });
}

void add_list(CLI::App& queue, Job& job, std::vector<std::string>& words, std::uint64_t& limit, std::string& order) {
  CLI::App* list = queue.add_subcommand("list", "the messages, oldest first, each with the reason it waits");
  CLI::Option* limited = list->add_option("--limit", limit, "show at most so many")
                             ->type_name("N")
                             ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  CLI::Option* after = list->add_option("--after", words, "begin after this message")->expected(1)->type_name("ID");
  CLI::Option* sorted =
      list->add_option("--sort", order, "oldest, newest, next (attempt) or largest first")->type_name("ORDER");
  control::add_filter_options(*list, job.filter);
  list->callback([&job, &words, &limit, &order, limited, after, sorted] {
    object request = request_for("queue list");
    if (limited->count() > 0) request["limit"] = limit;
    if (after->count() > 0) request["after"] = words.front();
    if (sorted->count() > 0) request["order"] = order;
    if (!job.filter.empty()) request["filter"] = job.filter;
    job.requests.push_back(std::move(request));
  });
}

void add_show(CLI::App& queue, Job& job, std::vector<std::string>& words, bool& body) {
  CLI::App* show = queue.add_subcommand("show", "one message: envelope, state and header");
  show->add_option("ID", words, "queue ids, as `postern queue list` shows them")->required();
  show->add_flag("--body", body, "the body too");
  show->callback([&job, &words] {
    for (const std::string& id : words) {
      object request = request_for("queue show");
      request["id"] = id;
      job.requests.push_back(std::move(request));
    }
  });
}

// `name ID...`, one request for each id; or `name --state held ...`, one for all of the selection.
CLI::App* add_handling(CLI::App& queue, Job& job, std::vector<std::string>& words, const control::HandlingWords& how) {
  CLI::App* command = queue.add_subcommand(std::string(how.name()), std::string(how.help));
  command->add_option("ID", words, "queue ids, as `postern queue list` shows them");
  command->add_flag("--all", job.all, "all messages");
  command->add_flag("--yes", job.yes, "do not ask, whatever the options select");
  control::add_filter_options(*command, job.filter);
  command->callback([&job, &words, &how] {
    const std::string name(how.command);
    const bool all = name == "queue retry" && words == std::vector<std::string>{"all"};
    const bool selects = job.all || !job.filter.empty();
    if (words.empty() == !selects) {
      throw CLI::ValidationError(name, words.empty()
                                           ? "which messages? Give their ids, options that select them, or --all"
                                           : "give either ids or options that select, not both");
    }
    if (selects) {
      object request = request_for(name);
      request["filter"] = job.filter;
      job.question = how.question;
      job.requests.push_back(std::move(request));
    }
    for (const std::string& id : words) {
      object request = request_for(name);
      if (!all) request["id"] = id;
      job.requests.push_back(std::move(request));
    }
  });
  return command;
}

// The target stands in every request, see main().
void add_target(CLI::App& reroute, Job& job) {
  CLI::Option_group* target = reroute.add_option_group("target");
  target->add_option("--to", job.target, "the smarthost, by its name in the settings")->type_name("NAME");
  target->add_flag("--any", job.any, "by whichever smarthost is well, as before");
  target->require_option(1);
}

/// Shows what a selection means and lets a person agree to more than one message; the job is then these messages and no
/// others. Nothing: go on; else the exit code.
std::optional<int> agree(Job& job) {
  const control::Preview preview = control::preview(job.socket, job.filter, postern::system_clock().wall());
  if (!preview.ending.error.empty()) {
    fmt::print(stderr, "postern: {}\n", preview.ending.error);
    return preview.ending.exit;
  }
  if (preview.ids.empty()) {
    fmt::print(stderr, "no message is meant by that\n");
    return exits::kWell;
  }
  job.requests = control::for_these(job.requests.front(), preview.ids);
  if (preview.ids.size() == 1) return std::nullopt;
  switch (control::ask(preview, job.question)) {
    case control::Consent::given: return std::nullopt;
    case control::Consent::refused: fmt::print(stderr, "nothing was done\n"); return exits::kWell;
    case control::Consent::nobody_to_ask: break;
  }
  fmt::print(stderr, "{}postern: that is {} messages: say --yes if all of them are meant; nothing was done\n",
             preview.shown, preview.ids.size());
  return exits::kUsage;
}

// `name [SITE]`.
CLI::App* add_for_site(CLI::App& app, Job& job, std::vector<std::string>& words, const std::string& name,
                       const std::string& description) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("SITE", words, "only this smarthost, by its name in the settings")->expected(0, 1);
  command->callback([&job, &words, name] {
    object request = request_for(name);
    if (!words.empty()) request["site"] = words.front();
    job.requests.push_back(std::move(request));
  });
  return command;
}

// `explain [SITE] [FILE]`.
void add_explain(CLI::App& app, Job& job, std::vector<std::string>& words, control::Explained& wanted) {
  CLI::App* command = app.add_subcommand("explain", "as whom a message would be sent, and which logins would be tried");
  command
      ->add_option("SITE|FILE", words,
                   "a smarthost, by its name in the settings, a message (one with a / in its name, - for standard "
                   "input), or both")
      ->expected(0, 2);
  command->add_option("--from", wanted.from, "the sender, in the envelope and, without a FILE, in the header")
      ->type_name("ADDRESS");
  command->add_option("--to", wanted.to, "the recipient; aliases are followed")->type_name("ADDRESS");
  command->add_option("--user", wanted.user, "the local user who sends, by name or number, instead of you")
      ->type_name("USER");
  command->callback([&job, &words, &wanted] {
    for (const std::string& word : words) {
      std::string& place = control::names_file(word) ? wanted.file : wanted.site;
      if (!place.empty()) throw CLI::ValidationError("explain", "one smarthost and one message at most");
      place = word;
    }
    auto made = control::explain_request(wanted);
    if (!made) throw CLI::ValidationError("explain", made.error().text);
    job.requests.push_back(std::move(made->request));
    job.known = std::move(made->text);
  });
}

void add_send_test(CLI::App& app, Job& job, std::vector<std::string>& words, std::uint64_t& seconds,
                   std::string& from) {
  CLI::App* test = app.add_subcommand("send-test", "send a test message and follow it to the smarthost's answer");
  test->add_option("ADDRESS", words, "recipient")->required()->expected(1);
  test->add_option("--timeout", seconds, "wait at most so long")->capture_default_str()->type_name("SECONDS");
  test->add_option("--from", from, "the sender; without it root, as cron's mail is")->type_name("ADDRESS");
  test->callback([&job, &words, &seconds, &from] {
    object request = request_for("send-test");
    if (!from.empty()) request["from"] = from;
    request["recipient"] = words.front();
    request["timeout"] = seconds;
    job.requests.push_back(std::move(request));
  });
}

void add_metrics(CLI::App& app, Job& job, std::string& format) {
  CLI::App* metrics = app.add_subcommand("metrics", "counts, times and states for monitoring, in OpenMetrics text");
  metrics->add_option("--format", format, "openmetrics, or prometheus for the older text format")
      ->capture_default_str()
      ->type_name("NAME");
  metrics->callback([&job, &format] {
    object request = request_for("metrics");
    request["format"] = format;
    job.requests.push_back(std::move(request));
  });
}

void add_reload(CLI::App& app, Job& job) {
  CLI::App* reload = app.add_subcommand("reload", "read the settings file again, and tell what is wrong with it");
  reload->callback([&job] { job.requests.push_back(request_for("reload")); });
}

/// The steps of `postern setup` that a running daemon takes.
postern::setup::AtDaemon at_daemon(const Job& job) {
  const auto step = [&job](std::string_view command, std::string_view key, const std::string& value) {
    object request = request_for(command);
    request[key] = value;
    return run(job, request);
  };
  const auto reload = [&job] {
    postern::setup::Reloaded reloaded;
    reloaded.exit = run(job, request_for("reload"), [&reloaded](const object& line) {
      const auto* file = line.if_contains("file");
      if (file != nullptr && file->is_string()) reloaded.config = std::string(file->as_string());
    });
    return reloaded;
  };
  return {reload, [step](const std::string& site) { return step("login", "site", site); },
          [step](const std::string& recipient) { return step("send-test", "recipient", recipient); }};
}

}  // namespace

int main(int argc, char** argv) {
  postern::occupy_standard_descriptors();  // before a file that holds a password gets the number of one
  postern::protect_memory();               // set-up and import hold passwords
  CLI::App app("Looks after the mail that posternd holds.", "postern");
  app.set_version_flag("--version", "postern " POSTERN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand after the subcommand
  app.footer(kFooter);

  Job job;
  bool json = false;
  bool body = false;
  bool verbose = false;
  bool accept_weaker = false;
  std::vector<std::string> words;
  std::uint64_t limit = 0;
  std::uint64_t seconds = 60;
  std::string format = "openmetrics";
  std::string order;
  std::string from;
  control::Explained explained;
  app.add_option("--socket", job.socket, "posternd's control socket")
      ->envname("POSTERN_CONTROL_SOCKET")
      ->capture_default_str()
      ->type_name("PATH");
  app.add_flag("--json", json, "one JSON object per line instead of text");

  add_status(app, job);
  CLI::App* queue = app.add_subcommand("queue", "list and handle messages")->require_subcommand(1);
  add_list(*queue, job, words, limit, order);
  add_show(*queue, job, words, body);
  for (const control::HandlingWords& how : control::kHandlingWords) {
    CLI::App* command = add_handling(*queue, job, words, how);
    if (how.name() == "reroute") add_target(*command, job);
  }
  CLI::App* check =
      add_for_site(app, job, words, "check", "connect to the smarthosts, show TLS and login; sends no mail");
  check->add_flag("--verbose", verbose, "every line of the dialogue, too; secrets are left out");
  check->add_flag("--accept-weaker", accept_weaker,
                  "log in although less is offered than before, and take that for the measure (auth_downgrade)");
  add_explain(app, job, words, explained);
  add_for_site(app, job, words, "login", "let a person grant access in a browser (OAuth 2.0), and store it");
  add_send_test(app, job, words, seconds, from);
  add_metrics(app, job, format);
  add_reload(app, job);
  postern::setup::add_setup(app, json, at_daemon(job), job.alone);
  postern::setup::add_import(app, job.alone);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // A misspelt command is left over, and what CLI11 then misses is the command that it would have been.
    const std::vector<std::string> unknown = app.remaining(true);
    if (unknown.empty()) return app.exit(error) == 0 ? 0 : exits::kUsage;
    fmt::print(stderr, "postern: unknown command or option: {}\nRun postern --help for the commands.\n",
               unknown.front());
    return exits::kUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exits::kUsage;
  }

  if (job.alone) return job.alone();
  job.form = json ? Display::Form::json : Display::Form::text;
  if (job.watch) return control::watch(job.socket, job.requests.front(), postern::Seconds(*job.watch), json);
  if (!job.question.empty() && !job.yes) {
    if (const std::optional<int> stop = agree(job)) return *stop;
  }
  if (!job.known.empty()) Display("explain", job.form).line(job.known);
  int worst = 0;
  for (object& request : job.requests) {
    if (body) request["body"] = true;
    if (!job.target.empty()) request["to"] = job.target;
    if (job.any) request["any"] = true;
    if (verbose) request["verbose"] = true;
    if (accept_weaker) request["accept_weaker"] = true;
    worst = std::max(worst, run(job, request));
  }
  return worst;
}
