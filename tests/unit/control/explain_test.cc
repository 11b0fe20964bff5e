#include "control/render.h"
#include "session.h"

#include <gmock/gmock.h>
#include <boost/json/array.hpp>

namespace postern::control {
namespace {

using boost::json::array;
using boost::json::object;
using testing::HasSubstr;

class Explain : public Control {
 protected:
  /// The first smarthost's line.
  object line_of(const std::string& members, uid_t uid = kRoot) {
    return ask_json(R"({"command":"explain",)" + members + "}", uid).front();
  }
};

TEST_F(Explain, IsForAnybodyWithoutAConnection) {
  sites = {"good", "new"};
  mail::CheckReport good;
  good.site = "good";
  good.order = {"SCRAM-SHA-256", "PLAIN"};
  good.skipped = {{"LOGIN", "not offered"}};
  mail::CheckReport unknown;
  unknown.site = "new";
  unknown.trouble = mail::SiteTrouble{mail::Step::auth, Failure::not_found, 0, "nothing is known yet", false};
  reports = {good, unknown};
  context->check = nullptr;
  const std::vector<object> lines = ask_json(R"({"command":"explain"})", kAlice);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("kind").as_string(), "explain");
  EXPECT_EQ(lines[0].at("order").as_array().size(), 2U);
  EXPECT_EQ(lines[1].at("site").as_string(), "new");
  EXPECT_EQ(lines.back().at("exit").as_int64(), 1);
  EXPECT_EQ(exit_of(R"({"command":"explain","site":"good"})"), 0);
  EXPECT_EQ(exit_of(R"({"command":"explain","site":"other"})"), 64);
  EXPECT_TRUE(queue.recovered.empty());
}

TEST_F(Explain, TellsNothingOfSendersUnlessAMessageIsAskedAbout) {
  const object line = ask_json(R"({"command":"explain"})").front();
  for (const std::string_view key : {"policy", "sender", "fields", "recipients"}) EXPECT_FALSE(line.contains(key));
}

TEST_F(Explain, ShowsTheSenderBeforeAndAfterForEachSmarthost) {
  sites = {"smtp.example.com", "keeps"};
  const std::vector<object> lines = ask_json(R"({"command":"explain","from":"root","to":"admin@example.com"})", kAlice);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("policy").as_string(), "account");
  EXPECT_EQ(lines[0].at("sender"), (object{{"before", "root"}, {"after", "alerts@example.com"}}));
  EXPECT_FALSE(lines[0].contains("recipients")) << "where mail for a name goes is not everybody's to know";
  const array fields{object{{"name", "From"}, {"before", "root"}, {"after", "\"root at web1\" <alerts@example.com>"}},
                     object{{"name", "X-Original-From"}, {"after", "root"}}};
  EXPECT_EQ(lines[0].at("fields"), fields);
  EXPECT_EQ(lines[1].at("policy").as_string(), "keep");
  EXPECT_EQ(lines[1].at("sender"), (object{{"before", "root"}, {"after", "root"}}));
  const array kept{object{{"name", "From"}, {"before", "root"}, {"after", "root"}}};
  EXPECT_EQ(lines[1].at("fields"), kept);
}

TEST_F(Explain, TellsAdministratorsWhereMailForANameGoes) {
  sites = {"keeps"};
  const object line = ask_json(R"({"command":"explain","from":"root","to":"admin@example.com"})").front();
  EXPECT_EQ(line.at("recipients"), (array{"admin@example.com"}));
}

TEST_F(Explain, TellsAdministratorsWhereMailForANameGoesWithoutASmarthostToo) {
  sites.clear();
  const std::string request = R"({"command":"explain","from":"root","to":"admin@example.com"})";
  const std::vector<object> lines = ask_json(request);
  ASSERT_EQ(lines.size(), 3U);
  const object told{{"kind", "recipients"}, {"to", "admin@example.com"}, {"recipients", array{"admin@example.com"}}};
  EXPECT_EQ(lines[0], told);
  EXPECT_EQ(lines[1].at("kind").as_string(), "notice");
  EXPECT_EQ(ask_json(request, kAlice).size(), 2U);
}

TEST_F(Explain, ReadsTheFieldsOfAMessage) {
  sites = {"keeps"};
  const object line =
      line_of(R"("from":"root","fields":"Reply-To: a@b.example\nFrom: Anna\n <anna@corp.example>\nSender: cron\n")");
  const array fields{
      object{{"name", "From"}, {"before", "Anna <anna@corp.example>"}, {"after", "Anna <anna@corp.example>"}},
      object{{"name", "Sender"}, {"before", "cron"}, {"after", "cron"}},
      object{{"name", "Reply-To"}, {"before", "a@b.example"}, {"after", "a@b.example"}}};
  EXPECT_EQ(line.at("fields"), fields);
}

TEST_F(Explain, ShowsEachOfSeveralFieldsOfOneName) {
  sites = {"keeps"};
  const object line = line_of(R"("from":"root","fields":"From: a\nX-Original-From: b\nX-Original-From: c\n")");
  EXPECT_EQ(line.at("sender").at("before").as_string(), "root");
  const array fields{object{{"name", "From"}, {"before", "a"}, {"after", "a"}},
                     object{{"name", "X-Original-From"}, {"before", "b"}, {"after", "b"}},
                     object{{"name", "X-Original-From"}, {"before", "c"}, {"after", "c"}}};
  EXPECT_EQ(line.at("fields"), fields);
}

TEST_F(Explain, KnowsMailWithoutASender) {
  const object line = line_of(R"("from":"<>")");
  EXPECT_EQ(line.at("sender"), (object{{"before", ""}, {"after", ""}}));
}

TEST_F(Explain, RefusesWhatIsNoAddress) {
  for (const std::string members : {R"("from":"a b")", R"("to":"a b")", R"("from":7)", R"("fields":[])"}) {
    EXPECT_EQ(exit_of(R"({"command":"explain",)" + members + "}"), 64) << members;
  }
}

TEST_F(Explain, IsShownAsWhatBecomesOfWhat) {
  Renderer renderer("explain", clock.wall());
  const std::string text = renderer.line(line_of(R"("from":"root","to":"admin@example.com")"));
  EXPECT_THAT(text, HasSubstr("  policy       account\n"
                              "  MAIL FROM    <root>\n"
                              "    becomes    <alerts@example.com>\n"
                              "  RCPT TO      admin@example.com\n"
                              "  From         root\n"
                              "    becomes    \"root at web1\" <alerts@example.com>\n"
                              "  X-Original-From root  (added)\n"));
  sites = {"keeps"};
  EXPECT_THAT(renderer.line(line_of(R"("from":"root")")), HasSubstr("  policy       keep\n"
                                                                    "  MAIL FROM    <root>\n"
                                                                    "  From         root\n"));
}

}  // namespace
}  // namespace postern::control
