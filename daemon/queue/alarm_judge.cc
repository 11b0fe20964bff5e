#include "queue/alarm_judge.h"

#include "base/text.h"
#include "mail/advice.h"
#include "mail/date.h"
#include "mail/wrap.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::queue {
namespace {

std::string messages(std::size_t count) {
  return count == 1 ? std::string("1 message waits") : fmt::format("{} messages wait", count);
}

std::string site_words(const AlarmJudge::Site& site, std::size_t waiting) {
  const mail::SiteTrouble& trouble = *site.trouble;
  const std::string advice = mail::advice_or_check(trouble, site.name);
  return fmt::format("{} {}: {}. {}.{}", site.name, trouble.login_refused ? "refuses the login" : "cannot be used",
                     printable(trouble.text), messages(waiting), advice.empty() ? "" : " What to do: " + advice + '.');
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
    if (what == Alarm::What::trouble) alarms.push_back({*what, site_words(site, seen.waiting)});
    if (what == Alarm::What::well) alarms.push_back({*what, site.name + " works again."});
  }
  const auto bad = [](const Site& site) { return site.trouble.has_value(); };
  if (!seen.sites.empty() && std::ranges::all_of(seen.sites, bad)) none_was_well_ = now;
  if (none_was_well_ && now - *none_was_well_ < kAftermath) return alarms;
  const bool old = after > Seconds(0) && seen.oldest && *seen.oldest > after;
  const auto what = judge(age_, old, Seconds(0), now);
  if (what == Alarm::What::trouble) {
    const std::string age = to_words(std::chrono::floor<Seconds>(*seen.oldest));
    alarms.push_back({*what, fmt::format("The oldest message has waited for {}. {}. What to do: `postern queue list` "
                                         "shows why each one waits.",
                                         age, messages(seen.waiting))});
  }
  if (what == Alarm::What::well) alarms.push_back({*what, "No message waits for too long any more."});
  return alarms;
}

bool AlarmJudge::open() const {
  const auto unsettled = [](const Subject& subject) { return subject.raised || subject.bad_since; };
  return unsettled(age_) || std::ranges::any_of(sites_, unsettled, &decltype(sites_)::value_type::second);
}

std::string alarm_text(const AlarmMail& mail, const Alarm& alarm) {
  const bool trouble = alarm.what == Alarm::What::trouble;
  std::string text = "From: MAILER-DAEMON@" + mail.domain + " (Mail relay on " + mail.hostname + ")\n";
  text += "To: " + mail.to + "\n";
  text += fmt::format("Subject: Mail relay on {}: {}\n", mail.hostname, trouble ? "trouble" : "well again");
  text += "Date: " + mail::format_date(mail.now, std::chrono::minutes(0)) + "\n";
  text += "Message-ID: <" + mail.id + "@" + mail.hostname + ">\n";
  text += "Auto-Submitted: auto-generated\n";  // RFC 3834 5
  text += "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n";
  if (!is_ascii(alarm.text)) text += "Content-Transfer-Encoding: 8bit\n";
  text += "\n" + mail::wrap(alarm.text, "") + "\n";
  if (trouble) text += "\nAnother message tells when this is over. `postern status` shows how it is now.\n";
  return text;
}

}  // namespace postern::queue
