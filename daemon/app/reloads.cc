#include "app/reloads.h"

#include "app/supervisor.h"
#include "app/tls_files.h"
#include "base/log.h"
#include "mail/list_text.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace postern::app {
namespace {

// Nobody mends more at once, and the first is often the cause of the others.
constexpr std::size_t kMostTold = 3;

std::string told(const std::vector<settings::Problem>& problems) {
  std::string text;
  for (std::size_t i = 0; i < problems.size() && i < kMostTold; ++i) text += (i == 0 ? "" : "; ") + problems[i].str();
  if (problems.size() > kMostTold) text += "; and " + std::to_string(problems.size() - kMostTold) + " more";
  return text;
}

/// Refused is what is wrong with TLS in these settings alone. What the settings in force have already, since a start
/// took it or a certificate has expired meanwhile, keeps none of the others out.
void judge_tls(settings::Loaded& loaded, const settings::Settings& in_force, const std::string& file) {
  std::vector<settings::Problem> wrong = tls_problems(*loaded.settings, file);
  if (wrong.empty()) return;
  const std::vector<settings::Problem> before = tls_problems(in_force, file);
  for (settings::Problem& problem : wrong) {
    const bool known = std::ranges::find(before, problem.text, &settings::Problem::text) != before.end();
    (known ? loaded.warnings : loaded.problems).push_back(std::move(problem));
  }
}

}  // namespace

Reloads::Reloads(Executor loop, spool::DiskPool& pool, std::string file, std::string spool, Hooks hooks)
    : loop_(std::move(loop)), pool_(pool), file_(std::move(file)), spool_(std::move(spool)), hooks_(std::move(hooks)) {}

void Reloads::hold(const std::vector<settings::Problem>& problems) {
  holding_ = true;
  broken(told(problems));
  for (const settings::Problem& problem : problems) log(Level::error, "settings", {{"what", problem.str()}});
  log(Level::error, "the settings file is wrong: mail is accepted and held until it is mended and read again",
      {{"file", file_}, {"spool", spool_}});
}

void Reloads::broken(std::string words) {
  if (broken_.empty()) broken_since_ = system_clock().wall();
  broken_ = std::move(words);
}

void Reloads::start() {
  running_ = true;
  if (wanted_) ask();
}

void Reloads::ask() {
  wanted_ = true;
  if (!running_ || busy_) return;
  busy_ = true;
  spawn(loop_, run(), "reload", [this] {
    busy_ = false;
    wanted_ ? ask() : wake();
  });
}

Task<Result<control::Reloaded>> Reloads::done() {
  const auto ended = std::make_shared<boost::asio::steady_timer>(loop_, boost::asio::steady_timer::time_point::max());
  std::erase_if(waiting_, [](const auto& each) { return each.expired(); });
  waiting_.push_back(ended);
  ask();
  co_await ended->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (!running_) co_return Error{Failure::cancelled, "posternd stops"};
  const std::string_view meanwhile =
      holding_ ? "mail is held until the file is mended: " : "the settings of before stay in force: ";
  if (!broken_.empty()) co_return Error{Failure::invalid, std::string(meanwhile) + broken_};
  co_return told_;
}

void Reloads::stop() {
  running_ = false;
  wake();
}

void Reloads::wake() {
  for (const auto& each : std::exchange(waiting_, {})) {
    if (const auto timer = each.lock()) timer->cancel();
  }
}

/// On the pool, since files are read.
Task<void> Reloads::run() {
  while (std::exchange(wanted_, false)) {
    notify_reloading();
    // While mail is held, what is wrong with the TLS of one smarthost is no reason to hold that of the others; a start
    // takes such settings, too.
    auto read = [file = file_, others = hooks_.read,
                 in_force = holding_ ? std::optional<settings::Settings>() : hooks_.in_force()] {
      settings::Loaded loaded = settings::load(file);
      if (loaded.settings && in_force) judge_tls(loaded, *in_force, file);
      return std::pair(std::move(loaded), others ? others() : std::function<void()>());
    };
    auto [loaded, use_others] = co_await pool_.run(spool::Priority::background, std::move(read));
    if (!running_) co_return;
    if (use_others) use_others();
    read_anew(std::move(loaded));
    notify_ready(hooks_.status());
  }
}

/// The restart that another one needs would leave behind what is in this one.
void Reloads::keep_spool(settings::Settings& wanted) {
  other_spool_.clear();
  if (wanted.spool == spool_) return;
  other_spool_ = std::exchange(wanted.spool, spool_);
  log(Level::warning, "another spool is in use until the daemon is restarted; first let the queue become empty",
      {{"in_use", spool_}, {"wanted", other_spool_}});
}

std::string Reloads::spool_text() const {
  if (other_spool_.empty()) return {};
  return "the spool " + spool_ + " is in use, and " + other_spool_ +
         " after a restart: restart postern when the queue is empty";
}

void Reloads::read_anew(settings::Loaded loaded) {
  warn_of_ciphers(loaded, file_);
  if (holding_ && !loaded.problems.empty()) return hold(loaded.problems);
  for (const settings::Problem& problem : loaded.problems) log(Level::error, "settings", {{"what", problem.str()}});
  if (!loaded.problems.empty() || !loaded.settings) {
    starts_ = loaded.settings.has_value();
    broken(loaded.problems.empty() ? file_ + " cannot be read" : told(loaded.problems));
    log(Level::error, "the old settings stay in force", {{"file", file_}});
    return;
  }
  told_ = {};
  for (const settings::Problem& warning : loaded.warnings) {
    log(Level::warning, "settings", {{"what", warning.str()}});
    told_.warnings.push_back(warning.str() + " (warning)");
  }
  holding_ = false;
  broken_.clear();
  keep_spool(*loaded.settings);
  told_.after_restart = hooks_.apply(std::move(*loaded.settings));
  if (std::string sentence = spool_text(); !sentence.empty()) told_.after_restart.push_back(std::move(sentence));
  log(Level::notice, "settings reloaded", {{"file", file_}});
}

std::string Reloads::complaint(bool administrator) const {
  const std::string& what = administrator ? broken_ : file_;
  if (holding_) {
    return "the settings file is wrong, and mail is held until it is mended and read again (`systemctl reload "
           "postern`): " +
           what;
  }
  if (!broken_.empty()) {
    return "the settings file is wrong since " + mail::clock_time(broken_since_, system_clock().wall()) +
           ", those of before are in force, and the next start would " +
           (starts_ ? "put it in force as it is: " : "hold all mail: ") + what;
  }
  return spool_text();
}

}  // namespace postern::app
