// `check`, `explain` and `login`: what there is to know and to do about the smarthosts without sending mail.
#include "base/log.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/requests.h"
#include "control/values.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::control {
namespace {

using boost::json::object;

/// Sent at once: what follows takes time.
Task<Result<void>> say(Call& call, const object& line) {
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return co_await call.answer.flush();
}

Error no_site(const Call& call) {
  return {Failure::invalid, "no smarthost is configured: add one to " + call.context.config_file};
}

/// The smarthost that "site" names, or all of them. Failure: invalid.
Result<std::vector<std::string>> wanted_sites(const Call& call) {
  std::vector<std::string> sites = call.context.sites();
  const Result<std::string> wanted = text_of(call.request, "site", "");
  if (!wanted) return wanted.error();
  if (wanted->empty()) return sites;
  if (sites.empty()) return no_site(call);
  if (std::ranges::find(sites, *wanted) == sites.end()) {
    return Error{Failure::invalid,
                 fmt::format("no smarthost is called {}; there is: {}", *wanted, fmt::join(sites, ", "))};
  }
  return std::vector<std::string>{*wanted};
}

Task<Result<int>> tell_no_site(Call& call) {
  object none;
  none["kind"] = "notice";
  none["text"] = json_text(no_site(call).text);
  const Result<void> sent = co_await say(call, none);
  if (!sent) co_return sent.error();
  co_return exits::kTrouble;
}

Task<Result<int>> check_one(Call& call, std::string site, mail::CheckOptions options) {
  object begin;
  begin["kind"] = "checking";
  begin["site"] = json_text(site);
  const Result<void> told = co_await say(call, begin);
  if (!told) co_return told.error();

  const mail::CheckReport report = co_await call.context.check(site, options);
  if (!report.trouble) call.context.queue.site_recovered(site);
  const object line = to_json(report);
  const Result<void> sent = co_await say(call, line);
  if (!sent) co_return sent.error();
  co_return report.trouble ? exits::kTrouble : exits::kWell;
}

/// One line of the answer for the person who must agree. Later ones only show that the person is still there.
Task<Result<void>> show_prompt(Call* call, std::string site, DevicePrompt prompt, bool* shown) {
  object line;
  if (*shown) {
    line["kind"] = "waiting";
    line["expires"] = prompt.expires.count();
    co_return co_await say(*call, line);
  }
  *shown = true;
  log(Level::info, "login by a person begins", {{"site", site}, {"uid", uid_text(call->caller)}});
  line["kind"] = "device";
  line["site"] = json_text(site);
  line["url"] = json_text(prompt.url);
  if (!prompt.complete_url.empty()) line["complete_url"] = json_text(prompt.complete_url);
  line["code"] = json_text(prompt.code);
  line["expires"] = prompt.expires.count();
  co_return co_await say(*call, line);
}

/// The only one there is, if none is named.
Result<std::string> site_to_log_in(const Call& call) {
  const Result<std::vector<std::string>> sites = wanted_sites(call);
  if (!sites) return sites.error();
  if (sites->empty()) return no_site(call);
  if (sites->size() == 1) return sites->front();
  return Error{Failure::invalid, fmt::format("say which: postern login {}", fmt::join(*sites, " | "))};
}

}  // namespace

Task<Result<int>> run_check(Call& call) {
  const Result<std::vector<std::string>> sites = wanted_sites(call);
  if (!sites) co_return sites.error();
  const Result<bool> verbose = flag_of(call.request, "verbose");
  if (!verbose) co_return verbose.error();
  const Result<bool> accept = flag_of(call.request, "accept_weaker");
  if (!accept) co_return accept.error();
  mail::CheckOptions options;
  options.verbose = *verbose;
  options.accept_weaker = *accept;
  if (sites->empty()) co_return co_await tell_no_site(call);
  int worst = exits::kWell;
  for (const std::string& site : *sites) {
    const Result<int> one = co_await check_one(call, site, options);
    if (!one) co_return one.error();
    worst = std::max(worst, *one);
  }
  co_return worst;
}

Task<Result<int>> run_explain(Call& call) {
  const Result<std::vector<std::string>> sites = wanted_sites(call);
  if (!sites) co_return sites.error();
  if (sites->empty()) co_return co_await tell_no_site(call);
  int worst = exits::kWell;
  for (const std::string& site : *sites) {
    const mail::CheckReport report = call.context.explain(site);
    if (report.trouble) worst = exits::kTrouble;
    object line = to_json(report);
    line["kind"] = "explain";
    const Result<void> sent = co_await call.answer.line(line);
    if (!sent) co_return sent.error();
  }
  co_return worst;
}

/// A login that was stored is tried at once: the mail that waits for it then flows.
Task<Result<int>> run_login(Call& call) {
  const Result<std::string> site = site_to_log_in(call);
  if (!site) co_return site.error();
  bool shown = false;
  const Prompt prompt = [&](DevicePrompt asked) { return show_prompt(&call, *site, std::move(asked), &shown); };
  const Result<void> stored = co_await call.context.login(*site, prompt);
  if (!stored) co_return stored.error();
  log(Level::notice, "login by a person is stored", {{"site", *site}, {"uid", uid_text(call.caller)}});
  object line;
  line["kind"] = "notice";
  line["text"] = "The login is stored; it is tried now.";
  const Result<void> told = co_await say(call, line);
  if (!told) co_return told.error();
  co_return co_await check_one(call, *site, mail::CheckOptions());
}

}  // namespace postern::control
