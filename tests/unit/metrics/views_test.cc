#include "metrics/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::metrics {
namespace {

TEST(ViewsForBrowsers, HaveThreePathsAndNoOther) {
  EXPECT_EQ(view_at("/"), View::page);
  EXPECT_EQ(view_at("/api/status"), View::status);
  EXPECT_EQ(view_at("/api/history"), View::history);
  for (const std::string_view path : {"", "//", "/api", "/api/", "/api/status/", "/API/status", "/index.html", "/./"}) {
    EXPECT_EQ(view_at(path), std::nullopt) << path;
  }
}

TEST(ViewsForBrowsers, MayNotBeFramedReadFromElsewhereOrKept) {
  for (const std::string& fields : {guards(View::page), guards(View::status), guards(View::history), guards()}) {
    for (const std::string_view field :
         {"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'", "nosniff",
          "no-store", "Referrer-Policy: no-referrer\r\n", "Cross-Origin-Resource-Policy: same-origin\r\n"}) {
      EXPECT_THAT(fields, testing::HasSubstr(std::string(field)));
    }
    EXPECT_EQ(fields.find("Access-Control"), std::string::npos);
    EXPECT_EQ(fields.find("unsafe"), std::string::npos);
    EXPECT_EQ(fields.find("script-src"), std::string::npos);
    EXPECT_TRUE(fields.ends_with("\r\n"));
  }
  EXPECT_EQ(guards().find("style-src"), std::string::npos);
}

TEST(ViewsForBrowsers, HaveNoHistoryWhereItIsNotToBeShown) {
  const Views without{"page", "status", {}};
  EXPECT_EQ(without.of(View::history), nullptr);
  EXPECT_EQ(*without.of(View::page), "page");
  EXPECT_EQ(*without.of(View::status), "status");
  const Views with{"page", "status", "history"};
  EXPECT_EQ(*with.of(View::history), "history");
}

}  // namespace
}  // namespace postern::metrics
