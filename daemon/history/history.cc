#include "history/history.h"

#include "base/log.h"
#include "history/keeping.h"
#include "history/segments.h"
#include "mail/envelope.h"
#include "mail/parties.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace postern::history {

namespace {

/// Bytes, by party.
using Charges = std::map<std::uint32_t, std::uint64_t>;

/// For whoever asks. One that is noted is of nobody's share.
Record mark_of(std::uint32_t party, const Shares::Untold& left) {
  Record mark;
  mark[Field::at] = to_rfc3339(left.last);
  mark[Field::kind] = name(Kind::left_out);
  if (party != mail::kNoUid) mark[Field::uid] = mark[Field::owner] = std::to_string(party);
  mark[Field::accepted] = to_rfc3339(left.first);
  mark[Field::count] = std::to_string(left.number);
  return mark;
}

}  // namespace

struct History::State {
  State(std::string directory, HistoryOptions wanted)
      : options(wanted), most(wanted.size), segments(std::move(directory)) {}

  std::mutex mutex;        // over what follows, up to the job's own
  std::string gathered;    // lines that are to be written
  Charges charged;         // for these
  Charges given_back;      // what was charged for lines that the disk did not take
  std::uint64_t lost = 0;  // records that found no room there
  HistoryOptions options;
  bool prune = false;               // what is too old, or not kept by other options, since the last batch
  bool sure = false;                // as of Circumstances
  bool posted = false;              // a job is on its way or at work
  std::atomic<std::uint64_t> most;  // so much is kept
  std::mutex writing;               // over the job's own
  Segments segments;
  bool failing = false;            // the last time, and that was told
  bool cannot_remove = false;      // likewise
  std::uint64_t lost_by_disk = 0;  // since then

  struct Batch {
    std::string lines;
    Charges charged;
    std::uint64_t lost = 0;
    HistoryOptions options;
    bool prune = false;
    bool sure = false;
  };
  std::optional<Batch> take() {
    const std::scoped_lock lock(mutex);
    if (gathered.empty() && !prune) return std::nullopt;
    return Batch{std::exchange(gathered, {}), std::exchange(charged, {}), std::exchange(lost, 0), options,
                 std::exchange(prune, false), std::exchange(sure, false)};
  }

  /// From any thread: when it returns, all that was gathered before is written, by this call or by another.
  void run(WallTime now) {
    const std::scoped_lock lock(writing);
    while (const std::optional<Batch> batch = take()) write(*batch, now);
  }

  /// The one job that writes.
  void work(WallTime now) {
    do {
      run(now);
    } while (!rests());
  }

  bool rests() {
    const std::scoped_lock lock(mutex);
    posted = !gathered.empty() || prune;
    return !posted;
  }

  void write(const Batch& batch, WallTime now) {
    if (batch.prune) (void)segments.prune(batch.options, now, batch.sure);
    if (!batch.lines.empty()) {
      const Result<void> written = segments.append(batch.lines, batch.options, now);
      if (written) most = segments.most();
      if (!written) give_back(batch.charged);
      tell(batch, written);
    }
    const bool removed = segments.pruned().has_value();
    if (!removed && !cannot_remove) {
      log(Level::warning, "files of the history cannot be removed; they are kept until they can",
          {{"why", segments.pruned().error().text}});
    }
    cannot_remove = !removed;
  }

  void give_back(const Charges& lost_ones) {
    const std::scoped_lock lock(mutex);
    for (const auto& [party, bytes] : lost_ones) given_back[party] += bytes;
  }

  void tell(const Batch& batch, const Result<void>& written) {
    if (!written) {
      lost_by_disk += static_cast<std::uint64_t>(std::ranges::count(batch.lines, '\n'));
      if (!std::exchange(failing, true)) {
        log(Level::warning, "the history cannot be written; what happens meanwhile will not be found there",
            {{"why", written.error().text}});
      }
    } else if (std::exchange(failing, false)) {
      log(Level::notice, "the history is written again; records were lost meanwhile",
          {{"number", std::exchange(lost_by_disk, 0)}});
    }
    if (batch.lost > 0) {
      log(Level::warning, "records of the history were lost: the disk did not take them in time",
          {{"number", batch.lost}});
    }
  }
};

History::History(const Executor& loop, Post post, Clock& clock, std::string directory, HistoryOptions options)
    : post_(std::move(post)),
      clock_(clock),
      directory_(std::move(directory)),
      options_(options),
      tidied_(clock.wall()),
      tidied_steady_(clock.steady()),
      state_(std::make_shared<State>(directory_, options)),
      timer_(loop) {
  // One that was kept before and shall be kept no longer.
  if (options_.size > 0) return;
  state_->prune = true;
  post_job();
}

History::~History() {
  for (const auto& [party, left] : shares_.take_untold(clock_.steady())) note(mark_of(party, left));
  flush();
}

void History::configure(HistoryOptions options) {
  if (std::exchange(options_, options) == options) return;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->options = options;
    state_->prune = true;
    state_->most = options.size;
    if (options.size == 0) {
      state_->gathered.clear();
      for (const auto& [party, bytes] : std::exchange(state_->charged, {})) state_->given_back[party] += bytes;
    }
  }
  post_job();
}

/// A clock that went with the steady one for a day is right; one that was set, or a sleep, proves nothing.
void History::tidy() {
  tell_untold();
  const Milliseconds by_wall = clock_.wall() - std::exchange(tidied_, clock_.wall());
  const auto by_steady =
      std::chrono::floor<Milliseconds>(clock_.steady() - std::exchange(tidied_steady_, clock_.steady()));
  const bool sure = by_steady + kSetBack >= kDay && std::chrono::abs(by_wall - by_steady) < kSetBack;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->prune = true;
    state_->sure = sure;
  }
  post_job();
}

/// What was charged for records that were not written.
void History::give_back() {
  Charges lost_ones;
  {
    const std::scoped_lock lock(state_->mutex);
    lost_ones.swap(state_->given_back);
  }
  for (const auto& [party, bytes] : lost_ones) shares_.give_back(party, bytes);
}

/// What became of a message counts more than how it came to that.
bool History::is_in_share(const Record& record, std::size_t size, std::uint32_t party) {
  const auto kind = kind_named(record[Field::kind]);
  const bool little = kind == Kind::accepted || kind == Kind::deferred || kind == Kind::refused;
  const Shares::Answer answer = shares_.take(party, size, state_->most, little, clock_.steady(), clock_.wall());
  if (answer.to_tell.number > 0) tell_left_out(party, answer.to_tell);
  return answer.taken;
}

void History::tell_left_out(std::uint32_t party, const Shares::Untold& left) {
  log(Level::warning, "records are left out of the history: more of it than a quarter in a day is of one user",
      {{"user", mail::party_text(party)},
       {"number", left.number},
       {"advice", "raise history.size, or see what sends so much"}});
  note(mark_of(party, left));
}

/// Of parties that noted nothing since.
void History::tell_untold() {
  told_ = clock_.steady();
  for (const auto& [party, left] : shares_.take_untold(told_)) tell_left_out(party, left);
}

void History::note(Record record, std::optional<std::uint32_t> party) {
  if (options_.size == 0) return;
  if (clock_.steady() - told_ >= Shares::kTold) tell_untold();
  record[Field::at] = to_rfc3339(clock_.wall());
  if (!options_.subjects) record[Field::subject].clear();
  const std::string line = line_of(record);
  give_back();
  if (party && !is_in_share(record, line.size(), *party)) return;
  std::size_t size = 0;
  {
    const std::scoped_lock lock(state_->mutex);
    const bool full = state_->gathered.size() + line.size() > kMost;
    if (full) {
      ++state_->lost;
      if (party) state_->given_back[*party] += line.size();
    } else {
      state_->gathered += line;
      if (party) state_->charged[*party] += line.size();
    }
    size = state_->gathered.size();
  }
  if (size >= kBatch) {
    flush();
  } else if (!std::exchange(armed_, true)) {
    timer_.expires_after(kGathered);
    timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& error) {
      if (!error && !alive.expired()) flush();
    });
  }
}

void History::flush() {
  armed_ = false;
  timer_.cancel();
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->gathered.empty()) return;
  }
  post_job();
}

void History::post_job() {
  {
    const std::scoped_lock lock(state_->mutex);
    if (std::exchange(state_->posted, true)) return;
  }
  post_([state = state_, now = clock_.wall()] { state->work(now); });
}

std::optional<WallTime> History::oldest() const {
  if (options_.keep_all) return std::nullopt;
  return clock_.wall() - std::chrono::days(options_.days);
}

std::shared_ptr<Search> History::search(Query query) const {
  const WallTime now = clock_.wall();
  query.since = std::max(query.since, oldest());
  std::vector<Record> unmarked;
  for (const auto& [party, left] : shares_.untold()) unmarked.push_back(mark_of(party, left));
  return std::make_shared<Search>(
      directory_, std::move(query), [state = state_, now] { state->run(now); }, std::move(unmarked));
}

}  // namespace postern::history
