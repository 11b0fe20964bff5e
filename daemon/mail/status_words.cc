#include "mail/status_words.h"

#include "mail/list_text.h"
#include "mail/wrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace postern::mail {
namespace {

bool is_in_its_words(std::string_view step) {
  constexpr std::array<std::string_view, 6> kSteps{"resolve", "connect", "greeting", "ehlo", "tls", "auth"};
  return std::ranges::find(kSteps, step) != kSteps.end();
}

}  // namespace

std::string relative(WallTime time, WallTime now) {
  const Seconds distance = std::chrono::duration_cast<Seconds>(time - now);
  if (distance.count() == 0) return "now";
  return distance.count() > 0 ? "in " + to_words(distance) : to_words(-distance) + " ago";
}

std::string_view state_word(const SiteCondition& condition) {
  if (condition.trouble) return condition.login_refused ? "login refused" : "trouble";
  if (condition.weaker) return "weaker";
  return condition.tried ? "well" : "not tried";
}

std::string behind_trouble(const TroubleTimes& times, WallTime now) {
  std::string text;
  if (!times.step.empty() && !is_in_its_words(times.step)) text += " at " + times.step;
  if (times.since) text += ", since " + clock_time(*times.since, now);
  if (times.next_probe) {
    text +=
        *times.next_probe > now ? ", next try " + relative(*times.next_probe, now) : ", next try with the next mail";
  }
  return text;
}

std::string unless_told(std::string_view words, std::string_view told) {
  std::string text = cut(words, kListedWords);
  return text.empty() || told.find(text) == std::string_view::npos ? text : "as above";
}

std::string sender_words(std::string_view sender, std::string_view words, const TroubleTimes& times, WallTime now) {
  std::string text = "mail of a sender is not taken";
  if (!sender.empty()) text = fmt::format("mail of {} is not taken", sender);
  if (!sender.empty() && !words.empty()) text.append(": ").append(words);
  return text + behind_trouble(times, now);
}

std::string limit_words(std::string_view words, std::string_view limit, WallTime until, WallTime now) {
  return fmt::format("{} until {} ({})", words, clock_time(until, now), limit);
}

}  // namespace postern::mail
