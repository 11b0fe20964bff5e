#include "mail/report_words.h"

#include "mail/advice.h"
#include "mail/date.h"
#include "mail/original_recipient.h"
#include "mail/wrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace postern::mail {
namespace {

constexpr std::array kTellingOrder = {Action::failed, Action::delayed, Action::relayed};

// For the one who wrote the message; what mail/advice knows is for who runs the machine. By the classes of RFC 3463,
// the particular before the general.
struct Meaning {
  std::string_view code;  ///< the second and third number, or the second alone
  std::string_view why;
  std::string_view what_to_do;
};

constexpr std::string_view kAskAnother = "reach the recipient in another way, and ask for another address";
constexpr std::string_view kSendLess = "send less, or a link in its place";
constexpr std::string_view kAskAdministrator = "show this report to your administrator";

constexpr std::array kMeanings{
    Meaning{"1.1", "there is no mailbox with this address",
            "check the address for typing errors, or ask the recipient for the right one"},
    Meaning{"1.2", "the part of the address after the @ leads to no mail server", "check that part of the address"},
    Meaning{"1.3", "the address is not written as an address must be",
            "write it like name@example.com, and send the message there again"},
    Meaning{"1.6", "the recipient has moved, and this address takes no mail any more", kAskAnother},
    Meaning{"1.7", "the server does not accept the address that the message comes from", kAskAdministrator},
    Meaning{"1.8", "the server does not accept the address that the message comes from", kAskAdministrator},
    // Microsoft says 1.10 and 4.1 of an address that it does not know, RFC 7505 1.10 of a domain without mail.
    Meaning{"1.10", "there is no mailbox with this address",
            "check the address for typing errors, or ask the recipient for the right one"},
    Meaning{"1", "the server takes no mail for this address", "check the address"},
    Meaning{"2.1", "the recipient's mailbox is closed", kAskAnother},
    Meaning{"2.2", "the recipient's mailbox is full",
            "reach the recipient in another way, and send the message again later"},
    Meaning{"2.3", "the message is too large for this recipient", kSendLess},
    Meaning{"2", "the recipient's mailbox does not take the message", kAskAnother},
    Meaning{"3.4", "the message is too large for the server", kSendLess},
    Meaning{"3", "the recipient's mail system cannot take the message", {}},
    Meaning{"4.1", "the server takes no mail for this address",
            "check the address for typing errors, or ask the recipient for the right one"},
    Meaning{"4.4", "the part of the address after the @ leads to no mail server", "check that part of the address"},
    Meaning{"4.310", "the part of the address after the @ leads to no mail server", "check that part of the address"},
    Meaning{"4.312", "the part of the address after the @ leads to no mail server", "check that part of the address"},
    Meaning{"4.6", "the message went from server to server in a circle", kAskAdministrator},
    Meaning{"4", "the recipient's mail system cannot be reached", {}},
    Meaning{"6.7", "the address has letters that a server on the way does not know",
            "use another address of the recipient"},
    Meaning{"6", "the server does not take what the message holds, or the way it is written", kAskAdministrator},
    Meaning{"7", "the server refuses the message by its rules", kAskAdministrator},
};

constexpr Meaning kUnknown{{}, "the server refuses it", {}};

const Meaning& meaning_of(const Status& status) {
  if (!is_enhanced(status.enhanced)) return kUnknown;
  const std::string_view detail = std::string_view(status.enhanced).substr(status.enhanced.find('.') + 1);
  const std::string_view subject = detail.substr(0, detail.find('.'));
  const auto* const found =
      std::ranges::find_if(kMeanings, [&](const Meaning& one) { return one.code == detail || one.code == subject; });
  return found == kMeanings.end() ? kUnknown : *found;
}

/// "5d12h" -> "5 days 12 hours"
std::string in_words(std::string_view duration) {
  constexpr std::array<std::pair<char, std::string_view>, 4> kUnits{
      {{'d', "day"}, {'h', "hour"}, {'m', "minute"}, {'s', "second"}}};
  std::string words;
  std::string number;
  for (const char c : duration) {
    const auto unit = std::ranges::find(kUnits, c, &std::pair<char, std::string_view>::first);
    if (unit == kUnits.end()) {
      number += c;
      continue;
    }
    words += (words.empty() ? "" : " ") + number + " " + std::string(unit->second) + (number == "1" ? "" : "s");
    number.clear();
  }
  return words;
}

/// Nobody answered the end of the data: RFC 3463's "bad connection", which only we say.
bool may_have_arrived(const BouncedRecipient& one) {
  return one.status.code == 0 && one.status.enhanced == "4.4.2" && !one.expired_after.empty();
}

/// It is tried again, and nothing says that it will be refused for good.
bool is_only_late(const BouncedRecipient& one) { return one.action == Action::delayed && !one.status.doubtful; }

/// Our own words say more than the meaning of the code that we chose for them, but for those about letters.
bool is_in_technical_words(const Status& status) { return status.code == 0 && status.enhanced == "5.6.7"; }

std::string why(const BouncedRecipient& one) {
  const std::string tried = "it was tried again and again for " + in_words(one.expired_after);
  if (may_have_arrived(one)) {
    return tried + ", and the last time the connection was lost before the server said whether it took it";
  }
  if (!one.expired_after.empty()) return tried + ", and nobody took it";
  if (one.status.code == 0 && !is_in_technical_words(one.status)) return one_line(one.status.text);
  if (is_only_late(one)) return "the server did not take it, but may do so later";
  return (one.action == Action::delayed ? "so far, " : "") + std::string(meaning_of(one.status).why);
}

/// What the server said, or our own finding behind a reason of another kind; may be empty.
std::string said(const BouncedRecipient& one) {
  const bool expired = !one.expired_after.empty();
  if (one.status.code == 0) {
    if (may_have_arrived(one) || (!expired && !is_in_technical_words(one.status))) return {};
    return fmt::format("{}: {}.", expired ? "The last time" : "In technical words", one_line(one.status.text));
  }
  return fmt::format("The server {}said{}: \"{}\"", one.host.empty() ? "" : one_line(one.host) + " ",
                     expired ? " the last time" : "", one_line(to_text(one.status)));
}

std::string what_to_do(const BouncedRecipient& one) {
  if (one.action == Action::relayed) return {};
  if (may_have_arrived(one)) return "it may have arrived all the same, so ask the recipient before you send it again";
  if (const std::string help = advice(one.status, {}); !help.empty()) {
    return std::string(kAskAdministrator) + ", for whom this is: " + help;
  }
  if (!one.expired_after.empty()) {
    const std::string ask = one.status.code == 0 ? std::string(kAskAdministrator) + ", and " : std::string();
    return ask + "send the message again if it still matters";
  }
  if (is_only_late(one)) return {};
  const std::string_view help = meaning_of(one.status).what_to_do;
  if (!help.empty()) return std::string(help);
  const std::string_view read = one.status.code == 0 ? "" : "if the server's words do not tell you, ";
  return fmt::format("{}ask the recipient in another way, or your administrator", read);
}

std::string name_of(const BouncedRecipient& one) {
  if (!one.unread.empty()) return wrap("The recipient that was given as: " + one_line(one.unread), kIndent) + "\n";
  const std::string name = "<" + one_line(one.recipient.address) + ">";
  const std::string original = original_of(one.recipient);
  if (original.empty()) return name + "\n";
  // Who wrote to an alias may never have heard of this address.
  return wrap(name + ", who gets the mail for <" + one_line(original) + ">", kIndent) + "\n";
}

std::string answer_of(const BouncedRecipient& one) {
  std::string words;
  const auto paragraph = [&words](std::string_view lead, const std::string& text, std::string_view end) {
    if (!text.empty()) words += wrap(fmt::format("{}{}{}{}", kIndent, lead, text, end), kIndent) + "\n";
  };
  if (one.action != Action::relayed) paragraph("Why: ", why(one), ".");
  paragraph({}, said(one), {});
  paragraph("What to do: ", what_to_do(one), ".");
  return words;
}

/// Whom the action came to, under each answer once: a server that refuses a hundred says the same of most.
std::string list_of(const std::vector<BouncedRecipient>& recipients, Action action) {
  struct Group {
    std::string names;
    std::string answer;
  };
  std::vector<Group> groups;
  std::unordered_map<std::string, std::size_t> known;
  for (const BouncedRecipient& one : recipients) {
    if (one.action != action) continue;
    const auto [place, first] = known.try_emplace(answer_of(one), groups.size());
    if (first) groups.push_back({{}, place->first});
    groups[place->second].names += name_of(one);
  }
  std::string list;
  for (const Group& one : groups) list += "\n" + one.names + one.answer;
  return list;
}

/// Goes on after "The message that SENDER sent" or "It".
std::string became(Action action, bool one, const std::string& until) {
  const std::string_view whom = one ? "this recipient" : "these recipients";
  switch (action) {
    case Action::failed: return fmt::format("could not be delivered to {}, and will not be tried again:\n", whom);
    case Action::delayed:
      return fmt::format(
          "has not been delivered to {} yet, and is still being tried{}.\n"
          "You need not send it again.\n",
          whom, until);
    case Action::relayed:
      return fmt::format(
          "was handed on to the next server for {}, as you wanted to know.\n"
          "That server sends no reports of success, so you will not hear of the delivery itself.\n",
          whom);
  }
  return {};
}

}  // namespace

std::string date_for_people(WallTime time, std::chrono::minutes utc_offset) {
  const std::string date = format_date(time, utc_offset);
  const std::string_view whole = date;
  const std::size_t zone_at = whole.rfind(' ');
  const std::size_t time_at = whole.rfind(' ', zone_at - 1);
  const std::string_view zone = whole.substr(zone_at + 1);
  const std::string named =
      utc_offset == std::chrono::minutes(0) ? "UTC" : fmt::format("(UTC{}:{})", zone.substr(0, 3), zone.substr(3));
  return fmt::format("{} at {} {}", whole.substr(0, time_at), whole.substr(time_at + 1, zone_at - time_at - 1), named);
}

std::string who_tells(const Reporter& reporter) {
  return "This is the mail program of the computer " + one_line(reporter.hostname) + ".\n";
}

std::string told_to_people(const Told& told, const Reporter& reporter, const Envelope& envelope,
                           const std::vector<BouncedRecipient>& recipients,
                           const std::optional<WallTime>& retry_until) {
  const std::string sender = one_line(envelope.sender);
  std::string words = wrap(fmt::format("{}The message that <{}> sent", told.number, sender), kIndent) + "\n";
  words += "on " + date_for_people(envelope.accepted, reporter.utc_offset);
  std::string_view with = " with";
  const auto name = [&](std::string_view what, const std::string& value) {
    if (value.empty()) return;
    words += fmt::format("{} the {}\n\n{}\n\n", with, what, wrap(std::string(kIndent) + value, kIndent));
    with = "and";
  };
  name("subject", shown_subject(told.subject));
  name("Message-ID", one_line(told.message_id));
  if (!words.ends_with('\n')) words += '\n';

  const std::string until =
      retry_until ? ",\nuntil " + date_for_people(*retry_until, reporter.utc_offset) : std::string();
  std::string_view subject_of_sentence;
  for (const Action action : kTellingOrder) {
    const auto count = std::ranges::count(recipients, action, &BouncedRecipient::action);
    if (count == 0) continue;
    words += fmt::format("{}{}{}", subject_of_sentence, became(action, count == 1, until), list_of(recipients, action));
    subject_of_sentence = "\nIt ";
  }
  return words;
}

}  // namespace postern::mail
