#include "history/left_out.h"

#include "base/text.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace postern::history {

void LeftOut::add(const std::vector<Record>& marks) {
  for (const Record& mark : marks) {
    if (users_.size() >= kMost && !users_.contains(mark[Field::owner])) continue;
    Told& told = users_[mark[Field::owner]];
    const std::string first(first_left_out(View::of(mark)));
    told.number += parse_number(mark[Field::count]).value_or(0);
    told.first = told.first.empty() ? first : std::min(told.first, first);
    told.last = std::max(told.last, mark[Field::at]);
  }
}

std::uint64_t LeftOut::number() const {
  std::uint64_t sum = 0;
  for (const auto& [user, told] : users_) sum += told.number;
  return sum;
}

boost::json::array LeftOut::to_json() const {
  boost::json::array all;
  for (const auto& [user, told] : users_) {
    boost::json::object one;
    if (const auto uid = parse_number(user)) one["user"] = static_cast<std::int64_t>(*uid);
    one["number"] = static_cast<std::int64_t>(told.number);
    one["first"] = told.first;
    one["last"] = told.last;
    all.emplace_back(std::move(one));
  }
  return all;
}

}  // namespace postern::history
