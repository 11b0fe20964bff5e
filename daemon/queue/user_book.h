// Who the users are whose mail goes by rows that name users, or is gathered by such: what the name service said, at
// once, without waiting. It is asked beside all else: once for each uid at a time, of few at once, the others in their
// order, since others wait for it, too. An answer counts for a while; then whoever it is about is not known until the
// next question has ended, and where that brought no answer what was known counts on. A question that failed is
// repeated by itself, as long as somebody waits for the answer.
#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "mail/user.h"
#include "queue/ground.h"
#include "queue/open_work.h"
#include "queue/queue.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace postern::queue {

class UserBook {
 public:
  static constexpr Seconds kFresh{60};            ///< an answer counts for so long
  static constexpr Seconds kAskAgain{20};         ///< after a failure; after each further one twice as long,
  static constexpr Seconds kAskAgainAtMost{300};  ///< but no longer
  static constexpr std::size_t kMostOpen = 2;     ///< half of those that the process asks at once

  /// `config` outlives it. `ended` is called after each question.
  UserBook(const Ground& ground, const Config& config, std::function<void()> ended);

  /// Null: not known now.
  [[nodiscard]] const mail::User* find(std::uint32_t uid) const;
  /// Who it was when that was last known, for whom that will do; null: it never was.
  [[nodiscard]] const mail::User* last_known(std::uint32_t uid) const;
  /// Somebody waits for it: unless it is known, it is asked until there is an answer.
  void ask(std::uint32_t uid);
  /// As ask(), for somebody who does not need the answer: where the last question failed, not before its time.
  void ask_in_time(std::uint32_t uid);
  /// Begins what is due.
  void go_on();
  /// When go_on() may do something by time alone.
  [[nodiscard]] std::optional<SteadyTime> next() const;
  /// What failed is asked again at once, ...
  void hurry();
  /// or not at all: nobody waits for anybody. Whoever asks by ask_in_time() does so again while it matters.
  void rest();
  /// What is known does not count any more, until the next question has ended.
  void forget_all() {
    for (auto& [uid, page] : pages_) page.until = SteadyTime::min();
  }

  /// The last question was answered by nobody, and that was lately.
  struct Failed {
    std::string text;   ///< for whoever waits for it
    WallTime since;     ///< the first of these in a row
    bool open = false;  ///< it is asked just now
    SteadyTime again;   ///< else it is asked then
  };
  [[nodiscard]] std::optional<Failed> failed(std::uint32_t uid) const;
  /// Nothing is asked any more, from now on. Returns when what is open has ended.
  Task<void> stop();

 private:
  struct Page {
    enum class Question : std::uint8_t { none, waits, open, again };
    std::optional<mail::User> user{};
    SteadyTime until = SteadyTime::min();  ///< that counts
    Question question = Question::none;
    SteadyTime again;       ///< it is asked then
    unsigned failures = 0;  ///< since the pause between them began with the least
    std::string why{};      ///< of the last failure, ...
    SteadyTime failed;      ///< when that was,
    WallTime since;         ///< and the first in a row
  };
  Task<void> look_up(std::uint32_t uid);
  void learn(std::uint32_t uid, Page& page, Result<mail::User> answer);
  void tell(std::uint32_t uid, const std::string& why) const;
  void make_room();

  Ground ground_;
  const Config& config_;
  OpenWork questions_;
  std::map<std::uint32_t, Page> pages_;
  std::deque<std::uint32_t> waiting_;                     ///< these are asked next,
  std::set<std::pair<SteadyTime, std::uint32_t>> again_;  ///< and these when it is time
  bool stopped_ = false;
};

}  // namespace postern::queue
