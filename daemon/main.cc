// posternd: arguments, settings, and the App until a signal ends it.
#include "app/app.h"
#include "app/log_output.h"
#include "app/tls_files.h"
#include "base/log.h"
#include "base/protected_memory.h"
#include "base/standard_descriptors.h"
#include "mail/local_names.h"
#include "settings/keys.h"
#include "settings/load.h"
#include "settings/user.h"

#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <signal.h>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace postern {
namespace {

struct Arguments {
  std::string config = settings::kSystemSettings;
  bool check = false;
  std::string user;
  bool list_keys = false;
  bool debug = false;
  app::Trace trace = app::Trace::no;
};

void list_keys() {
  for (const settings::KeyInfo& key : settings::all_keys())
    fmt::print("{}\t{}\t{}\n", key.path, key.type, key.standard);
}

void print(const std::vector<settings::Problem>& problems, const std::string& kind = "") {
  // Not fmt::print: it throws where nothing can be written, and that is no reason not to take mail.
  for (const settings::Problem& problem : problems) std::fputs((problem.str() + kind + "\n").c_str(), stderr);
}

/// As many descriptors as we may have: each client and each connection to a smarthost is one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// What is large is taken from the system by itself and given back at once, whatever was freed before: a burst of
/// messages to many must not stay in the memory of the process.
void give_large_memory_back() {
#ifdef __GLIBC__
  constexpr int kLarge = 1 << 20;
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, kLarge));
#endif
}

/// Until there is a handler: a reload that comes early must wait, and not end the process.
void hold_reloads(int how) {
  sigset_t reload;
  ::sigemptyset(&reload);
  ::sigaddset(&reload, SIGHUP);
  ::pthread_sigmask(how, &reload, nullptr);
}

void ignore_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // a closed connection is an error value
  std::signal(SIGXFSZ, SIG_IGN);  // so is a file size limit
  // Scripts written for other daemons send these; mail must not stop for it.
  std::signal(SIGUSR1, SIG_IGN);
  std::signal(SIGUSR2, SIG_IGN);
}

Task<void> run(app::App& app, boost::asio::io_context& loop, int& status) {
  const Result<void> started = co_await app.start();
  if (started || started.error().failure == Failure::cancelled) co_return;  // cancelled: a signal came meanwhile
  log(Level::error, "cannot start", {{"why", started.error().text}});
  status = started.error().failure == Failure::busy ? EX_TEMPFAIL : EX_OSERR;
  loop.stop();
}

Task<void> stop(app::App& app, boost::asio::io_context& loop) {
  co_await app.stop();
  loop.stop();
}

class Signals {
 public:
  Signals(boost::asio::io_context& loop, app::App& app) : loop_(loop), app_(app), set_(loop, SIGTERM, SIGINT, SIGHUP) {}
  /// The loop has ended. Without its handlers a late signal would turn an orderly end into another.
  ~Signals() {
    boost::system::error_code ignored;
    set_.clear(ignored);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) std::signal(number, SIG_IGN);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void wait() {
    set_.async_wait([this](const boost::system::error_code& error, int number) {
      if (!error) handle(number);
    });
  }

 private:
  void handle(int number) {
    if (number == SIGHUP) {
      if (!stopping_) app_.reload();
    } else if (!stopping_) {
      stopping_ = true;
      log(Level::notice, "stopping", {{"signal", number}});
      spawn(loop_.get_executor(), stop(app_, loop_), "stop");
    } else {
      log(Level::warning, "stopping at once: a second signal came");
      std::_Exit(EX_OK);  // no tidying up: everything acknowledged is on the disk
    }
    wait();
  }

  boost::asio::io_context& loop_;
  app::App& app_;
  boost::asio::signal_set set_;
  bool stopping_ = false;
};

int serve(const std::string& config, settings::Loaded loaded, app::Trace trace) {
  raise_descriptor_limit();
  give_large_memory_back();
  app::warn_of_ciphers(loaded, config);
  app::open_log((loaded.settings ? *loaded.settings : loaded.salvaged).log.format);
  for (const settings::Problem& warning : loaded.warnings) log(Level::warning, "settings", {{"what", warning.str()}});
  boost::asio::io_context loop(1);
  app::App app(loop, config, std::move(loaded), trace);
  Signals signals(loop, app);
  signals.wait();
  hold_reloads(SIG_UNBLOCK);
  int status = EX_OK;
  spawn(loop.get_executor(), run(app, loop, status), "start");
  loop.run();
  return status;
}

/// As whom the service will read the settings and all that they name: as itself, which root is not.
Result<settings::User> user_of_service(const std::string& wanted) {
  const bool root = ::geteuid() == 0;
  if (wanted.empty() && !root) return settings::this_user();
  auto user = settings::user_named(wanted.empty() ? settings::kServiceUser : wanted);
  if (user && user->other && !root) return Error{Failure::denied, "only root can check as another user"};
  if (user || !wanted.empty() || user.error().failure != Failure::not_found) return user;
  std::fputs(
      ("posternd: " + user.error().text + ": what the service may read is checked as root (see --user)\n").c_str(),
      stderr);
  return settings::this_user();
}

int check(const Arguments& arguments) {
  const auto user = user_of_service(arguments.user);
  if (!user) {
    std::fputs(("posternd: " + user.error().text + "\n").c_str(), stderr);
    return user.error().failure == Failure::io ? EX_OSERR : EX_NOUSER;
  }
  settings::Loaded loaded = settings::load(arguments.config, *user);
  if (loaded.settings) loaded.problems = app::tls_problems(*loaded.settings, arguments.config);
  app::warn_of_ciphers(loaded, arguments.config);
  print(loaded.problems);
  print(loaded.warnings, " (warning)");
  if (!loaded.problems.empty()) return EX_CONFIG;
  std::vector<std::string> notes{mail::roots_mail(loaded.settings->names)};
  if (loaded.settings->smarthosts.empty()) notes.emplace_back("there is no smarthost: mail is accepted and held");
  for (const std::string& note : notes) {
    if (!note.empty()) std::fputs((arguments.config + ": " + note + " (note)\n").c_str(), stderr);
  }
  fmt::print("{}: good\n", arguments.config);
  return EX_OK;
}

int run_posternd(int argc, char** argv) {
  hold_reloads(SIG_BLOCK);
  occupy_standard_descriptors();
  Arguments arguments;
  CLI::App parser("posternd takes mail from local programs and forwards it to a smarthost. See posternd(8).");
  parser.add_option("--config", arguments.config, "the settings file")->capture_default_str()->type_name("FILE");
  parser.add_flag("--check", arguments.check, "check the settings file, tell every error, and exit (0: good, 78: not)");
  parser.add_option("--user", arguments.user, "with --check: as whom the service runs (for root: postern)")
      ->type_name("NAME")
      ->needs("--check");
  parser.add_flag("--list-keys", arguments.list_keys, "list every settings key with its type and default, and exit");
  parser.add_flag("--debug", arguments.debug, "log more");
  const auto trace = [&arguments](std::int64_t) { arguments.trace = app::Trace::yes; };
  parser.add_flag_function("--trace", trace, "log what is said to the smarthosts and what they say, without secrets");
  parser.set_version_flag("-V,--version", "posternd " POSTERN_VERSION);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.exit(error) == 0 ? EX_OK : EX_USAGE;
  }
  if (arguments.list_keys) {
    list_keys();
    return EX_OK;
  }
  if (arguments.debug) set_log_level(Level::debug);
  // Absolute, since it is shown to people in other directories.
  arguments.config = std::filesystem::absolute(arguments.config).lexically_normal().string();
  protect_memory();  // before a password comes in
  ignore_signals();  // before a warning goes to a reader that may have gone
  if (arguments.check) return check(arguments);
  settings::Loaded loaded = settings::load(arguments.config);
  return serve(arguments.config, std::move(loaded), arguments.trace);
}

}  // namespace
}  // namespace postern

int main(int argc, char** argv) {
  try {
    return postern::run_posternd(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "posternd: {}\n", error.what());
    return EX_SOFTWARE;
  }
}
