#include "console/preview.h"

#include "base/json_text.h"

#include <gtest/gtest.h>

namespace postern::console {
namespace {

TEST(Preview, Q07_WhatWasShownIsAskedForWholeInRequestsThatAreNotTooLong) {
  boost::json::object request{{"command", "queue delete"}};
  request["filter"] = {{"sender", std::string(1000, 'x')}};
  for (const std::size_t count : {0U, 1U, 1999U, 2000U, 2001U, 10'000U}) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(std::to_string(1'000'000'000'000'000 + i));
    std::vector<std::string> asked;
    for (const boost::json::object& one : for_these(request, ids)) {
      EXPECT_LT(to_line(one).size(), 64U * 1024);
      EXPECT_EQ(one.at("command"), request.at("command"));
      EXPECT_EQ(one.at("filter"), request.at("filter"));
      for (const boost::json::value& id : one.at("ids").as_array()) asked.emplace_back(id.as_string());
    }
    EXPECT_EQ(asked, ids);
  }
}

}  // namespace
}  // namespace postern::console
