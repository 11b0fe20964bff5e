// Addresses in a line of the log: the first few in its text, for people, and one by one as many as a line has room for,
// for programs.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace postern::mail {

class NamedAddresses {
 public:
  /// So many stand in the text ...
  static constexpr std::size_t kInText = 3;
  /// ... and so many are kept, as far as they take kRoom bytes together.
  static constexpr std::size_t kMost = 100;
  static constexpr std::size_t kRoom = std::size_t{8} << 10U;

  /// An empty one, and one that is there, counts nothing.
  void add(std::string address);
  /// "a@x,b@x,c@x and 4 more"; `all`: how many there are, where not all were added.
  [[nodiscard]] std::string text(std::size_t all = 0) const;
  [[nodiscard]] const std::vector<std::string>& each() const { return each_; }

 private:
  std::vector<std::string> each_;
  std::size_t bytes_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace postern::mail
