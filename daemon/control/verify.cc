// `sendmail -bv`: where mail for an address would go, and as whose; nothing is sent. The words of the lines are those
// of Sendmail, for programs that look for "deliverable".
#include "base/text.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/requests.h"
#include "control/veil.h"
#include "mail/address.h"
#include "mail/wrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace postern::control {
namespace {

constexpr std::size_t kShownWords = 200;

Task<Result<int>> say_and_end(Call& call, const std::string& text, int exit) {
  const Result<void> sent = co_await call.answer.text(text);
  if (!sent) co_return sent.error();
  co_return exit;
}

/// As whom, and what keeps it from going now.
std::string site_text(const Call& call, const queue::SiteStatus& site, const std::string& sender) {
  const SentAs sent =
      call.context.smarthosts.sent_as(site.name, sender, "From: " + (sender.empty() ? "MAILER-DAEMON" : sender) + "\n");
  std::string text = fmt::format("    by {} ({}), from <{}>", site.name,
                                 call.context.smarthosts.explain(site.name).host, printable(sent.reverse_path));
  if (site.trouble) text += "; it takes nothing now: " + printable(mail::cut(site.trouble->text, kShownWords));
  return text + "\n";
}

/// The host that Sendmail would name: the smarthost of the first choice.
std::string host_of(const Call& call, const std::vector<queue::SiteStatus>& sites) {
  const std::string host = call.context.smarthosts.explain(sites.front().name).host;
  return host.substr(0, host.rfind(':'));
}

}  // namespace

Task<Result<int>> run_verify(Call& call) {
  const std::vector<std::string> arguments = arguments_of(call.request);
  if (arguments.size() != 2) co_return Error{Failure::invalid, "verify: a sender and an address are needed"};
  const std::string& given = arguments[1];
  const std::string shown = printable(given);
  const Result<std::string> address = mail::parse_address(given, mail::Utf8::allow);
  if (!address) {
    const std::string text = shown + "... " + printable(address.error().text) + "\n";
    co_return co_await say_and_end(call, text, exits::kDamaged);
  }
  std::vector<queue::SiteStatus> sites = call.context.queue.sites();
  if (!call.caller.administrator) veil(sites);
  const bool null = arguments[0] == "<>";
  const Result<std::string> named =
      null ? Result<std::string>("") : mail::parse_address(arguments[0], mail::Utf8::allow);
  if (!named) co_return Error{Failure::invalid, "the sender is no address: " + named.error().text};
  const mail::Envelope envelope = call.context.test_envelope(*named, *address, call.caller.peer);
  const std::string sender = null ? std::string() : envelope.sender;

  const bool wrong = !call.context.wrong_at_start(false).empty();
  const std::string_view held = wrong ? "the settings file is wrong" : "no smarthost is configured";
  const std::string way = sites.empty() ? fmt::format("deliverable: held while {}", held)
                                        : "deliverable: mailer smtp, host " + host_of(call, sites);
  std::string text;
  for (const mail::Recipient& recipient : envelope.recipients) {
    // Where mail for a name goes stands in the settings, which are not everybody's to read; nor how many get it.
    const bool told = call.caller.administrator || recipient.address == *address;
    text += fmt::format("{}... {}, user {}\n", shown, way, told ? printable(recipient.address) : "as the settings say");
    if (!told) break;
  }
  for (const queue::SiteStatus& site : sites) text += site_text(call, site, sender);
  co_return co_await say_and_end(call, text, sites.empty() ? exits::kLater : exits::kWell);
}

}  // namespace postern::control
