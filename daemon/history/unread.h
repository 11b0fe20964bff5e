// Which files of the history a search could not read: its answer is not whole, and whoever asked must know. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postern::history {

class Unread {
 public:
  /// So many are named, the newest.
  static constexpr std::size_t kNamed = 3;

  /// Each a file and why it cannot be read, the newest first.
  void add(const std::vector<std::string>& files);
  /// "2 files of the history cannot be read as a whole, and what they have may be missing here: PATH: WHY; PATH: WHY";
  /// empty: there was none.
  [[nodiscard]] std::string text() const;

 private:
  std::size_t count_ = 0;
  std::vector<std::string> named_;
};

}  // namespace postern::history
