// Jobs of one kind on the threads of the disk, one after the other: where what they use does not answer they hold one
// thread, and the others stay for everybody else. Those of users have their turns by users, behind all others, so that
// nobody keeps the thread busy for the next user's alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace postern::app {

/// A value; copies are the same line of jobs.
class OneThread {
 public:
  /// Runs what it is given on a thread, once. May outlive everything else.
  using Post = std::function<void(std::function<void()>)>;

  explicit OneThread(Post post);
  /// From any thread. Jobs of one `party` run in the order in which they came, parties by turns, and what is nobody's
  /// before them.
  void post(std::function<void()> job, std::optional<std::uint32_t> party = std::nullopt) const;
  /// Jobs of this party, or nobody's, that have not begun.
  [[nodiscard]] std::size_t waiting(std::optional<std::uint32_t> party = std::nullopt) const;
  /// Jobs that have ended so far.
  [[nodiscard]] std::uint64_t ended() const;

 private:
  struct State;
  static void run_next(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace postern::app
