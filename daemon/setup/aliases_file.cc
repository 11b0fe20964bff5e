#include "setup/aliases_file.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/local_names.h"
#include "settings/user.h"

#include <algorithm>

namespace postern::setup {
namespace {

std::string_view without_quotes(std::string_view text) {
  const bool both = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return both && text.find('"', 1) == text.size() - 1 ? text.substr(1, text.size() - 2) : text;
}

/// The parts between commas that stand in no quotes.
std::vector<std::string_view> split_list(std::string_view list) {
  std::vector<std::string_view> parts;
  bool inside = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '\\') {
      ++i;
    } else if (i < list.size() && list[i] == '"') {
      inside = !inside;
    } else if (i >= list.size() || (list[i] == ',' && !inside)) {
      const std::string_view part = trim(list.substr(begin, std::min(i, list.size()) - begin));
      if (!part.empty()) parts.push_back(part);
      begin = i + 1;
    }
  }
  return parts;
}

bool leads_elsewhere(std::string_view target) {
  const std::string_view bare = without_quotes(target);
  return bare.starts_with('|') || bare.starts_with('/') || istarts_with(bare, ":include:") || bare.starts_with(':');
}

/// What a target is, without its words: the line of a program may hold a password.
std::string kind_of(std::string_view target) {
  const std::string_view bare = without_quotes(target);
  return bare.starts_with('|') ? "a program" : bare.starts_with('/') ? "a file" : "a list in a file";
}

/// Where the name of an alias ends: the first colon outside quotes.
std::size_t end_of_name(std::string_view line) {
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') inside = !inside;
    if (line[i] == ':' && !inside) return i;
  }
  return std::string_view::npos;
}

std::vector<Line> alias_lines(const PeerFile& file, const AliasesStyle& style) {
  if (!style.comments_anywhere && style.continued) return logical_lines(file);
  PeerFile bare{file.name, {}};
  for (const Line& line : file.lines) {
    std::string text = style.comments_anywhere ? line.text.substr(0, line.text.find('#')) : line.text;
    if (!style.continued) text = std::string(trim(text));
    bare.lines.push_back(Line{line.number, std::move(text)});
  }
  return logical_lines(bare);
}

void add_alias(Import& import, const Mark& mark, std::string name, std::vector<std::string> targets) {
  if (targets.empty()) return;
  const auto [place, fresh] = import.proposal.aliases.try_emplace(std::move(name));
  if (!fresh) return import.note(mark, "this alias stands above already; the first one counts");
  place->second = std::move(targets);
}

/// The settings refuse aliases that lead in a circle; here each circle loses the first of its names. That of a name
/// which leads to itself alone, as of "joe: \\joe", says what holds without it.
void leave_out_circles(Import& import, const std::map<std::string, Mark>& marks, const Mark& file) {
  mail::LocalNames names;
  static_cast<mail::HostNames&>(names) = import.proposal.names;
  names.aliases = import.proposal.aliases;
  for (auto circles = names.circles(); !circles.empty(); circles = names.circles()) {
    for (const mail::Circle& circle : circles) {
      const auto mark = marks.find(circle.front());
      import.note(mark == marks.end() ? file : mark->second,
                  circle.size() > 1
                      ? "not carried over: it leads in a circle, " + mail::words_of(circle)
                      : std::string("not carried over: it leads to itself alone, which holds without it"));
      names.aliases.erase(circle.front());
    }
  }
  import.proposal.aliases = std::move(names.aliases);
}

}  // namespace

std::vector<std::string> addresses_of(Import& import, const Mark& mark, std::string_view list) {
  std::vector<std::string> addresses;
  const auto take = [&addresses](std::string_view text) {
    // An alias leads to no group, and what stands around a colon may be words of another kind.
    if (text.find(':') != std::string_view::npos && text.find_first_of("\"<") == std::string_view::npos) return false;
    const auto found = mail::parse_address_list(text);
    if (!found || found->empty()) return false;
    for (const std::string& address : *found) {
      if (!mail::parse_address(address, mail::Utf8::allow)) return false;
    }
    for (const std::string& address : *found) {
      if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    }
    return true;
  };
  const auto take_or_note = [&](std::string_view text) {
    if (leads_elsewhere(text)) {
      return import.note(mark, "not carried over: " + kind_of(text) +
                                   "; aliases lead to addresses alone, not to programs, files or lists in files");
    }
    // A backslash keeps sendmail from looking the name up again.
    if (text.starts_with('\\')) text.remove_prefix(1);
    if (!take(text)) import.note(mark, "a target is not carried over, since it is no address");
  };
  for (const std::string_view part : split_list(list)) {
    // Without quotes a comma may be one of the program's line: what follows may be its words.
    if (part.starts_with('|') && part.find_first_of(" \t") != std::string_view::npos) {
      take_or_note(part);
      break;
    }
    const bool several = part.find_first_of("\"<(|/:") == std::string_view::npos && split_words(part).size() > 1;
    if (!several) {
      take_or_note(part);
      continue;
    }
    for (const std::string_view word : split_words(part)) take_or_note(word);
  }
  return addresses;
}

void settle_aliases(Proposal& proposal, const mail::Aliases& of_file) {
  // What catches all mail for Postern may have been no such thing for the program, or is narrowed here.
  const bool catches = of_file.contains("*") && !proposal.aliases.contains("*");
  proposal.no_aliases_file = !proposal.followed_etc_aliases || catches;
  if (proposal.no_aliases_file) return;
  const auto same = [](std::string_view said, const std::string& carried) {
    return (said.starts_with('\\') ? said.substr(1) : said) == carried;
  };
  std::erase_if(proposal.aliases, [&](const auto& alias) {
    const auto found = of_file.find(alias.first);
    return found != of_file.end() && std::ranges::equal(found->second, alias.second, same);
  });
}

Result<void> add_aliases(Import& import, const std::string& path, const AliasesStyle& style) {
  const auto file = import.find(path);
  if (!file) return file.error();
  if (path == mail::kMachinesAliases) import.proposal.followed_etc_aliases = true;
  if (!*file) return {};
  std::map<std::string, Mark> marks;
  for (const Line& line : alias_lines(**file, style)) {
    const Mark mark = (*file)->mark(line);
    const std::size_t colon = end_of_name(line.text);
    if (colon == std::string::npos) {
      import.note(mark, "not carried over: this is no alias, since there is no colon after its name");
      continue;
    }
    const std::string name = to_lower(without_quotes(trim(std::string_view(line.text).substr(0, colon))));
    std::vector<std::string> targets = addresses_of(import, mark, std::string_view(line.text).substr(colon + 1));
    if (!style.catch_all.empty() && name == style.catch_all) {
      add_alias(import, mark, "*", std::move(targets));
    } else if (name.starts_with('/') || name.find_first_of("@*") != std::string::npos ||
               !mail::parse_address(name, mail::Utf8::allow)) {
      import.note(mark, "not carried over: an alias is the name of a local user, without a domain");
    } else if (name == "default" && !settings::user_named(name)) {
      import.note(mark,
                  "not carried over: there is no user of this name; it stands for all names in msmtp's files alone");
    } else {
      add_alias(import, mark, name, std::move(targets));
      marks.try_emplace(name, mark);
    }
  }
  leave_out_circles(import, marks, Mark{(*file)->name});
  return {};
}

void narrow_catch_all(Import& import, const Mark& mark) {
  auto& aliases = import.proposal.aliases;
  const auto all = aliases.find("*");
  if (all == aliases.end()) return;
  aliases.try_emplace("root", all->second);
  aliases.erase(all);
  import.note(mark,
              "the alias of all local names is carried over for root alone: this domain is Postern's own now, and mail "
              "for all of its mailboxes would be caught; give 'aliases' for the local names that get mail");
}

}  // namespace postern::setup
