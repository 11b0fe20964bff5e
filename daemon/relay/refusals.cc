#include "relay/refusals.h"

#include "base/text.h"
#include "relay/folded_words.h"
#include "relay/refusal_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::relay {
namespace {

using namespace tables;

constexpr unsigned kAtMail = 1;
constexpr unsigned kAtRcpt = 2;
constexpr unsigned kAtText = 4;
constexpr unsigned kAnywhere = kAtMail | kAtRcpt | kAtText;

struct Section {
  Blame blame;
  unsigned where;
  enum class By { words, enhanced } by;
  Table rows;
  bool sure = false;    ///< of the site or the sender: no message brings this answer about by what it holds
  Table unless{};       ///< words that take it back: the sections behind it are asked
  Table doubt{};        ///< words with which nobody knows whose it is
  Table with{};         ///< if any: one of these words must be there, too
  Table codes{};        ///< if any: one of these codes likewise
  bool clause = false;  ///< the words stand in one clause
};

// The first that knows the answer decides. Within a section the order is of no matter.
constexpr std::array kSections{
    Section{Blame::recipient, kAtRcpt, Section::By::words, kRecipientsChoice},
    Section{Blame::sender, kAtRcpt, Section::By::words, kSenderAddress},
    Section{Blame::recipient, kAtRcpt, Section::By::enhanced, kRecipientCodesFirst, false, kRelaying},
    Section{Blame::size, kAnywhere, Section::By::words, kSizeFirst},
    Section{Blame::recipient, kAnywhere, Section::By::words, kRecipientSure},
    Section{.blame = Blame::recipient,
            .where = kAnywhere,
            .by = Section::By::words,
            .rows = kRecipientFirst,
            .doubt = kOurs,
            .clause = true},
    Section{Blame::recipient, kAnywhere, Section::By::enhanced, kRecipientReceives},
    Section{Blame::connection, kAnywhere, Section::By::words, kConnection},
    Section{Blame::site, kAnywhere, Section::By::enhanced, kSiteCodes, true},
    Section{Blame::site, kAtMail, Section::By::enhanced, kSiteCodesAtMail, true},
    Section{Blame::site, kAnywhere, Section::By::words, kBlockedFirst},
    Section{Blame::sender, kAnywhere, Section::By::enhanced, kSenderCodes, true},
    Section{Blame::crowded, kAnywhere, Section::By::words, kCrowdedFirst},
    Section{Blame::site, kAnywhere, Section::By::words, kQuota},
    Section{.blame = Blame::recipient,
            .where = kAtRcpt,
            .by = Section::By::words,
            .rows = kMailQuota,
            .unless = kYou,
            .codes = kFullCodes},
    Section{Blame::site, kAnywhere, Section::By::words, kMailQuota},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kQuotaPerhaps},
    Section{Blame::crowded, kAnywhere, Section::By::words, kCrowded},
    Section{Blame::recipients, kAtRcpt, Section::By::words, kRecipients},
    Section{Blame::recipients, kAtRcpt, Section::By::enhanced, kRecipientsCodes},
    Section{Blame::sender, kAnywhere, Section::By::words, kSenderSure, true},
    Section{Blame::site, kAnywhere, Section::By::words, kMachineFirst},
    Section{Blame::content, kAnywhere, Section::By::enhanced, kContentCodes},
    Section{Blame::content, kAtText, Section::By::enhanced, kContentCodesAtText},
    Section{Blame::content, kAtText, Section::By::words, kContentFirst, false, kNotContent},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kLoginFirst},
    Section{Blame::sender, kAnywhere, Section::By::words, kSender},
    Section{Blame::recipient, kAtRcpt | kAtText, Section::By::words, kRecipientListed},
    Section{Blame::site, kAtMail, Section::By::words, kBlockedAtMail},
    Section{Blame::site, kAnywhere, Section::By::words, kBlocked},
    Section{Blame::site, kAnywhere, Section::By::words, kLogin},
    Section{Blame::site, kAnywhere, Section::By::words, kPassword},
    Section{Blame::site, kAnywhere, Section::By::words, kRelaying},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kRelayingOfAddress},
    Section{Blame::site, kAnywhere, Section::By::words, kMachine},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kMachinePerhaps},
    Section{Blame::sender, kAtMail, Section::By::words, kSenderAtMail},
    Section{Blame::size, kAnywhere, Section::By::enhanced, kSizeCodes},
    Section{.blame = Blame::size,
            .where = kAtMail | kAtRcpt,
            .by = Section::By::words,
            .rows = kSize,
            .unless = kOfStore,
            .with = kOfMessage},
    Section{Blame::size, kAtText, Section::By::words, kSize, false, kOfStore},
    Section{Blame::recipient, kAtRcpt, Section::By::enhanced, kRecipientCodes},
    Section{.blame = Blame::recipient,
            .where = kAtRcpt,
            .by = Section::By::words,
            .rows = kRecipient,
            .unless = kOurs,
            .doubt = kOursPerhaps},
    Section{
        .blame = Blame::content, .where = kAtText, .by = Section::By::words, .rows = kSpam, .unless = kSpamOfAccount},
    Section{Blame::content, kAtText, Section::By::words, kContent},
    Section{Blame::site, kAtText, Section::By::words, kQuotaPerhaps},
    Section{Blame::site, kAtText, Section::By::words, kMachinePerhaps},
    Section{Blame::site, kAnywhere, Section::By::words, kYourQuota},
};

bool holds(std::string_view text, std::string_view pattern) {
  for (;;) {
    const std::size_t star = std::min(pattern.find('*'), pattern.size());
    const std::size_t found = text.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    if (star == pattern.size()) return true;
    text.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
}

/// One of the table's rows is true.
template <typename Predicate>
bool any_row(Table table, Predicate holds_for) {
  while (!table.empty()) {
    const std::size_t comma = std::min(table.find(','), table.size());
    std::string row(trim(table.substr(0, comma)));
    std::ranges::replace(row, '_', ' ');
    if (holds_for(std::string_view(row))) return true;
    table.remove_prefix(std::min(comma + 1, table.size()));
  }
  return false;
}

bool is_code(std::string_view enhanced, std::string_view row) {
  const bool refuses = enhanced.starts_with('4') || enhanced.starts_with('5');
  const std::string_view tail = row.substr(1);
  if (!refuses || (row.front() != 'x' && row.front() != enhanced.front())) return false;
  if (tail.ends_with('*')) return enhanced.substr(1).starts_with(tail.substr(0, tail.size() - 1));
  return enhanced.substr(1) == tail;
}

bool says(std::string_view folded, Table table) {
  return any_row(table, [&](std::string_view row) { return holds(folded, row); });
}

void replace_all(std::string& text, std::string_view words, std::string_view instead) {
  for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos; at += instead.size()) {
    text.replace(at, words.size(), instead);
  }
}

/// Without what Postfix puts before the words of another.
std::string without_prefix(std::string said) {
  replace_all(said, kRecipientRejected, "");
  return said;
}

/// "Your message" is no more than this one, and nobody's account; nor is what the sender shall look at or ask, or
/// a table of Postfix's.
std::string of_no_owner(std::string said) {
  replace_all(said, " your message", " the message");
  replace_all(said, " relay recipient table", " recipient table");
  for (const std::string verb : {"check", "verify", "contact", "ask"}) {
    replace_all(said, ' ' + verb + " your ", ' ' + verb + " the ");
  }
  for (const std::string what : {"mail ", "email "}) {
    for (const std::string verb : {"was ", "is ", "has ", "cannot ", "could ", "contains "}) {
      replace_all(said, fmt::format(" your {}{}", what, verb), fmt::format(" the {}{}", what, verb));
    }
  }
  return said;
}

unsigned order_of(Asked asked) {
  switch (asked) {
    case Asked::reset:
    case Asked::mail: return kAtMail;
    case Asked::rcpt: return kAtRcpt;
    case Asked::data:
    case Asked::text: break;
  }
  return kAtText;
}

/// The address is refused in its form, or by a name that is not allowed (RFC 5321 4.2.3): at MAIL that is the sender's.
bool refuses_address(const smtp::Reply& refusal, std::string_view enhanced) {
  if (refusal.code == 553) return true;
  return refusal.code == 501 && (enhanced.empty() || enhanced == "5.5.4");
}

struct Finding {
  Blame blame;
  bool sure;
  bool relaying = false;
};

/// That of the reply, else one behind a "#" in its words: qmail and Cisco.
std::string enhanced_of(const smtp::Reply& refusal, std::string_view said) {
  if (std::string enhanced = refusal.enhanced(); !enhanced.empty()) return enhanced;
  const std::size_t mark = said.find('#');
  if (mark == std::string_view::npos) return {};
  const std::string_view code = said.substr(mark + 1);
  smtp::Reply behind;
  behind.code = refusal.code;
  behind.lines.emplace_back(code.substr(0, code.find_first_not_of("0123456789.")));
  return behind.enhanced();
}

/// It names a sender, and no login: some say so with the code of a login (Postal: 530, Oracle: 535).
bool names_sender(std::string_view said) { return says(said, kSender) && !says(said, kLogin); }

/// What a server says, as the sections want it.
struct Said {
  explicit Said(const smtp::Reply& refusal)
      : words(without_prefix(own_words(refusal))),
        without_links(of_no_owner(without_prefix(own_words_without_links(refusal)))),
        enhanced(enhanced_of(refusal, words)) {}

  std::string words;
  std::string without_links;  ///< and without an owner of this message
  std::string enhanced;
};

/// This gives somebody up.
bool gives_up(const Section& section) {
  return section.blame == Blame::recipient || section.blame == Blame::content || section.blame == Blame::size;
}

/// No "*" of the table reaches over the end of a clause.
bool says_in_a_clause(std::string_view folded, Table table) {
  constexpr std::size_t kShortest = 8;  // that a row could stand in
  std::string clause;
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const char next = i + 1 < folded.size() ? folded[i + 1] : ' ';
    const bool ends = folded[i] == ':' || folded[i] == ';' || (folded[i] == '.' && next == ' ');
    clause += ends ? ' ' : folded[i];
    if (!ends && i + 1 < folded.size()) continue;
    if (clause.size() >= kShortest && says(clause, table)) return true;
    clause.clear();
  }
  return false;
}

bool knows(const Section& section, const Said& said) {
  const auto is_coded = [&](Table codes) {
    return any_row(codes, [&](std::string_view row) { return is_code(said.enhanced, row); });
  };
  if (section.by == Section::By::enhanced) return is_coded(section.rows) && !says(said.words, section.unless);
  const std::string& words = gives_up(section) ? said.without_links : said.words;
  const bool found = section.clause ? says_in_a_clause(words, section.rows) : says(words, section.rows);
  if (!found || says(words, section.unless)) return false;
  return (section.with.empty() || says(words, section.with)) && (section.codes.empty() || is_coded(section.codes));
}

/// Nobody is given up in words that say that this is for now, or that may be of another.
bool is_doubtful(const Section& section, const smtp::Reply& refusal, const Said& said) {
  if (!gives_up(section) || section.by != Section::By::words || !refusal.permanent()) return false;
  return (section.blame != Blame::size && says(said.words, kAgain)) || says(said.without_links, section.doubt);
}

Finding find(Asked asked, const smtp::Reply& refusal) {
  // Also in the words of another: whoever is still finding out says nothing yet.
  if (refusal.transient() && says(folded_words(refusal), kWait)) return {Blame::unknown, false};
  const Said said(refusal);
  const bool of_login = std::ranges::find(kSiteReplies, refusal.code) != kSiteReplies.end();
  if (of_login && !names_sender(said.words)) return {Blame::site, true};
  const unsigned place = order_of(asked);
  for (const Section& section : kSections) {
    if ((section.where & place) == 0 || !knows(section, said)) continue;
    if (is_doubtful(section, refusal, said)) return {Blame::unknown, false};
    const bool relaying = section.rows == kRelaying || section.rows == kRelayingOfAddress;
    return {section.blame, section.sure || refusal.code == kTooManyConnections, relaying};
  }
  if (asked == Asked::rcpt && refusal.code == kNotLocal) return {Blame::site, false, true};
  const bool of_sender = asked == Asked::mail && refuses_address(refusal, said.enhanced);
  return {of_sender ? Blame::sender : Blame::unknown, false};
}

}  // namespace

Blame blame_of(Asked asked, const smtp::Reply& refusal) { return find(asked, refusal).blame; }

bool by_words_alone(Asked asked, const smtp::Reply& refusal) {
  const Finding found = find(asked, refusal);
  const bool trouble = found.blame == Blame::site || found.blame == Blame::crowded || found.blame == Blame::sender;
  return trouble && !found.sure;
}

bool says_relaying(const smtp::Reply& refusal) {
  if (!refusal.permanent() || says_for_now(refusal)) return false;
  const Finding found = find(Asked::rcpt, refusal);
  return found.blame == Blame::site && !found.sure && found.relaying;
}

bool says_for_now(const smtp::Reply& refusal) { return refusal.permanent() && says(own_words(refusal), kAgain); }

bool may_be_of_dsn(Asked asked, const smtp::Reply& refusal) {
  if (std::ranges::find(kFormReplies, refusal.code) != kFormReplies.end()) return true;
  const Said said(refusal);
  const auto is_said = [&](std::string_view row) { return is_code(said.enhanced, row); };
  if (any_row(kFormCodes, is_said) || says(said.words, kDsn)) return true;
  const bool of_number = refusal.code == kTooManyBytesOrRecipients;
  return refusal.permanent() && !of_number && blame_of(asked, refusal) == Blame::unknown;
}

bool says_crowded(const smtp::Reply& refusal) {
  const std::string said = own_words(refusal);
  return says(said, kCrowdedFirst) || says(said, kCrowded);
}

}  // namespace postern::relay
