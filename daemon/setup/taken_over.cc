#include "setup/taken_over.h"

#include "base/text.h"
#include "setup/importer.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::setup {
namespace {

std::string title_of(const Found& program) {
  return fmt::format("{} ({})", program.importer->title, printable(program.file));
}

Result<std::optional<Proposal>> read_from(const Found& program, Terminal& terminal, const World& world) {
  auto proposal = program.importer->read(world.place);
  if (!proposal) return proposal.error();
  if (proposal->smarthosts.empty()) {
    return Error{Failure::invalid, title_of(program) + " names no server to send mail to; say the account's address"};
  }
  for (const Note& note : proposal->notes) {
    if (!note.about_secret) terminal.say(note.str());
  }
  const bool more_aliases = proposal->aliases.size() > proposal->aliases.count("root");
  const bool names = !proposal->names.hostname.empty() || !proposal->names.domain.empty();
  if (proposal->smarthosts.size() > 1 || more_aliases || names) {
    terminal.say(
        fmt::format("Its first account is taken over. It has more accounts, aliases, or names of this machine: "
                    "postern import --from {} shows them all.",
                    program.importer->name));
  }
  return std::optional(std::move(*proposal));
}

}  // namespace

Result<std::optional<Proposal>> take_over(const Options& options, Terminal& terminal, const World& world) {
  const bool named = !options.import.empty();
  const bool said = !options.address.empty() || !options.provider.empty() || !options.smarthost.empty();
  if (!named && (options.no_import || said)) return std::optional<Proposal>();
  const std::vector<Found> programs = found(world.place);
  if (named) {
    const auto meant = std::ranges::find_if(
        programs, [&](const Found& program) { return iequals(program.importer->name, options.import); });
    if (meant != programs.end()) return read_from(*meant, terminal, world);
    return Error{Failure::invalid, printable(options.import) + " is not set up here"};
  }
  if (programs.empty()) return std::optional<Proposal>();
  if (!terminal.interactive()) {
    std::string words = "say the mail address of the account, or take over that of";
    for (const Found& program : programs) {
      words += fmt::format("\n  {}: --import {}", title_of(program), program.importer->name);
    }
    return Error{Failure::invalid, words};
  }
  for (const Found& program : programs) {
    const auto answer = terminal.ask(title_of(program) + " is set up here. Take its account over? (yes or no)", "yes");
    if (!answer) return Error{Failure::cancelled, "nothing was changed"};
    if (to_lower(answer->front()) == 'y') return read_from(program, terminal, world);
  }
  return std::optional<Proposal>();
}

}  // namespace postern::setup
