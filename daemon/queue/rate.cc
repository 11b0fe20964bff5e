#include "queue/rate.h"

#include "base/text.h"
#include "queue/shares.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace postern::queue {
namespace {

struct PerRow {
  std::string_view name;
  std::string_view adjective;
  Seconds time;
};
constexpr std::array<PerRow, 3> kPer = {
    {{"minute", "per-minute", Seconds(60)}, {"hour", "hourly", Seconds(3600)}, {"day", "daily", Seconds(86'400)}}};

std::size_t index_of(RateLimit::Per per) { return static_cast<std::size_t>(per); }

std::string_view name_of(RateLimit::Of what) { return what == RateLimit::Of::messages ? "messages" : "recipients"; }

std::uint64_t amount(const RateLimit& limit, std::size_t recipients) {
  return limit.of == RateLimit::Of::messages ? 1 : std::max<std::size_t>(1, recipients);
}

/// What one message leaves to the others in any case.
unsigned quarter(const RateLimit& limit) { return std::max(limit.most / 4, 1U); }

/// This message goes in parts by this limit.
bool is_large(const RateLimit& limit, const Rate::Load& load) {
  if (limit.of == RateLimit::Of::messages || limit.per == RateLimit::Per::minute) return false;
  return load.whole + quarter(limit) > limit.most;
}

/// The most that such a message may make of what the limit counts.
unsigned most_for_large(const RateLimit& limit) { return std::max(limit.most - quarter(limit), 1U); }

/// The fewest of so many recipients that are worth a part.
std::size_t least(const RateLimits& limits, const Rate::Load& load) {
  std::size_t part = load.recipients;
  for (const RateLimit& limit : limits) {
    if (is_large(limit, load)) part = std::min<std::size_t>(part, std::max(limit.most / 2, 1U));
  }
  return part;
}

}  // namespace

std::uint64_t Rate::Part::of(RateLimit::Of what) const {
  return what == RateLimit::Of::messages ? messages : recipients;
}

/// When `more` is within this limit, as far as is known now; nothing: now.
std::optional<WallTime> Rate::fits_at(const Parts& parts, const RateLimit& limit, std::uint64_t more, WallTime now) {
  const Seconds time = kPer[index_of(limit.per)].time;
  const Milliseconds back = set_back(parts, now);
  std::uint64_t used = 0;
  for (const Part& part : parts) {
    if (part.end - back + time > now) used += part.of(limit.of);
  }
  std::optional<WallTime> at;
  for (const Part& part : parts) {
    if (used == 0 || used + more <= limit.most) break;
    if (part.end - back + time <= now || part.of(limit.of) == 0) continue;
    used -= part.of(limit.of);
    at = part.end - back + time;
  }
  return at;
}

/// So far what was counted lies ahead, after the clock was set back: it counts as if it had been now.
Milliseconds Rate::set_back(const Parts& parts, WallTime now) {
  return parts.empty() ? Milliseconds(0) : std::max(Milliseconds(0), parts.back().end - now);
}

std::uint64_t Rate::used(const RateLimit& limit, WallTime now, bool of_large) const {
  const Parts& parts = counted_[index_of(limit.per)];
  const Milliseconds back = set_back(parts, now);
  std::uint64_t sum = 0;
  for (const Part& part : parts) {
    if (part.end - back + kPer[index_of(limit.per)].time <= now) continue;
    sum += of_large ? part.of_large : part.of(limit.of);
  }
  return sum;
}

RateLimits Rate::limits_for(const RateLimits& limits, const QueueId* id, const Load& load, WallTime now) const {
  RateLimits own = id != nullptr && room_ && room_->id != *id ? left_to_others(limits, load, now) : limits;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (is_large(limits[i], load)) own[i].most = std::min(own[i].most, most_for_large(limits[i]));
  }
  return own;
}

std::optional<Rate::Wait> Rate::wait_within(const RateLimits& own, const RateLimits& limits, std::size_t recipients,
                                            WallTime now) const {
  std::optional<Wait> longest;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const auto at = fits_at(counted_[index_of(own[i].per)], own[i], amount(own[i], recipients), now);
    if (at && (!longest || *at > longest->until)) longest = Wait{limits[i], *at};
  }
  return longest;
}

std::optional<Rate::Wait> Rate::wait(const RateLimits& limits, const Load& load, WallTime now) const {
  return wait_within(limits_for(limits, nullptr, load, now), limits, least(limits, load), now);
}

std::size_t Rate::part(const RateLimits& limits, const QueueId& id, const Load& load, WallTime now) const {
  const RateLimits own = limits_for(limits, &id, load, now);
  const std::size_t fewest = least(limits, load);
  std::size_t part = load.recipients;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (!is_large(limits[i], load)) continue;
    const std::uint64_t before = std::min<std::uint64_t>(used(own[i], now), own[i].most);
    part = std::min<std::size_t>(part, own[i].most - before);
  }
  return std::max(part, fewest);
}

std::optional<Rate::Wait> Rate::closed(const RateLimits& limits, WallTime now) const {
  if (limits.empty()) return std::nullopt;
  // A turn that lies further ahead than its limit is long was given by a clock that was wrong.
  const bool believed = turn_ && turn_->opens <= now + kPer[index_of(turn_->limit.per)].time * 2;
  if (believed && now < turn_->opens) return Wait{turn_->limit, turn_->opens, true};
  if (!room_) return wait_within(limits, limits, 1, now);
  const auto others = wait_within(left_to_others(limits, 1, now), limits, 1, now);
  if (!others) return others;
  const auto large = wait_within(limits, limits, static_cast<std::size_t>(room_->amount), now);
  if (!large) return std::nullopt;
  return large->until < others->until ? large : others;
}

RateLimits Rate::left_to_others(const RateLimits& limits, const Load& load, WallTime now) const {
  RateLimits left = limits;
  for (RateLimit& limit : left) {
    if (!room_ || limit != room_->limit) continue;
    const Milliseconds time = kPer[index_of(limit.per)].time;
    const Milliseconds passed = std::clamp(now - room_->since, Milliseconds(0), time);
    const std::uint64_t kept = std::min<std::uint64_t>(room_->amount, limit.most);
    const auto share = static_cast<unsigned>(kept * static_cast<std::uint64_t>(passed.count()) /
                                             static_cast<std::uint64_t>(time.count()));
    // Who needs but a little has it however much those had that need more: they would take it by turns.
    const std::uint64_t had = load.whole <= quarter(limit) ? used(limit, now, true) : 0;
    const std::uint64_t theirs = std::max<std::uint64_t>(limit.most - share, had + quarter(limit));
    limit.most = static_cast<unsigned>(std::min<std::uint64_t>(theirs, limit.most));
  }
  return left;
}

void Rate::wait_for_room(const QueueId& id, const RateLimit& limit, std::uint64_t amount, std::uint32_t party,
                         WallTime now) {
  if (!patient_.contains(id) && has_place(patient_, kMostOvertaken, party)) patient_.try_emplace(id, now, party);
  const auto since = patient_.find(id);
  const bool has_waited = since != patient_.end() && now - since->second.since >= kPer[index_of(limit.per)].time;
  if (has_waited && !room_) room_ = Room{id, limit, amount, now, now};
  if (!room_ || room_->id != id) return;
  room_->seen = now;
  room_->missed.reset();
}

/// A limit may stop all for hours, so that nobody is asked for. Only since others are again it counts.
void Rate::forget_room_of_the_gone(WallTime now) {
  if (room_->seen > now) room_->seen = now;
  if (now - room_->seen < kRoom) return;
  if (!room_->missed || *room_->missed > now) room_->missed = now;
  if (now - *room_->missed < kRoom) return;
  patient_.erase(room_->id);
  room_.reset();
}

std::optional<Rate::Wait> Rate::take(const RateLimits& limits, const QueueId& id, const Load& load, WallTime now) {
  advance(now);
  if (limits.empty()) forget_turns();
  if (room_ && room_->id != id) forget_room_of_the_gone(now);
  if (turn_ && now >= turn_->opens + kTurn) turn_.reset();
  if (turn_ && turn_->id != id) return Wait{turn_->limit, std::max(now, turn_->opens) + kTurn};
  const std::size_t recipients = part(limits, id, load, now);
  std::optional<Wait> needed = wait_within(limits_for(limits, &id, load, now), limits, recipients, now);
  if (!needed) {
    count(1, recipients, now);
    for (const RateLimit& limit : limits) {
      const bool counts = limit.of == RateLimit::Of::recipients && load.whole > quarter(limit);
      if (counts) counted_[index_of(limit.per)].back().of_large += recipients;
    }
    overtaken_.erase(id);
    patient_.erase(id);
    if (turn_) turn_.reset();
    if (room_ && room_->id == id) room_.reset();
    return std::nullopt;
  }
  const Milliseconds patience = kPer[index_of(needed->limit.per)].time;
  // Nobody is kept waiting for longer than a minute's limit, so others need no place among the overtaken.
  const bool is_short = needed->limit.per == RateLimit::Per::minute;
  if (is_short && !overtaken_.contains(id) && has_place(overtaken_, kMostOvertaken, load.party)) {
    overtaken_.try_emplace(id, now, load.party);
  }
  const auto since = overtaken_.find(id);
  const bool has_waited = turn_ || (since != overtaken_.end() && now - since->second.since >= patience);
  turn_.reset();
  const std::uint64_t much = amount(needed->limit, recipients);
  if (!is_short && much > 1) {
    needed->overtaken = true;
    // Others leave it what it needs beside the quarter that it leaves itself.
    const unsigned left = is_large(needed->limit, load) ? quarter(needed->limit) : 0;
    wait_for_room(id, needed->limit, much + left, load.party, now);
  }
  if (is_short && has_waited) {
    turn_ = Turn{id, needed->until, needed->limit};
    needed->first = true;
  }
  return needed;
}

void Rate::count(std::size_t messages, std::size_t recipients, WallTime now) {
  advance(now);
  for (std::size_t per = 0; per < counted_.size(); ++per) {
    Parts& parts = counted_[per];
    if (parts.empty() || now - parts.back().begin >= kPer[per].time / kParts) parts.push_back(Part{now, now});
    parts.back().end = now;
    parts.back().messages += messages;
    parts.back().recipients += recipients;
  }
}

bool Rate::clock_jumped(Milliseconds jump) {
  bool moved = false;
  for (std::size_t per = 0; per < counted_.size(); ++per) {
    const Milliseconds on = std::min(jump, moved_back_[per]);
    if (on <= Milliseconds(0)) continue;
    moved_back_[per] -= on;
    for (Part& part : counted_[per]) {
      part.begin += on;
      part.end += on;
    }
    moved = true;
  }
  return moved;
}

void Rate::forget(const std::function<bool(const QueueId&)>& is_gone) {
  const auto gone = [&](const auto& one) { return is_gone(one.first); };
  std::erase_if(overtaken_, gone);
  std::erase_if(patient_, gone);
  if (turn_ && is_gone(turn_->id)) turn_.reset();
  if (room_ && is_gone(room_->id)) room_.reset();
}

void Rate::forget_turns() {
  turn_.reset();
  overtaken_.clear();
  patient_.clear();
  room_.reset();
}

void Rate::give_back(std::size_t messages, std::size_t recipients) {
  const auto subtract = [](std::uint64_t& from, std::uint64_t& what) {
    const std::uint64_t less = std::min(from, what);
    from -= less;
    what -= less;
  };
  for (Parts& parts : counted_) {
    std::uint64_t fewer_messages = messages;
    std::uint64_t fewer_recipients = recipients;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      subtract(part->messages, fewer_messages);
      subtract(part->recipients, fewer_recipients);
      part->of_large = std::min(part->of_large, part->recipients);
    }
  }
}

bool Rate::empty(WallTime now) const {
  for (std::size_t per = 0; per < counted_.size(); ++per) {
    for (const Part& part : counted_[per]) {
      const bool counts = part.end + kPer[per].time > now;
      if (counts && part.messages + part.recipients > 0) return false;
    }
  }
  return true;
}

/// Forgets what is past, and moves what lies ahead, after the clock was set back, to now.
void Rate::advance(WallTime now) {
  for (std::size_t per = 0; per < counted_.size(); ++per) {
    Parts& parts = counted_[per];
    const Milliseconds back = set_back(parts, now);
    for (Part& part : parts) {
      part.begin -= back;
      part.end -= back;
    }
    moved_back_[per] += back;
    while (!parts.empty() && parts.front().end + kPer[per].time <= now) parts.pop_front();
    if (parts.empty()) moved_back_[per] = Milliseconds(0);
  }
  // A message that is gone is in no one's way after its time.
  const auto is_past = [now](const auto& one) {
    return one.second.since > now || now - one.second.since > 3 * kPer.back().time;
  };
  std::erase_if(overtaken_, is_past);
  std::erase_if(patient_, is_past);
  if (turn_ && turn_->opens > now + 2 * kPer[index_of(turn_->limit.per)].time) turn_.reset();
}

std::string Rate::lines(std::string_view tail) const {
  std::string text;
  for (std::size_t per = 0; per < counted_.size(); ++per) {
    for (const Part& part : counted_[per]) {
      if (part.messages + part.recipients == 0) continue;
      text += fmt::format("{} {} {} {} {}{}", kPer[per].name, to_rfc3339(part.begin), to_rfc3339(part.end),
                          part.messages, part.recipients, tail);
    }
  }
  return text;
}

bool Rate::add_line(std::string_view line) {
  const std::vector<std::string_view> words = split_words(line);
  if (words.size() != 5) return false;
  const auto row = std::ranges::find(kPer, words[0], &PerRow::name);
  const auto begin = parse_rfc3339(words[1]);
  const auto end = parse_rfc3339(words[2]);
  const auto messages = parse_number(words[3]);
  const auto recipients = parse_number(words[4]);
  constexpr std::uint64_t kMost = 1ULL << 40U;  // no sum overflows
  if (row == kPer.end() || !begin || !end || !messages || !recipients) return false;
  if (*begin > *end || *messages > kMost || *recipients > kMost) return false;
  Parts& parts = counted_[static_cast<std::size_t>(row - kPer.begin())];
  if (!parts.empty() && parts.back().end > *begin) return false;
  if (parts.size() == kMostParts) return false;
  parts.push_back(Part{*begin, *end, *messages, *recipients, 0});
  return true;
}

std::string to_text(const RateLimit& limit) {
  return fmt::format("{} {}/{}", limit.most, name_of(limit.of), kPer[index_of(limit.per)].name);
}

std::string wait_words(const RateLimit& limit) {
  return fmt::format("waits for the {} limit", kPer[index_of(limit.per)].adjective);
}

}  // namespace postern::queue
