// What a search cannot find, since users' shares of the history had no room for it (shares.h): whoever asks must know
// that the answer may lack some of it. Pure.
#pragma once

#include "history/record.h"

#include <boost/json/array.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace postern::history {

class LeftOut {
 public:
  /// Users that are told apart; of more than these nothing is told.
  static constexpr std::size_t kMost = 100;

  /// Marks (Kind::left_out), in any order.
  void add(const std::vector<Record>& marks);
  [[nodiscard]] bool empty() const { return users_.empty(); }
  /// Records of all of them.
  [[nodiscard]] std::uint64_t number() const;
  /// [{"user":1001,"number":2682,"first":TIME,"last":TIME}, ...]; without a user: of those who are not known.
  [[nodiscard]] boost::json::array to_json() const;

 private:
  struct Told {
    std::uint64_t number = 0;
    std::string first;  ///< as in a record
    std::string last;   ///< of the last mark
  };
  std::map<std::string, Told> users_;  ///< by uid; empty: of nobody who is known
};

}  // namespace postern::history
