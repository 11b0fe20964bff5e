// `check`, `explain` and `login`: what there is to know and to do about the smarthosts without sending mail.
#include "base/json_text.h"
#include "base/log.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/members.h"
#include "control/names_meant.h"
#include "control/notice.h"
#include "control/requests.h"
#include "control/values.h"
#include "mail/address.h"
#include "mail/headers.h"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace postern::control {
namespace {

using boost::json::object;

/// Sent at once: what follows takes time.
Task<Result<void>> say(Call& call, const object& line) {
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return co_await call.answer.flush();
}

/// The smarthost that "site" names, or all of them. Failure: invalid.
Result<std::vector<std::string>> wanted_sites(const Call& call) {
  std::vector<std::string> sites = call.context.smarthosts.names();
  const Result<std::string> wanted = text_of(call.request, members::kSite, "");
  if (!wanted) return wanted.error();
  if (wanted->empty()) return sites;
  Result<std::string> site = site_named(call, *wanted);
  if (!site) return site.error();
  return std::vector<std::string>{std::move(*site)};
}

Task<Result<int>> tell_no_smarthost(Call& call) {
  const object none = notice(no_smarthost(call).text);
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

  const mail::CheckReport report = co_await call.context.smarthosts.check(site, options);
  if (!report.trouble) call.context.queue.site_recovered(site);
  const object line = to_json(report);
  const Result<void> sent = co_await say(call, line);
  if (!sent) co_return sent.error();
  const bool weaker = !report.weaker.empty() && !options.accept_weaker;
  co_return report.trouble || weaker ? exits::kTrouble : exits::kWell;
}

/// The message that explain is about.
struct Asked {
  bool message = false;  ///< else about the smarthosts alone
  std::string sender;
  std::string fields;
  std::string to;                       ///< as it was asked
  std::vector<std::string> recipients;  ///< who gets it; empty: that is not to be told
};

Result<Asked> asked_of(const Call& call) {
  const Result<std::string> from = text_of(call.request, members::kFrom, "");
  if (!from) return from.error();
  const Result<std::string> to = text_of(call.request, members::kTo, "");
  if (!to) return to.error();
  const Result<std::string> fields = text_of(call.request, members::kFields, "");
  if (!fields) return fields.error();
  Asked asked;
  asked.message = !from->empty() || !to->empty() || !fields->empty();
  if (!asked.message) return asked;
  for (const std::string* address : {&*from, &*to}) {
    if (address->empty() || (address == &*from && *address == "<>")) continue;
    const auto good = mail::parse_address(*address, mail::Utf8::allow);
    if (!good) return Error{Failure::invalid, *address + " is no address: " + good.error().text};
    if (address == &*from) asked.sender = *good;
  }
  if (from->empty()) asked.sender = "root";
  asked.fields = fields->empty() ? "From: " + (asked.sender.empty() ? "MAILER-DAEMON" : asked.sender) + "\n" : *fields;
  // Where mail for a name goes stands in the settings, which are not everybody's to read.
  if (to->empty() || !call.caller.administrator) return asked;
  asked.to = *to;
  for (mail::Recipient& one : call.context.test_envelope(asked.sender, *to, call.caller.peer).recipients) {
    asked.recipients.push_back(std::move(one.address));
  }
  return asked;
}

void explain_recipients(const Asked& asked, object& line) {
  if (asked.recipients.empty()) return;
  line["to"] = json_text(asked.to);
  line["recipients"] = json_texts(asked.recipients);
}

/// The fields that tell a reader, and a server, whose mail it is.
constexpr std::array<std::string_view, 6> kTelling{"From",     "Sender",        "X-Original-From",
                                                   "Reply-To", "Resent-Sender", "Resent-From"};

/// Of all fields with this name, unfolded.
std::vector<std::string> bodies_of(const mail::HeaderBlock& block, std::string_view name) {
  std::vector<std::string> bodies;
  for (const mail::HeaderField& field : block.fields) {
    if (iequals(field.name, name)) bodies.push_back(mail::unfold(field.body));
  }
  return bodies;
}

void explain_sender(const Call& call, const std::string& site, const Asked& asked, object& line) {
  const SentAs sent = call.context.smarthosts.sent_as(site, asked.sender, asked.fields);
  line["policy"] = json_text(sent.policy);
  object sender;
  sender["before"] = json_text(asked.sender);
  sender["after"] = json_text(sent.reverse_path);
  line["sender"] = std::move(sender);
  explain_recipients(asked, line);
  const mail::HeaderBlock before = mail::parse_headers(asked.fields);
  const mail::HeaderBlock after = mail::parse_headers(sent.fields);
  boost::json::array fields;
  for (const std::string_view name : kTelling) {
    const std::vector<std::string> was = bodies_of(before, name);
    const std::vector<std::string> is = bodies_of(after, name);
    for (std::size_t i = 0; i < std::max(was.size(), is.size()); ++i) {
      object one;
      one["name"] = name;
      if (i < was.size()) one["before"] = json_text(was[i]);
      if (i < is.size()) one["after"] = json_text(is[i]);
      fields.emplace_back(std::move(one));
    }
  }
  line["fields"] = std::move(fields);
}

/// A person who logs in, at the other end of a call.
struct Person {
  Call& call;
  std::string site;
  bool shown = false;
};

Task<Result<void>> still_waiting(Person* person, Seconds expires) {
  object line;
  line["kind"] = "waiting";
  line["expires"] = expires.count();
  co_return co_await say(person->call, line);
}

/// One line of the answer for the person who must agree. Later ones only show that the person is still there.
Task<Result<void>> show(Person* person, object line, Seconds expires) {
  if (person->shown) co_return co_await still_waiting(person, expires);
  person->shown = true;
  log(Level::info, "login by a person begins", {{"site", person->site}, {"uid", person->call.caller.peer.uid}});
  line["site"] = json_text(person->site);
  line["expires"] = expires.count();
  co_return co_await say(person->call, line);
}

Task<Result<void>> show_device(Person* person, DevicePrompt prompt) {
  object line;
  line["kind"] = "device";
  line["url"] = json_text(prompt.url);
  if (!prompt.complete_url.empty()) line["complete_url"] = json_text(prompt.complete_url);
  line["code"] = json_text(prompt.code);
  co_return co_await show(person, std::move(line), prompt.expires);
}

Task<Result<void>> show_browser(Person* person, BrowserPrompt prompt) {
  object line;
  line["kind"] = "browser";
  line["url"] = json_text(prompt.url);
  line["redirect"] = json_text(prompt.redirect);
  co_return co_await show(person, std::move(line), prompt.expires);
}

Task<Result<void>> tell(Person* person, std::string words) {
  const object line = notice(words);
  co_return co_await say(person->call, line);
}

/// What is in the line besides is of no interest, and what is no such line neither.
void hear_pasted(const Secret& line, const std::function<void(Secret)>& heard) {
  const std::string_view bytes = line.reveal();
  boost::json::error_code fault;
  const boost::json::value value = boost::json::parse(boost::json::string_view(bytes.data(), bytes.size()), fault);
  if (fault || !value.is_object()) return;
  const auto* pasted = value.get_object().if_contains(members::kPasted);
  if (pasted == nullptr || !pasted->is_string()) return;
  heard(Secret(std::string(pasted->get_string())));
}

/// `person` must live until the login is over.
LoginTalk talk_with(Person& person) {
  LoginTalk talk;
  talk.device = [&person](DevicePrompt prompt) { return show_device(&person, std::move(prompt)); };
  talk.browser = [&person](BrowserPrompt prompt) { return show_browser(&person, std::move(prompt)); };
  talk.tell = [&person](std::string words) { return tell(&person, std::move(words)); };
  talk.on_pasted = [&person](std::function<void(Secret)> heard) {
    if (!heard) return person.call.later.give_to(nullptr);
    person.call.later.give_to([heard = std::move(heard)](const Secret& line) { hear_pasted(line, heard); });
  };
  return talk;
}

Result<LoginFlow> wanted_flow(const Call& call) {
  const Result<std::string> word = text_of(call.request, members::kFlow, "");
  if (!word) return word.error();
  if (word->empty()) return LoginFlow::standard;
  const auto* const found = std::ranges::find(members::kFlows, *word);
  if (found == members::kFlows.end()) {
    return Error{Failure::invalid, fmt::format("flow must be one of: {}", fmt::join(members::kFlows, ", "))};
  }
  return *found == "device" ? LoginFlow::device : LoginFlow::code;
}

/// The only one there is, if none is named.
Result<std::string> site_to_log_in(const Call& call) {
  const Result<std::vector<std::string>> sites = wanted_sites(call);
  if (!sites) return sites.error();
  if (sites->empty()) return no_smarthost(call);
  if (sites->size() == 1) return sites->front();
  return Error{Failure::invalid, fmt::format("say which: postern login {}", fmt::join(*sites, " | "))};
}

}  // namespace

Task<Result<int>> run_check(Call& call) {
  const Result<std::vector<std::string>> sites = wanted_sites(call);
  if (!sites) co_return sites.error();
  const Result<bool> verbose = flag_of(call.request, members::kVerbose);
  if (!verbose) co_return verbose.error();
  const Result<bool> accept = flag_of(call.request, members::kAcceptWeaker);
  if (!accept) co_return accept.error();
  mail::CheckOptions options;
  options.verbose = *verbose;
  options.accept_weaker = *accept;
  if (sites->empty()) co_return co_await tell_no_smarthost(call);
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
  const Result<Asked> asked = asked_of(call);
  if (!asked) co_return asked.error();
  int worst = exits::kWell;
  if (asked->message && call.caller.administrator) {
    const Result<bool> refused = co_await explain_senders(call, asked->sender, asked->fields);
    if (!refused) co_return refused.error();
    if (*refused) worst = exits::kTrouble;
  }
  if (sites->empty() && !asked->recipients.empty()) {
    object line;
    line["kind"] = "recipients";
    explain_recipients(*asked, line);
    const Result<void> sent = co_await call.answer.line(line);
    if (!sent) co_return sent.error();
  }
  if (sites->empty()) co_return co_await tell_no_smarthost(call);
  if (asked->message && call.caller.administrator) {
    const Result<void> told = co_await explain_routes(call, asked->sender, asked->recipients);
    if (!told) co_return told.error();
    const Result<void> told_of_storms = co_await explain_storms(call, asked->sender);
    if (!told_of_storms) co_return told_of_storms.error();
  }
  for (const std::string& site : *sites) {
    const mail::CheckReport report = call.context.smarthosts.explain(site);
    if (report.trouble) worst = exits::kTrouble;
    object line = to_json(report);
    line["kind"] = "explain";
    if (asked->message) explain_sender(call, site, *asked, line);
    const Result<void> sent = co_await call.answer.line(line);
    if (!sent) co_return sent.error();
  }
  co_return worst;
}

/// A login that was stored is tried at once: the mail that waits for it then flows.
Task<Result<int>> run_login(Call& call) {
  const Result<std::string> site = site_to_log_in(call);
  if (!site) co_return site.error();
  const Result<LoginFlow> flow = wanted_flow(call);
  if (!flow) co_return flow.error();
  Person person{call, *site, false};
  LoginTalk talk = talk_with(person);
  const Result<void> stored = co_await call.context.smarthosts.login(*site, *flow, std::move(talk));
  if (!stored) {
    log(Level::notice, "login by a person has failed",
        {{"site", *site}, {"uid", call.caller.peer.uid}, {"reason", stored.error().text}});
    co_return stored.error();
  }
  log(Level::notice, "login by a person is stored", {{"site", *site}, {"uid", call.caller.peer.uid}});
  const object line = notice("The login is stored; it is tried now.");
  const Result<void> told = co_await say(call, line);
  if (!told) co_return told.error();
  co_return co_await check_one(call, *site, mail::CheckOptions());
}

}  // namespace postern::control
