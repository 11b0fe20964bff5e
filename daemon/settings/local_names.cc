#include "settings/local_names.h"

#include "base/durable_file.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/aliases_file.h"
#include "settings/machine_name.h"
#include "settings/permissions.h"
#include "settings/user.h"
#include "settings/values.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace postern::settings {
namespace {

using mail::LocalNames;

/// What gethostname(2) says, and what /etc/hosts makes of it.
std::vector<std::string> names_of_machine() {
  std::array<char, 256> buffer{};
  std::vector<std::string> names;
  if (gethostname(buffer.data(), buffer.size() - 1) == 0 && is_host_name(buffer.data())) {
    names.emplace_back(buffer.data());
  }
  std::string full = machine_name();
  if (std::ranges::find(names, full) == names.end()) names.push_back(std::move(full));
  return names;
}

std::string name_in_mailname() {
  constexpr std::size_t kLargest = 4096;
  const auto text = read_file("/etc/mailname", kLargest);
  if (!text) return {};
  const std::string_view name = trim(std::string_view(*text).substr(0, text->find('\n')));
  return is_host_name(name) ? std::string(name) : std::string();
}

void check_hostname(const std::string& name, Report& report) {
  if (is_full_name(name)) return;
  const bool dot = name.find('.') != std::string::npos;
  report.warning(report.place("hostname"), "the host name '" + name +
                                               (dot ? "' means another machine elsewhere" : "' has no domain") +
                                               "; many servers refuse such a name: set 'hostname'");
}

std::string place_of(const std::string& alias) { return "aliases." + alias; }

void fold_name(const LocalNames& names, const std::string& written, std::vector<std::string> targets,
               mail::Aliases& folded, Report& report) {
  const Mark mark = report.place(place_of(written));
  const mail::AddressParts parts = mail::split_address(written);
  const std::string key(parts.local);
  if (!parts.domain.empty() && names.kind_of(parts.domain) == LocalNames::Kind::foreign) {
    return report.error(mark, "'" + place_of(written) +
                                  "' must be the name of a local user, without a domain: it has no effect, since " +
                                  std::string(parts.domain) + " is no name of this machine (see 'local_domains')");
  }
  if (key == "default" && !user_named(key)) {
    return report.error(mark, "'" + place_of(written) +
                                  "' has no effect: there is no such user; the alias of all names without one of their "
                                  "own is written \"*\"");
  }
  if (!folded.emplace(key, std::move(targets)).second) {
    return report.error(mark, "'" + place_of(written) + "' stands here twice, with and without a domain");
  }
  for (std::size_t i = 0; key != written && i < folded.at(key).size(); ++i) {
    const std::string index = "[" + std::to_string(i) + "]";
    report.remember(place_of(key) + index, report.place(place_of(written) + index));
  }
  report.remember(place_of(key), mark);
}

/// root@localhost means root; what means nobody is told.
void fold_names(LocalNames& names, Report& report) {
  mail::Aliases folded;
  for (auto& [written, targets] : names.aliases) fold_name(names, written, std::move(targets), folded, report);
  names.aliases = std::move(folded);
}

Problem in_file(const std::string& file, std::size_t line, std::string text) {
  Problem problem;
  problem.file = file;
  problem.line = line;
  problem.text = std::move(text);
  return problem;
}

/// The machine's own file is read without being asked for: it may be missing, and what is wrong with it stops nothing.
bool is_machines(const LocalNames& names) { return names.aliases_file == mail::kMachinesAliases; }

Result<mail::AliasesFile> take_file(LocalNames& names, Report& report) {
  const std::string& path = names.aliases_file;
  const Mark where = report.place("aliases_file");
  names.of_file.clear();
  const auto allowed = readable(report, Thing::aliases, path, "the aliases of " + path);
  if (!allowed && is_machines(names) && allowed.error().failure == Failure::not_found) return mail::AliasesFile();
  if (!allowed) return allowed.error();
  const Trust trust = trust_in(report, Thing::aliases, path);
  if (trust.lack == Gravity::error) return Error{Failure::denied, trust.text};
  if (trust.lack == Gravity::warning) report.warning(where, trust.text);
  auto text = read_file(path, mail::kLargestAliasesFile);
  if (!text) return Error{text.error().failure, "cannot read the aliases: " + text.error().text};
  check_sight(report, where, path);
  mail::AliasesFile file = mail::parse_aliases_file(*text);
  names.of_file = std::move(file.aliases);
  for (mail::AliasesFile::Fault& fault : file.faults) report.warning(in_file(path, fault.line, std::move(fault.text)));
  if (file.passed_over > file.faults.size()) {
    report.warning(in_file(
        path, 0, std::to_string(file.passed_over - file.faults.size()) + " more lines and targets are passed over"));
  }
  return file;
}

/// `lines`: where the aliases of the file stand.
void check_circles(const LocalNames& names, const std::map<std::string, std::size_t>& lines, Report& report) {
  for (const mail::Circle& circle : names.circles()) {
    const auto own = std::ranges::find_if(circle, [&](const auto& name) { return names.aliases.contains(name); });
    const std::string words = circle.size() > 1 ? " leads in a circle, and so to nobody: " + mail::words_of(circle)
                                                : " leads to itself alone, so it has no effect";
    if (own != circle.end()) {
      // With the machine's file the settings are as good as before somebody changed that.
      const bool of_settings =
          std::ranges::all_of(circle, [&](const auto& name) { return names.aliases.contains(name); });
      const std::string text = "'" + place_of(*own) + "'" + words;
      if (of_settings || !is_machines(names)) {
        report.error(report.place(place_of(*own)), text);
      } else {
        report.warning(report.place(place_of(*own)), text);
      }
    } else {
      report.warning(in_file(names.aliases_file, lines.at(circle.front()), "'" + circle.front() + "'" + words));
    }
  }
}

/// Where `domain` is the machine's own name there are no mailboxes, as a rule.
void check_ends(const LocalNames& names, Report& report) {
  if (names.kind_of(names.domain) != LocalNames::Kind::machine) return;
  for (const auto& [name, targets] : names.aliases) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const mail::AddressParts parts = mail::split_address(targets[i]);
      if (names.kind_of(parts.domain) != LocalNames::Kind::machine || names.has_alias(parts.local)) continue;
      report.warning(report.place(place_of(name) + "[" + std::to_string(i) + "]"),
                     "'" + place_of(name) + "' leads to '" + targets[i] + "', for whom there is no alias: it goes to " +
                         mail::complete_address(parts.local, names.domain));
    }
  }
}

}  // namespace

void complete_domain(LocalNames& names) {
  if (!names.domain.empty()) return;
  names.domain_guessed = is_full_name(names.mailname) && !iequals(names.mailname, names.hostname);
  names.domain = names.domain_guessed ? names.mailname : names.hostname;
}

void complete_local_names(LocalNames& names, Report& report) {
  names.machine = names_of_machine();
  names.mailname = name_in_mailname();
  names.hostname_guessed = names.hostname.empty();
  if (names.hostname_guessed) names.hostname = machine_name();
  check_hostname(names.hostname, report);
  complete_domain(names);
  fold_names(names, report);
  std::map<std::string, std::size_t> lines;
  if (!names.aliases_file.empty()) {
    auto file = take_file(names, report);
    if (file) {
      lines = std::move(file->lines);
    } else if (is_machines(names)) {
      report.warning(report.place("aliases_file"), file.error().text + "; no alias is taken from it");
    } else {
      report.error(report.place("aliases_file"), file.error().text);
    }
  }
  check_circles(names, lines, report);
  check_ends(names, report);
}

LocalNames completed(LocalNames names, const User& reader) {
  Report unheard("", Readers::few, reader);
  complete_local_names(names, unheard);
  return names;
}

Result<FreshAliases> read_aliases(mail::LocalNames names) {
  Report report(names.aliases_file);
  auto file = take_file(names, report);
  if (!file) return Error{Failure::corrupt, file.error().text};
  check_circles(names, file->lines, report);
  Loaded found = std::move(report).finish(Settings{});
  if (!found.problems.empty()) return Error{Failure::corrupt, found.problems.front().text};
  FreshAliases fresh;
  fresh.of_file = std::move(names.of_file);
  fresh.passed_over = file->passed_over;
  fresh.warnings = std::move(found.warnings);
  return fresh;
}

}  // namespace postern::settings
