#include "credentials/make.h"

#include "support/fake_clock.h"
#include "world.h"

namespace postern::credentials {
namespace {

struct SourceBench {
  ScratchDir dir;
  boost::asio::io_context loop;
  test::FakeClock clock;

  std::shared_ptr<Source> make(const Origin& origin) {
    return make_source(loop.get_executor(), clock, origin, at_once);
  }
  Result<sasl::Credentials> get(const Origin& origin) { return wait(loop, make(origin)->get(Source::Want::current)); }
};

TEST(MakeSource, GivesWhatIsConfiguredAndNothingElse) {
  SourceBench bench;
  Origin nothing;
  nothing.user = "me";
  const auto bare = bench.get(nothing);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->user, "me");
  EXPECT_FALSE(bare->password);
  EXPECT_FALSE(bare->token);
  EXPECT_FALSE(bare->client_certificate);

  Origin both = nothing;
  both.password = Secret("s3cret");
  both.token_file = bench.dir.write("token", "t0ken\n");
  both.client_certificate = true;
  const auto all = bench.get(both);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->password->reveal(), "s3cret");
  EXPECT_EQ(all->token->reveal(), "t0ken");
  EXPECT_TRUE(all->client_certificate);
}

TEST(MakeSource, GivesWhatThereIsAndSaysWhyTheRestIsNot) {
  SourceBench bench;
  Origin origin;
  origin.user = "me";
  origin.password = Secret("s3cret");
  origin.token_file = "/nowhere/token";
  const auto no_token = bench.get(origin);
  ASSERT_TRUE(no_token);
  EXPECT_TRUE(no_token->password);
  EXPECT_FALSE(no_token->token);
  EXPECT_NE(no_token->no_token.find("/nowhere/token"), std::string::npos) << no_token->no_token;

  origin.password = Secret();
  origin.password_file = "/nowhere/password";
  origin.token_file = bench.dir.write("token", "t0ken\n");
  const auto no_password = bench.get(origin);
  ASSERT_TRUE(no_password);
  EXPECT_TRUE(no_password->token);
  EXPECT_NE(no_password->no_password.find("/nowhere/password"), std::string::npos) << no_password->no_password;

  origin.token_file = "/nowhere/token";
  EXPECT_EQ(bench.get(origin).error().failure, Failure::not_found);
  origin.client_certificate = true;
  EXPECT_TRUE(bench.get(origin)) << "the certificate is left";
}

TEST(MakeSource, KnowsEveryOriginAndItsKindWithoutReadingIt) {
  SourceBench bench;
  struct Row {
    void (*set)(Origin&);
    bool token;
    bool renewable;
  };
  const std::vector<Row> rows{
      {[](Origin& origin) { origin.password = Secret("x"); }, false, false},
      {[](Origin& origin) { origin.password_file = "/nowhere"; }, false, false},
      {[](Origin& origin) { origin.password_credential = "nothing"; }, false, false},
      {[](Origin& origin) { origin.password_command.emplace_back("/nowhere"); }, false, false},
      {[](Origin& origin) { origin.token_file = "/nowhere"; }, true, false},
      {[](Origin& origin) { origin.token_command.emplace_back("/nowhere"); }, true, false},
      {[](Origin& origin) { origin.oauth2.token_url = "https://nowhere.invalid/"; }, true, true}};
  for (const Row& row : rows) {
    Origin origin;
    origin.user = "me";
    row.set(origin);
    const auto source = bench.make(origin);
    const auto kinds = source->kinds();
    EXPECT_EQ(kinds.user, "me");
    EXPECT_EQ(kinds.password.has_value(), !row.token);
    EXPECT_EQ(kinds.token.has_value(), row.token);
    if (kinds.password) {
      EXPECT_TRUE(kinds.password->empty());
    }
    EXPECT_EQ(source->renewable(), row.renewable);
  }
}

TEST(MakeSource, ReadsEachOrigin) {
  SourceBench bench;
  const std::string file = bench.dir.write("file", "from-file\n");
  Origin password_file;
  password_file.password_file = file;
  EXPECT_EQ(bench.get(password_file)->password->reveal(), "from-file");
  Origin password_command;
  password_command.password_command = {"cat", file};
  EXPECT_EQ(bench.get(password_command)->password->reveal(), "from-file");
  Origin token_command;
  token_command.token_command = {"cat", file};
  EXPECT_EQ(bench.get(token_command)->token->reveal(), "from-file");
  setenv("CREDENTIALS_DIRECTORY", bench.dir.path().c_str(), 1);
  Origin credential;
  credential.password_credential = "file";
  EXPECT_EQ(bench.get(credential)->password->reveal(), "from-file");
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(MakeSource, ASecretThatIsTooShortHidesNoErrorOfOurs) {
  SourceBench bench;
  for (const std::string secret : {"a", "token", "x9z1"}) {
    Origin origin;
    origin.password = Secret(secret);
    origin.token_file = "/nowhere/token";
    const auto got = bench.get(origin);
    ASSERT_TRUE(got);
    EXPECT_THAT(got->no_token, testing::HasSubstr("cannot read the token file /nowhere/token")) << secret;
  }
}

TEST(MakeSource, FailsWithTheNameOfWhatCannotBeRead) {
  SourceBench bench;
  Origin origin;
  origin.token_file = "/nowhere/token";
  const auto failed = bench.get(origin);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().failure, Failure::not_found);
  EXPECT_THAT(failed.error().text, testing::HasSubstr("token file /nowhere/token"));
}

}  // namespace
}  // namespace postern::credentials
