#include "relay/refusals.h"

#include "base/text.h"
#include "relay/folded_words.h"
#include "relay/refusal_tables.h"

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
  bool sure = false;  ///< of the site or the sender: no message brings this answer about by what it holds
  Table unless{};     ///< words that take it back
};

// The first that knows the answer decides. Within a section the order is of no matter.
constexpr std::array kSections{
    Section{Blame::recipient, kAtRcpt, Section::By::words, kRecipientsChoice},
    Section{Blame::sender, kAtRcpt, Section::By::words, kSenderAddress},
    Section{Blame::recipient, kAtRcpt, Section::By::enhanced, kRecipientCodesFirst, false, kRelaying},
    Section{Blame::size, kAnywhere, Section::By::words, kSizeFirst},
    Section{Blame::recipient, kAnywhere, Section::By::words, kRecipientFirst},
    Section{Blame::recipient, kAnywhere, Section::By::enhanced, kRecipientReceives},
    Section{Blame::connection, kAnywhere, Section::By::words, kConnection},
    Section{Blame::site, kAnywhere, Section::By::enhanced, kSiteCodes, true},
    Section{Blame::site, kAtMail, Section::By::enhanced, kSiteCodesAtMail, true},
    Section{Blame::site, kAnywhere, Section::By::words, kBlockedFirst},
    Section{Blame::sender, kAnywhere, Section::By::enhanced, kSenderCodes, true},
    Section{Blame::crowded, kAnywhere, Section::By::words, kCrowdedFirst},
    Section{Blame::site, kAnywhere, Section::By::words, kQuota},
    Section{Blame::site, kAtMail | kAtRcpt, Section::By::words, kQuotaPerhaps},
    Section{Blame::crowded, kAnywhere, Section::By::words, kCrowded},
    Section{Blame::recipients, kAtRcpt, Section::By::words, kRecipients},
    Section{Blame::recipients, kAtRcpt, Section::By::enhanced, kRecipientsCodes},
    Section{Blame::sender, kAnywhere, Section::By::words, kSenderSure, true},
    Section{Blame::site, kAnywhere, Section::By::words, kMachineFirst},
    Section{Blame::content, kAnywhere, Section::By::enhanced, kContentCodes},
    Section{Blame::content, kAtText, Section::By::enhanced, kContentCodesAtText},
    Section{Blame::content, kAtText, Section::By::words, kContentFirst},
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
    Section{Blame::size, kAnywhere, Section::By::words, kSize},
    Section{Blame::recipient, kAtRcpt, Section::By::enhanced, kRecipientCodes},
    Section{Blame::recipient, kAtRcpt, Section::By::words, kRecipient},
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

unsigned place_of(Asked asked) {
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

/// Nobody is given up in words that say that this is for now.
bool takes_back(const Section& section, const smtp::Reply& refusal, std::string_view said) {
  const bool gives_up = section.blame == Blame::recipient || section.blame == Blame::content;
  return gives_up && section.by == Section::By::words && refusal.permanent() && says(said, kAgain);
}

Finding find(Asked asked, const smtp::Reply& refusal) {
  // Also in the words of another: whoever is still finding out says nothing yet.
  if (refusal.transient() && says(folded_words(refusal), kWait)) return {Blame::unknown, false};
  const std::string said = own_words(refusal);
  const bool of_login = std::ranges::find(kSiteReplies, refusal.code) != kSiteReplies.end();
  if (of_login && !names_sender(said)) return {Blame::site, true};
  const std::string enhanced = enhanced_of(refusal, said);
  const unsigned place = place_of(asked);
  for (const Section& section : kSections) {
    if ((section.where & place) == 0) continue;
    const bool found = section.by == Section::By::words
                           ? says(said, section.rows)
                           : any_row(section.rows, [&](std::string_view row) { return is_code(enhanced, row); });
    if (!found || says(said, section.unless)) continue;
    if (takes_back(section, refusal, said)) return {Blame::unknown, false};
    return {section.blame, section.sure || refusal.code == kTooManyConnections};
  }
  if (asked == Asked::rcpt && refusal.code == kNotLocal) return {Blame::site, false};
  const bool of_sender = asked == Asked::mail && refuses_address(refusal, enhanced);
  return {of_sender ? Blame::sender : Blame::unknown, false};
}

}  // namespace

Blame blame_of(Asked asked, const smtp::Reply& refusal) { return find(asked, refusal).blame; }

bool by_words_alone(Asked asked, const smtp::Reply& refusal) {
  const Finding found = find(asked, refusal);
  const bool trouble = found.blame == Blame::site || found.blame == Blame::crowded || found.blame == Blame::sender;
  return trouble && !found.sure;
}

bool says_crowded(const smtp::Reply& refusal) {
  const std::string said = own_words(refusal);
  return says(said, kCrowdedFirst) || says(said, kCrowded);
}

}  // namespace postern::relay
