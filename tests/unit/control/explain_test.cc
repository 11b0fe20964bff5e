#include "session.h"

#include <boost/json/array.hpp>

namespace postern::control {
namespace {

using boost::json::array;
using boost::json::object;

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
  const std::vector<object> lines = ask_json(R"({"command":"explain"})", kAlice);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("kind").as_string(), "explain");
  EXPECT_EQ(lines[0].at("order").as_array().size(), 2U);
  EXPECT_EQ(lines[1].at("site").as_string(), "new");
  EXPECT_EQ(lines.back().at("exit").as_int64(), 1);
  EXPECT_EQ(exit_of(R"({"command":"explain","site":"good"})"), 0);
  EXPECT_EQ(exit_of(R"({"command":"explain","site":"other"})"), 64);
  EXPECT_TRUE(queue.recovered.empty());
  EXPECT_EQ(smarthosts.checks, 0U);
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

TEST_F(Explain, TellsAdministratorsByWhichRowOfRoutesEachRecipientGoes) {
  queue::RouteChoice choice;
  choice.row = 1;
  choice.line = 42;
  choice.route.sites = {"main", "backup"};
  queue.choices["admin@example.com"] = choice;
  const std::string request = R"({"command":"explain","from":"root","to":"admin@example.com","user":33})";
  const std::vector<object> lines = ask_json(request);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("kind").as_string(), "route");
  EXPECT_EQ(lines[0].at("recipient").as_string(), "admin@example.com");
  EXPECT_EQ(lines[0].at("route").as_string(), "main, backup");
  EXPECT_EQ(lines[0].at("row").as_int64(), 1);
  EXPECT_EQ(lines[0].at("line").as_int64(), 42);
  EXPECT_TRUE(lines[0].at("why").as_string().starts_with("routes[1] in "));
  EXPECT_EQ(queue.routed.front().source.uid, 33U);
  EXPECT_EQ(ask_json(request, kAlice).front().at("kind").as_string(), "explain");
  EXPECT_EQ(ask_json(R"({"command":"explain"})").front().at("kind").as_string(), "explain");
  queue.choices[""] = queue::RouteChoice{};
  const object without = ask_json(R"({"command":"explain","from":"root"})").front();
  EXPECT_EQ(without.at("route").as_string(), "all smarthosts");
  for (const std::string_view key : {"recipient", "row", "file", "line"}) EXPECT_FALSE(without.contains(key)) << key;
}

TEST_F(Explain, TellsAdministratorsByWhichRowOfStormsItIsGathered) {
  const std::string request = R"({"command":"explain","from":"root","to":"admin@example.com","user":33})";
  EXPECT_EQ(ask_json(request).front().at("kind").as_string(), "explain") << "there are no such rows";
  queue::StormChoice choice;
  choice.row = 1;
  choice.rule.line = 42;
  choice.rule.window = Seconds(600);
  choice.rule.after = 3;
  queue.storm = choice;
  const std::vector<object> lines = ask_json(request);
  ASSERT_EQ(lines.size(), 3U);
  const std::string file(lines[0].at("file").as_string());
  const object told{{"kind", "storm"},
                    {"row", 1},
                    {"file", file},
                    {"line", 42},
                    {"window", 600},
                    {"after", 3U},
                    {"why", "storms[1] in " + file + ", line 42"}};
  EXPECT_EQ(lines[0], told);
  EXPECT_EQ(queue.gathered.front().source.uid, 33U);
  EXPECT_EQ(ask_json(request, kAlice).front().at("kind").as_string(), "explain");
  EXPECT_EQ(ask_json(R"({"command":"explain"})").front().at("kind").as_string(), "explain");
}

Task<Result<std::string>> answer_of_senders(Result<std::string> answer) { co_return answer; }

TEST_F(Explain, TellsAdministratorsThatARowOfSendersRefusesIt) {
  Result<std::string> answer = std::string();
  std::vector<mail::Envelope> asked;
  std::string header;
  context->refused_by_senders = [&](mail::Envelope envelope, std::string fields) {
    asked.push_back(std::move(envelope));
    header = std::move(fields);
    return answer_of_senders(answer);
  };
  const std::string request = R"({"command":"explain","from":"a@b.example","to":"c@d.example","user":33})";
  EXPECT_EQ(exit_of(request), 0);
  answer = std::string("the sender <a@b.example> is not allowed: senders[0] in postern.yaml");
  const object told{{"kind", "notice"}, {"text", "refused when it is handed in: " + *answer}};
  EXPECT_EQ(ask_json(request).front(), told);
  EXPECT_EQ(exit_of(request), 1);
  EXPECT_EQ(asked.back().source.uid, 33U);
  EXPECT_EQ(asked.back().sender, "a@b.example");
  EXPECT_EQ(header, "From: a@b.example\n");
  const std::size_t questions = asked.size();
  EXPECT_EQ(exit_of(request, kAlice), 0);
  EXPECT_EQ(exit_of(R"({"command":"explain"})"), 0);
  EXPECT_EQ(asked.size(), questions);
  answer = Error{Failure::io, "the name service is away"};
  EXPECT_NE(exit_of(request), 0);
}

TEST_F(Explain, TellsThatNoRowOfStormsGathersItAndWhyThatIsNotKnown) {
  const std::string request = R"({"command":"explain","from":"root","to":"admin@example.com"})";
  queue.storm = queue::StormChoice{};
  const object none{{"kind", "storm"}, {"why", "no row of storms fits, and so it goes as it comes"}};
  EXPECT_EQ(ask_json(request).front(), none);
  queue.storm->unanswered = "the name service is away";
  const object unknown{{"kind", "storm"},
                       {"why", "nobody says who sends it, and so it goes as it comes: the name service is away"}};
  EXPECT_EQ(ask_json(request).front(), unknown);
}

}  // namespace
}  // namespace postern::control
