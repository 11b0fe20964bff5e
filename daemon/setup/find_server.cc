#include "setup/find_server.h"

#include "base/host_name.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/idn.h"
#include "setup/candidates.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace postern::setup {
namespace {

using settings::Smarthost;

/// A port and TLS of one's own, where the options say so.
Result<FoundServer> of_provider(const Provider& row, const Options& options) {
  FoundServer found{&row, row.smarthost, false};
  found.smarthost.tls_ca_file = options.tls_ca_file;
  if (options.smarthost.empty()) return found;
  const auto server = parse_server(options.smarthost);
  if (!server) return server.error();
  const Smarthost first = ways_to(*server, options.tls).front();
  found.smarthost.host = first.host;
  found.smarthost.port = first.port;
  found.smarthost.tls = first.tls;
  return found;
}

Result<FoundServer> first_that_answers(std::vector<Smarthost> ways, const Options& options, Terminal& terminal,
                                       const World& world) {
  std::string tried;
  for (Smarthost& each : ways) {
    each.tls_ca_file = options.tls_ca_file;
    terminal.say("Trying " + shown(each) + " ...");
    const mail::CheckReport report = world.try_smarthost(each, world.hostname);
    const bool usable = !report.trouble && (options.no_login || !report.offered.empty());
    if (usable) return FoundServer{nullptr, std::move(each), true};
    tried += "\n  " + shown(each) + ": " +
             (report.trouble ? printable(report.trouble->text)
                             : "it offers no login here; if it takes mail without one, say --no-login");
  }
  return Error{Failure::not_found, "no server can be used:" + tried +
                                       "\nAsk your provider for the name of its SMTP server, and give it with "
                                       "--smarthost HOST[:PORT]"};
}

bool agrees(Terminal& terminal, const std::string& question) {
  const auto answer = terminal.ask(question + " (yes or no)", "yes");
  return answer && !answer->empty() && to_lower(answer->front()) == 'y';
}

/// Those outside the domain only if a person says so, of each.
Result<std::vector<Smarthost>> admitted(std::vector<Smarthost> ways, const std::string& domain, Terminal& terminal) {
  std::map<std::string, bool> answers;  // by host
  std::vector<Smarthost> all;
  for (Smarthost& each : ways) {
    const std::string host = to_lower(each.host);
    if (!is_within_domain(each.host, domain) && !answers.contains(host)) {
      const std::string words = "The DNS says that mail of " + printable(domain) + " is handed in at " + shown(each);
      if (!terminal.interactive()) {
        return Error{Failure::invalid, words +
                                           ", which is not below that domain, and nobody is there to confirm it. If "
                                           "it is right, say --smarthost " +
                                           each.host + ":" + std::to_string(each.port)};
      }
      answers[host] = agrees(terminal, words + ". Shall it get the password?");
    }
    const auto answer = answers.find(host);
    if (answer == answers.end() || answer->second) all.push_back(std::move(each));
  }
  return all;
}

Result<FoundServer> by_domain(const std::string& domain, const Options& options, Terminal& terminal,
                              const World& world) {
  if (const Provider* row = provider_of_domain(domain)) return of_provider(*row, options);
  terminal.say("Asking the DNS about " + printable(domain) + " ...");
  const std::vector<DnsRecord> mail_servers = world.dns(domain, DnsType::mx);
  if (!mail_servers.empty()) {
    if (const Provider* row = provider_of_mx(mail_servers.front().target)) {
      terminal.say("Mail of " + printable(domain) + " is kept at " + row->title + ".");
      if (!terminal.interactive() || agrees(terminal, "Is it sent there, too?")) return of_provider(*row, options);
    }
  }
  auto announced = admitted(announced_servers(world.dns("_submissions._tcp." + domain, DnsType::srv),
                                              world.dns("_submission._tcp." + domain, DnsType::srv)),
                            domain, terminal);
  if (!announced) return announced.error();
  std::vector<Smarthost> ways = std::move(*announced);
  for (Smarthost& each : usual_servers(domain)) ways.push_back(std::move(each));
  return first_that_answers(std::move(ways), options, terminal, world);
}

}  // namespace

Result<FoundServer> find_server(const Options& options, const std::string& address, Terminal& terminal,
                                const World& world) {
  if (!options.provider.empty()) {
    const Provider* row = provider_named(options.provider);
    if (row != nullptr) return of_provider(*row, options);
    return Error{Failure::invalid,
                 "no provider is called " + printable(options.provider) + "; postern setup --list shows them"};
  }
  if (!options.smarthost.empty()) {
    const auto server = parse_server(options.smarthost);
    if (!server) return server.error();
    return first_that_answers(ways_to(*server, options.tls), options, terminal, world);
  }
  const auto ascii = mail::ascii_domain(mail::split_address(address).domain);
  const std::string domain = ascii ? to_lower(*ascii) : std::string();
  if (domain.empty() || domain.starts_with('[')) {
    return Error{Failure::invalid, "'" + printable(address) +
                                       "' has no domain by which the server could be found; say "
                                       "--smarthost HOST[:PORT]"};
  }
  return by_domain(domain, options, terminal, world);
}

}  // namespace postern::setup
