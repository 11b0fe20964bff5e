#include "settings/complete.h"

#include "base/service_name.h"
#include "base/text.h"
#include "settings/account.h"
#include "settings/local_names.h"
#include "settings/own_sender.h"
#include "settings/permissions.h"
#include "settings/route_values.h"
#include "settings/sender_values.h"
#include "settings/systems_drop.h"
#include "settings/values.h"
#include "settings/weak_tls.h"

#include <map>
#include <string>
#include <utility>

namespace postern::settings {
namespace {

using relay::Tls;

constexpr std::uint16_t kSubmissions = 465;  // RFC 8314 7.3
constexpr std::uint16_t kSubmission = 587;   // RFC 6409
constexpr std::uint16_t kSmtp = 25;

/// What is to be said of an address that only few can use; empty: nothing. A socket of :: that the service manager made
/// in our place may be one of IPv4 as well.
std::string few_senders(const std::vector<Network>& networks, const std::string& address) {
  const auto endpoint = NumericEndpoint::parse(address);
  if (!endpoint) return {};
  const Senders who = senders(networks, *endpoint, Families::own);
  if (who == Senders::others || (who == Senders::this_machine && endpoint->loopback())) return {};
  const std::string to = " can send to '" + address + '\'' + (endpoint->any() && endpoint->v6 ? " by IPv6" : "") +
                         ": 'listen.networks' admits no ";
  if (who == Senders::this_machine) return "only this machine" + to + "client from elsewhere";
  if (endpoint->any()) return "nobody" + to + (endpoint->v6 ? "IPv6 client" : "IPv4 client");
  return "nobody" + to + "client that reaches it from " + (endpoint->loopback() ? "this machine" : "elsewhere");
}

void check_listeners(const Settings& settings, Report& report) {
  if (settings.listen.submit == settings.listen.control) {
    report.error(report.place("listen.control"), "'listen.submit' and 'listen.control' must differ");
  }
  if (settings.listen.metrics.empty() && report.was_written("metrics.page")) {
    report.warning(report.place("metrics.page"),
                   "'metrics.page' says what is shown, and there is no 'metrics.listen' where: nothing is");
  }
  // Who may send is the default, or less than was written, in place of what could not be read.
  for (std::size_t i = 0; report.clean() && i < settings.listen.smtp.size(); ++i) {
    const std::string warning = few_senders(settings.submission.networks, settings.listen.smtp[i]);
    if (!warning.empty()) report.warning(report.place("listen.smtp[" + std::to_string(i) + "]"), warning);
  }
  for (std::size_t i = 0; i < settings.submission.networks.size(); ++i) {
    if (!settings.submission.networks[i].everybody()) continue;
    report.warning(report.place("listen.networks[" + std::to_string(i) + "]"),
                   "'listen.networks' admits everybody (" + settings.submission.networks[i].str() +
                       "): whoever reaches an address of 'listen.smtp' can send mail through this machine");
  }
}

/// Mail to a smarthost that is this daemon would come back for ever.
void check_loop(const Settings& settings, const Smarthost& smarthost, Mark where, Report& report) {
  for (const std::string& text : settings.listen.smtp) {
    const auto own = NumericEndpoint::parse(text);
    if (!own || own->port != smarthost.port) continue;
    const bool here = parse_ip(smarthost.host) == own->address ||
                      (stays_on_this_machine(smarthost.host) && (own->any() || own->loopback()));
    const bool by_name = iequals(smarthost.host, settings.names.hostname) && !own->loopback();
    if (!here && !by_name) continue;
    report.error(where, "the smarthost " + smarthost.host + " port " + std::to_string(smarthost.port) +
                            " is this daemon's own listener " + text + "; mail would run in a circle");
    return;
  }
}

/// The ports of RFC 8314 (3.3) and the TLS that servers have there.
void check_port(const Smarthost& smarthost, const std::string& path, Report& report) {
  const std::uint16_t port = smarthost.port;
  const bool by_starttls = port == kSubmission || port == kSmtp;
  const bool wrong = smarthost.tls == Tls::implicit ? by_starttls : port == kSubmissions;
  // On this machine a tunnel may be there; and what could not be read is the default here.
  if (!wrong || stays_on_this_machine(smarthost.host) || !report.clean()) return;
  const std::string fits = by_starttls ? "starttls" : "implicit";
  const std::string is = smarthost.tls == Tls::implicit ? "implicit" : smarthost.tls == Tls::none ? "none" : "starttls";
  report.warning(report.place(path + ".port"),
                 "port " + std::to_string(port) + " is where servers have 'tls: " + fits + "', and 'tls' is " + is +
                     " here" + (report.was_written(path + ".tls") ? "" : " by default") + ": write 'tls: " + fits +
                     "', or 'port: " + std::to_string(standard_port(smarthost.tls)) + "'");
}

/// Who asks for something of TLS would be without it, unasked.
void check_without_tls(const Smarthost& smarthost, const std::string& path, Report& report) {
  if (smarthost.tls != Tls::none) return;
  for (const std::string_view name : {"tls_pin", "tls_min_version", "tls_ciphers"}) {
    const std::string key = path + "." + std::string(name);
    if (!report.was_written(key)) continue;
    report.error(report.place(key), "'" + key + "' is about TLS, and there is none ('tls: none')");
  }
}

void check_tls(const Smarthost& smarthost, const std::string& path, Report& report) {
  if (smarthost.allow_cleartext_auth) {
    report.warning(report.place(path + ".allow_cleartext_auth"),
                   "'" + path + ".allow_cleartext_auth' is on: the password for " + smarthost.host +
                       (smarthost.tls == Tls::none ? " may travel unencrypted"
                                                   : " is sent inside TLS all the same; leave the key out"));
  }
  if (smarthost.tls == Tls::none && !stays_on_this_machine(smarthost.host)) {
    const bool login = !smarthost.user.empty() && !smarthost.allow_cleartext_auth;
    report.warning(
        report.place(path + ".tls"),
        "mail to " + smarthost.host + " travels unencrypted ('tls: none')" +
            (login ? ", and so the mechanisms PLAIN and LOGIN, which show the password, are not tried" : ""));
  }
  check_port(smarthost, path, report);
  if (const std::string weak = weak_tls_version(smarthost); !weak.empty()) {
    report.warning(report.place(path + ".tls_min_version"), weak);
  }
  check_without_tls(smarthost, path, report);
  if (!smarthost.tls_pin.empty() && !smarthost.tls_ca_file.empty()) {
    report.warning(report.place(path + ".tls_ca_file"),
                   "'tls_ca_file' is not looked at: 'tls_pin' says which key the server has");
  }
  check_public_file(report, report.place(path + ".tls_ca_file"), Thing::authorities, smarthost.tls_ca_file);
}

/// What the name of a service says of TLS (RFC 8314 3.3, RFC 6186 3.1); nothing: it says nothing.
std::optional<Tls> tls_of(const ServiceName& service) {
  if (service.service == "_submissions") return Tls::implicit;
  if (service.service == "_submission") return Tls::starttls;
  return {};
}

/// A service brings its servers' ports along, and its name says whether TLS comes first.
void complete_service(Smarthost& smarthost, const ServiceName& service, const std::string& path, Report& report) {
  if (smarthost.port != 0) {
    report.error(report.place(path + ".port"), "'" + path + "' has a 'port' beside '" + service.str() +
                                                   "', whose servers have the ports that the DNS names; leave it out");
    smarthost.port = 0;
  }
  if (smarthost.tls == Tls::none && report.was_written(path + ".tls")) {
    report.error(report.place(path + ".tls"), "without TLS nothing proves that a server which the DNS names for '" +
                                                  service.str() +
                                                  "' is the right one: name the host itself, or leave 'tls: none' out");
    return;
  }
  const auto usual = tls_of(service);
  if (!usual) return;
  if (!report.was_written(path + ".tls")) {
    smarthost.tls = *usual;
  } else if (smarthost.tls != *usual) {
    const std::string fits = *usual == Tls::implicit ? "implicit" : "starttls";
    report.warning(report.place(path + ".tls"),
                   "servers of '" + service.str() + "' have 'tls: " + fits + "': write that, or leave 'tls' out");
  }
}

void check_smarthosts(Settings& settings, Report& report) {
  std::map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < settings.smarthosts.size(); ++i) {
    Smarthost& smarthost = settings.smarthosts[i];
    const std::string path = "smarthosts[" + std::to_string(i) + "]";
    const auto service = ServiceName::parse(smarthost.host);
    if (service) complete_service(smarthost, *service, path, report);
    check_account(smarthost, path, report);
    complete_sender(smarthost, path, report);
    check_tls(smarthost, path, report);
    if (!service && smarthost.port == 0) smarthost.port = standard_port(smarthost.tls);
    if (!service && smarthost.tls_name.empty()) smarthost.tls_name = smarthost.host;
    if (smarthost.name.empty()) smarthost.name = smarthost.host;
    if (smarthost.host.empty()) continue;
    check_loop(settings, smarthost, report.place(path + ".host"), report);
    if (!names.emplace(to_lower(smarthost.name), i).second) {
      report.error(report.place(path + ".name"),
                   "two smarthosts are named '" + smarthost.name + "'; give each a 'name' of its own");
    }
  }
}

/// Mail of our own has no sender, and a smarthost that refuses that takes the account's address.
void check_own_sender(const Settings& settings, Report& report) {
  for (std::size_t i = 0; i < settings.smarthosts.size(); ++i) {
    const std::string words = no_own_sender(settings, settings.smarthosts[i]);
    if (!words.empty()) report.warning(report.place("smarthosts[" + std::to_string(i) + "].user"), words);
  }
}

/// A row for nobody is probably a slip, and does not hold for whom it was meant.
void warn_of_nobody(Report& report, const std::string& key, const std::string& kind, const std::string& name) {
  std::string text = "'" + key;
  text.append("' names '").append(name).append("', and there is no such ").append(kind);
  report.warning(report.place(key), std::move(text));
}

/// Of the row `path`, "senders[0]".
void check_names(const std::vector<std::string>& users, const std::vector<std::string>& groups, const std::string& path,
                 Report& report) {
  for (const std::string& name : users) {
    const auto user = name == "*" ? Result<User>(User{}) : user_named(name);
    if (!user && user.error().failure == Failure::not_found) warn_of_nobody(report, path + ".user", "user", name);
  }
  for (const std::string& name : groups) {
    if (!may_be_group(name)) warn_of_nobody(report, path + ".group", "group", name);
  }
}

template <class Rule>
void check_names(const std::vector<Rule>& rules, const std::string& list, Report& report) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    check_names(rules[i].users, rules[i].groups, list + "[" + std::to_string(i) + "]", report);
  }
}

/// With less there is room for hardly any message in a digest, and a digest of many would not be made.
constexpr std::uint64_t kLeastForStorms = std::uint64_t{8} << 10U;

void check_storms(const queue::QueueOptions& queue, Report& report) {
  if (queue.storms.empty() || queue.bounces.return_size >= kLeastForStorms) return;
  report.warning(report.place("bounces.return_size"),
                 "of 'storms' hardly anything is gathered: a storm digest is no larger than 'bounces.return_size', so "
                 "that all of it comes back if it is refused, and a message larger than half of that goes as it comes. "
                 "At least 8K is enough for short messages");
}

void check_retry(const queue::Retry& retry, Report& report) {
  if (retry.min > retry.max) {
    report.error(report.place("retry.min"), "'retry.min' is longer than 'retry.max' (" + to_words(retry.min) + " and " +
                                                to_words(retry.max) + ")");
  }
  if (retry.max > retry.expire) {
    report.error(report.place("retry.max"), "'retry.max' is longer than 'retry.expire' (" + to_words(retry.max) +
                                                " and " + to_words(retry.expire) + ")");
  }
}

void check_notify(const queue::Notify& notify, Report& report) {
  if (notify.command.empty()) return;
  check_program(report, report.place("notify.command"), notify.command.front());
}

}  // namespace

std::uint16_t standard_port(Tls tls) {
  switch (tls) {
    case Tls::implicit: return kSubmissions;
    case Tls::starttls: return kSubmission;
    case Tls::none: break;
  }
  return kSmtp;
}

void complete(Settings& settings, Report& report) {
  complete_local_names(settings.names, report);
  check_spool(report, settings.spool);
  if (std::string sentence = untaken_drop(settings.spool, settings.listen.submit); !sentence.empty()) {
    report.warning(report.place("spool"), std::move(sentence));
  }
  check_listeners(settings, report);
  check_smarthosts(settings, report);
  check_own_sender(settings, report);
  check_routes(settings, report);
  warn_of_unasked_rows(settings.queue, report);
  check_names(settings.queue.routes, "routes", report);
  check_names(settings.queue.storms, "storms", report);
  check_storms(settings.queue, report);
  check_names(settings.submission.senders, "senders", report);
  check_retry(settings.queue.retry, report);
  check_notify(settings.queue.notify, report);
}

}  // namespace postern::settings
