#include "queue/alarm_judge.h"

#include "base/text.h"
#include "mail/advice.h"
#include "mail/date.h"
#include "mail/encoded_words.h"
#include "mail/quoted_printable.h"
#include "mail/wrap.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace postern::queue {
namespace {

constexpr Seconds kNotYet{365 * 86'400};

/// A sentence with a blank before it; nothing where nothing waits.
std::string messages(std::size_t count) {
  if (count == 0) return {};
  return count == 1 ? std::string(" 1 message waits.") : fmt::format(" {} messages wait.", count);
}

std::string site_words(const AlarmJudge::Site& site) {
  const mail::SiteTrouble& trouble = *site.trouble;
  std::string advice = mail::advice_or_check(trouble, site.name);
  if (advice.empty()) advice = "show its words to whoever runs it, unless they tell you what to change here";
  return fmt::format("{} {}: {}.{} What to do: {}.", site.name,
                     trouble.login_refused ? "refuses the login" : "cannot be used", printable(trouble.text),
                     messages(site.waiting), advice);
}

std::string who(const std::string& sender, std::size_t count) {
  return printable(count == 1 ? sender : fmt::format("{} senders, {} first", count, sender));
}

/// "main does", "main, backup do".
std::string subject_words(const std::vector<std::string>& sites, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", fmt::join(sites, ", "), sites.size() == 1 ? one : many);
}

/// Of so many, of which this is the first, at these sites.
std::string sender_words(const AlarmJudge::SenderTrouble& first, std::size_t count,
                         const std::vector<std::string>& sites) {
  std::string advice = mail::advice(first.refusal, first.at);
  if (advice.empty()) advice = "see whether the account may send as this sender";
  return fmt::format("{} not take mail of {}: {}. It waits. What to do: {}.", subject_words(sites, "does", "do"),
                     who(first.sender, count), printable(first.refusal.text), advice);
}

void note_site(std::vector<std::string>& sites, const std::string& site) {
  if (std::ranges::find(sites, site) == sites.end()) sites.push_back(site);
}

std::string doubt_words(std::size_t doubtful) {
  const std::string count = doubtful == 1 ? "1 message" : fmt::format("{} messages", doubtful);
  return fmt::format(
      "The smarthost refuses {} with words that may be about the account and not about the mail: it "
      "waits. What to do: `postern queue list` shows the words.",
      count);
}

/// In the order of AlarmJudge::directories_.
struct Directory {
  std::size_t AlarmJudge::Seen::* count;
  std::string_view name;
  std::string_view one;   ///< of what is new there
  std::string_view many;  ///< likewise
  std::string_view advice;
  bool can_be_empty;  ///< what is removed is seen
};
constexpr std::array<Directory, 3> kDirectories{{
    {&AlarmJudge::Seen::failed, "failed/", "message was neither delivered nor returned to its sender",
     "messages were neither delivered nor returned to their senders", "`postern queue list --state failed` shows why",
     true},
    {&AlarmJudge::Seen::corrupt, "corrupt/", "file of the queue is damaged and is not delivered",
     "files of the queue are damaged and are not delivered", "`postern queue list --state corrupt` shows them", true},
    {&AlarmJudge::Seen::refused, "refused/", "dropped file was refused and is not delivered",
     "dropped files were refused and are not delivered",
     "the log says why (\"dropped file refused\"); look at them in refused/ of the spool, and remove them", false},
}};

std::string growth_words(const Directory& directory, std::size_t more, std::size_t in_all) {
  const std::string total = in_all == more ? std::string() : fmt::format(" ({} in all)", in_all);
  return fmt::format("{} {}{}: kept in {}. What to do: {}.", more, more == 1 ? directory.one : directory.many, total,
                     directory.name, directory.advice);
}

}  // namespace

std::string_view name(Alarm::What what) { return what == Alarm::What::trouble ? "trouble" : "well"; }

std::optional<Alarm::What> AlarmJudge::judge(Subject& subject, bool bad, Seconds patience, SteadyTime now) {
  if (bad) {
    subject.good_since.reset();
    if (!subject.bad_since) subject.bad_since = now;
    const bool ripe = now - *subject.bad_since >= patience;
    const bool rested = !subject.told || now - *subject.told >= kAlarmGap;
    if (!ripe || !rested || subject.raised) return std::nullopt;
    subject.raised = true;
    subject.told = now;
    return Alarm::What::trouble;
  }
  subject.bad_since.reset();
  if (!subject.good_since) subject.good_since = now;
  if (!subject.raised || now - *subject.good_since < kSettled) return std::nullopt;
  subject.raised = false;
  return Alarm::What::well;
}

std::vector<Alarm> AlarmJudge::look(const Seen& seen, Seconds after, SteadyTime now) {
  std::vector<Alarm> alarms;
  std::erase_if(sites_, [&seen](const auto& known) {
    return std::ranges::find(seen.sites, known.first, &Site::name) == seen.sites.end();
  });
  for (const Site& site : seen.sites) {
    const bool refused = site.trouble && site.trouble->login_refused;
    const auto what = judge(sites_[site.name], site.trouble.has_value(), refused ? Seconds(0) : kPatience, now);
    if (what == Alarm::What::trouble) alarms.push_back({*what, site_words(site)});
    if (what == Alarm::What::well) alarms.push_back({*what, site.name + " works again."});
  }
  look_at_senders(seen, now, alarms);
  look_at_doubt(seen, now, alarms);
  look_at_directories(seen, now, alarms);
  const auto bad = [](const Site& site) { return site.trouble.has_value(); };
  if (!seen.sites.empty() && std::ranges::all_of(seen.sites, bad)) none_was_well_ = now;
  if (none_was_well_ && now - *none_was_well_ < kAftermath) return alarms;
  const bool old = after > Seconds(0) && seen.oldest && *seen.oldest > after;
  const auto what = judge(age_, old, Seconds(0), now);
  if (what == Alarm::What::trouble) {
    const std::string age = to_words(std::chrono::floor<Seconds>(*seen.oldest));
    alarms.push_back({*what, fmt::format("The oldest message has waited for {}.{} What to do: `postern queue list` "
                                         "shows why each one waits.",
                                         age, messages(seen.waiting))});
  }
  if (what == Alarm::What::well) alarms.push_back({*what, "No message waits for too long any more."});
  return alarms;
}

void AlarmJudge::look_at_senders(const Seen& seen, SteadyTime now, std::vector<Alarm>& alarms) {
  const bool rested = !senders_told_ || now - *senders_told_ >= kAlarmGap;
  const SenderTrouble* ripe = nullptr;
  std::set<std::pair<std::string, std::string>> bad;
  for (const SenderTrouble& one : seen.senders) {
    Subject& subject = senders_[*bad.emplace(one.at, one.sender).first];
    const bool waits = !subject.raised && !rested;
    if (judge(subject, true, waits ? kNotYet : kPatience, now) && ripe == nullptr) ripe = &one;
  }
  if (ripe != nullptr) {
    // Those that come to be ripe a moment later are told of now, too.
    std::size_t count = 1;
    std::vector<std::string> sites = {ripe->at};
    for (const SenderTrouble& one : seen.senders) {
      Subject& subject = senders_[{one.at, one.sender}];
      if (&one != ripe && (!subject.raised || subject.told == now)) {
        ++count;
        note_site(sites, one.at);
      }
      if (!std::exchange(subject.raised, true)) subject.told = now;
    }
    senders_told_ = now;
    alarms.push_back({Alarm::What::trouble, sender_words(*ripe, count, sites)});
  }
  std::vector<std::pair<std::string, std::string>> well;
  for (auto& [whose, subject] : senders_) {
    if (!bad.contains(whose) && judge(subject, false, kPatience, now)) well.push_back(whose);
  }
  std::erase_if(senders_, [&](const auto& one) {
    const Subject& subject = one.second;
    const bool may_come_back = subject.told && now - *subject.told < kAlarmGap;
    return !bad.contains(one.first) && !subject.raised && !may_come_back;
  });
  if (well.empty()) return;
  const bool all = std::ranges::none_of(senders_, [](const auto& one) { return one.second.raised; });
  std::vector<std::string> sites;
  for (const auto& [at, sender] : well) note_site(sites, at);
  const std::string taken =
      fmt::format("{} mail again of {}.", subject_words(sites, "takes", "take"), who(well.front().second, well.size()));
  alarms.push_back({Alarm::What::well, all ? "No sender's mail is refused any more." : taken});
}

void AlarmJudge::look_at_doubt(const Seen& seen, SteadyTime now, std::vector<Alarm>& alarms) {
  const bool rested = !doubt_.told || now - *doubt_.told >= kAlarmGap;
  if (doubt_.raised && rested && seen.doubtful >= 2 * doubt_told_) doubt_.raised = false;
  const auto what = judge(doubt_, seen.doubtful > 0, Seconds(0), now);
  if (what == Alarm::What::trouble) {
    doubt_told_ = seen.doubtful;
    alarms.push_back({*what, doubt_words(seen.doubtful)});
  }
  if (what == Alarm::What::well) {
    alarms.push_back({*what, "No message is refused any more by words that may be about the account."});
  }
}

void AlarmJudge::look_at_directories(const Seen& seen, SteadyTime now, std::vector<Alarm>& alarms) {
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    Growth& growth = directories_.at(i);
    const Directory& directory = kDirectories.at(i);
    const std::size_t count = seen.*directory.count;
    const std::size_t known = std::min(growth.known.value_or(count), count);  // somebody may have tidied up
    growth.known = known;
    growth.untold = count > known;
    if (growth.untold && (!growth.told || now - *growth.told >= kAlarmGap)) {
      alarms.push_back({Alarm::What::trouble, growth_words(directory, count - known, count), directory.can_be_empty});
      growth = {count, now, false, true};
    } else if (count == 0 && growth.raised && directory.can_be_empty) {
      alarms.push_back({Alarm::What::well, fmt::format("{} is empty again.", directory.name)});
      growth.raised = false;
    }
  }
}

bool AlarmJudge::open() const {
  const auto unsettled = [](const Subject& subject) { return subject.raised || subject.bad_since; };
  const auto grew = [](const Growth& growth) { return growth.untold; };
  return unsettled(age_) || unsettled(doubt_) || std::ranges::any_of(directories_, grew) ||
         std::ranges::any_of(senders_, unsettled, &decltype(senders_)::value_type::second) ||
         std::ranges::any_of(sites_, unsettled, &decltype(sites_)::value_type::second);
}

std::string alarm_text(const AlarmMail& mail, const Alarm& alarm) {
  const bool trouble = alarm.what == Alarm::What::trouble;
  std::string text = "From: MAILER-DAEMON@" + mail.domain + " (Mail relay on " + mail.hostname + ")\n";
  // An address with other letters is shown as a group without members (RFC 6857 3.1.8).
  text += "To: " + (is_ascii(mail.to) ? mail.to : mail::encode_words(mail.to) + " :;") + "\n";
  text += fmt::format("Subject: Mail relay on {}: {}\n", mail.hostname, trouble ? "trouble" : "well again");
  text += "Date: " + mail::format_date(mail.now, std::chrono::minutes(0)) + "\n";
  text += "Message-ID: <" + mail.id + "@" + mail.hostname + ">\n";
  text += "Auto-Submitted: auto-generated\n";  // RFC 3834 5
  text += "MIME-Version: 1.0\n";
  std::string words = mail::wrap(alarm.text, "") + "\n";
  if (trouble) words += "\n";
  if (trouble && alarm.taken_back) words += "Another message tells when this is over. ";
  if (trouble) words += "`postern status` shows how it is now.\n";
  return text + mail::text_part(words);
}

}  // namespace postern::queue
