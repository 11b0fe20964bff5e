#include "settings/keys.h"

#include "settings/alias_values.h"
#include "settings/host_value.h"
#include "settings/key_table.h"
#include "settings/login_values.h"
#include "settings/row_keys.h"
#include "settings/sender_values.h"
#include "settings/smarthost_keys.h"

#include <array>
#include <string_view>
#include <utility>

namespace postern::settings {
namespace {

using S = Settings;
using M = mail::HostNames;
using N = mail::LocalNames;
using L = net::ListenOptions;
using I = submission::SubmissionOptions;
using Q = queue::QueueOptions;
using R = queue::Retry;
using B = queue::Bounces;
using A = queue::Notify;
using U = queue::UserLimit;
using Y = history::HistoryOptions;

// clang-format off
constexpr auto kKeys = std::to_array<Key<S>>({
    {"hostname", "host name", "", "", "the machine's FQDN",
     "the name used in EHLO, in Received and in Message-IDs", set<host_name_value, &S::names, &M::hostname>},
    {"domain", "host name", "", "", "hostname",
     "completes addresses without a domain", set<host_name_value, &S::names, &M::domain>},
    {"local_domains", "list of host names", "", "", "[]",
     "names of this machine besides its own", set<host_names_value, &S::names, &N::local_domains>},
    {"spool", "path", "", "", "/var/spool/postern",
     "the directory of the queue", set<path_value, &S::spool>},
    {"listen.submit", "path", "", "", "/run/postern/submit.sock",
     "the unix socket on which sendmail hands mail in", set<socket_value, &S::listen, &L::submit>},
    {"listen.control", "path", "", "", "/run/postern/control.sock",
     "the unix socket of the postern command", set<socket_value, &S::listen, &L::control>},
    {"listen.smtp", "list of addresses", "", "", R"(["127.0.0.1:25", "[::1]:25"])",
     "where SMTP is taken; [] for nowhere", set<endpoints_value, &S::listen, &L::smtp>},
    {"listen.networks", "list of networks", "", "", R"(["127.0.0.0/8", "::1"])",
     "the clients that may send by SMTP, by their addresses", set<networks_value, &S::submission, &I::networks>},
    {"listen.bare_newline", "mend | reject", "", "", "mend",
     "what becomes of an LF, CR or NUL that a text by SMTP should not have",
     set<bare_newline_value, &S::submission, &I::bare_newline>},
    {"smarthosts", "list", "", "", "[]",
     "the servers that take the mail; without one it is held", read_smarthosts},
    {"routes", "list", "", "", "[]",
     "which mail goes by which smarthosts; without it all by all", read_routes},
    {"storms", "list", "", "", "[]",
     "whose mail is gathered when much of it is alike; without it all goes as it comes", read_storms},
    {"aliases", "map", "", "", "{}",
     "where mail to local names goes", set<aliases_value, &S::names, &N::aliases>},
    {"aliases_file", "path | none", "", "", mail::kMachinesAliases,
     "a file of aliases as sendmail has it", set<path_or_none_value, &S::names, &N::aliases_file>},
    {"senders", "list", "", "", "[]",
     "which users may send as whom; without it everybody as everybody", read_senders},
    {"limits.message_size", "size", "1K", "2G", "50M",
     "the largest message accepted", set<size_value, &S::submission, &I::message_size>},
    {"limits.recipients", "number", "1", "100000", "1000",
     "the most recipients of one message by SMTP over TCP", set<count_value, &S::submission, &I::recipients>},
    {"limits.per_user.rate", "number", "0", "100000", "0",
     "the most messages that one user hands in in a minute; 0 for as many as come",
     set<count_value, &S::submission, &I::per_user_rate>},
    {"limits.per_user.messages", "number", "1", "10000000", "100000",
     "the most messages that one user has in the queue", set<count_value, &S::queue, &Q::per_user, &U::messages>},
    {"limits.per_user.size", "size", "0", "1000000G", "0",
     "the most bytes that one user has in the queue; 0 for what the disk holds",
     set<size_value, &S::queue, &Q::per_user, &U::size>},
    {"retry.min", "duration", "1s", "1d", "1m",
     "the wait after the first failed attempt", set<duration_value, &S::queue, &Q::retry, &R::min>},
    {"retry.max", "duration", "1s", "7d", "1h",
     "the longest wait between attempts", set<duration_value, &S::queue, &Q::retry, &R::max>},
    {"retry.expire", "duration", "1s", "365d", "5d",
     "the age at which undelivered mail goes back to its sender",
     set<duration_value, &S::queue, &Q::retry, &R::expire>},
    {"retry.warn_after", "duration", "0s", "365d", "4h",
     "the age at which the sender is told that mail is late; 0s for never",
     set<duration_value, &S::queue, &Q::retry, &R::warn_after>},
    {"bounces.per_sender", "number", "1", "10000", "20",
     "the most reports to one mailbox in an hour; the others in one digest",
     set<count_value, &S::queue, &Q::bounces, &B::per_sender>},
    {"bounces.per_hour", "number", "1", "100000", "200",
     "the most reports to all senders in an hour; the others in digests",
     set<count_value, &S::queue, &Q::bounces, &B::per_hour>},
    {"bounces.return_size", "size", "0", "256K", "50K",
     "the largest message that is returned whole; of others the header",
     set<size_value, &S::queue, &Q::bounces, &B::return_size>},
    {"bounces.from", "address", "", "", "none",
     "the sender of reports and alarms where a smarthost refuses the null one",
     set<wire_address_value, &S::queue, &Q::bounces, &B::from>},
    {"notify.address", "address", "", "", "none",
     "who is told by mail when the queue is in trouble", set<address_value, &S::queue, &Q::notify, &A::address>},
    {"notify.command", "list of texts", "", "", "none",
     "the program that is run when the queue is in trouble", set<command_value, &S::queue, &Q::notify, &A::command>},
    {"notify.after", "duration", "0s", "30d", "1h",
     "the age of the oldest message that is trouble; 0s for none",
     set<duration_value, &S::queue, &Q::notify, &A::after>},
    {"metrics.listen", "address", "", "", "none",
     "where metrics are shown by HTTP, on this machine alone", set<loopback_value, &S::listen, &L::metrics>},
    {"metrics.page", "counts | all", "", "", "counts",
     "what the page for browsers shows: numbers alone, or names, too",
     set<page_of_metrics_value, &S::listen, &L::metrics_page>},
    {"metrics_hosts", "list of host names", "", "", "[]",
     "names by which metrics are asked for, besides this machine's own",
     set<host_names_value, &S::listen, &L::metrics_hosts>},
    {"history.size", "size", "0", "1000G", "256M",
     "how much is kept of what became of messages, at least 1M; 0 for nothing",
     set<history_size_value, &S::history, &Y::size>},
    {"history.days", "number", "1", "3650", "90",
     "how many days it is kept", set<count_value, &S::history, &Y::days>},
    {"history.subjects", "true | false", "", "", "true",
     "whether subjects are kept with it", set<boolean_value, &S::history, &Y::subjects>},
    {"log.format", "postern | postfix | json", "", "", "postern",
     "how the log is written", set<log_format_value, &S::log, &LogOptions::format>},
});
// clang-format on

/// Keys whose values are lists of groups, and the keys of these.
constexpr auto kLists = std::to_array<std::pair<std::string_view, std::vector<KeyInfo> (*)(const std::string&)>>({
    {"smarthosts", smarthost_keys},
    {"routes", route_keys},
    {"storms", storm_keys},
    {"senders", sender_keys},
});

std::vector<KeyInfo> describe_all() {
  std::vector<KeyInfo> infos;
  for (KeyInfo& key : described(kKeys, "")) {
    const std::string path = key.path;
    infos.push_back(std::move(key));
    for (const auto& [list, keys_of] : kLists) {
      if (list != path) continue;
      for (KeyInfo& inner : keys_of(path + "[].")) infos.push_back(std::move(inner));
    }
  }
  return infos;
}

}  // namespace

const std::vector<KeyInfo>& all_keys() {
  static const std::vector<KeyInfo> keys = describe_all();
  return keys;
}

void read_keys(const Node& root, Settings& settings, Report& report) {
  read_map(root, kKeys, Place{}, settings, report);
}

}  // namespace postern::settings
