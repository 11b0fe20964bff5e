#include "credentials/metadata.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::credentials {
namespace {

TEST(Metadata, IsLookedForAtEachBeginningOfBothEndpoints) {
  struct Row {
    std::string token;
    std::string page;
    std::vector<std::string> urls;
  };
  const std::string x = "https://id.example";
  const std::string open_id = "/.well-known/openid-configuration";
  const std::string oauth = "/.well-known/oauth-authorization-server";
  const std::vector<Row> rows{
      {x + "/token", "", {x + open_id, x + oauth}},
      {x + "/token?a=/b/c", x + "/auth", {x + open_id, x + oauth}},
      {x + "/a/b/token",
       x + "/login",
       {x + open_id, x + oauth, x + "/a" + open_id, x + oauth + "/a", x + "/a/b" + open_id, x + oauth + "/a/b"}},
      {x + "/token", x + "/a/auth", {x + open_id, x + oauth, x + "/a" + open_id, x + oauth + "/a"}},
      {"https://t.example/token",
       x + "/auth?b=/c/d",
       {"https://t.example" + open_id, "https://t.example" + oauth, x + open_id, x + oauth}}};
  for (const Row& row : rows) {
    OAuth2 client;
    client.token_url = row.token;
    client.auth_url = row.page;
    const auto places = metadata_places(client);
    ASSERT_TRUE(places);
    std::vector<std::string> urls;
    for (const MetadataPlace& place : *places) urls.push_back(place.url);
    EXPECT_EQ(urls, row.urls);
  }
  OAuth2 deep;
  deep.token_url = x + "/1/2/3/4/5/6/7/8/9/token";
  EXPECT_EQ(metadata_places(deep)->size(), 10U) << "not for ever";
}

}  // namespace
}  // namespace postern::credentials
