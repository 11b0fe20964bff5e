#include "exchange.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::sasl {
namespace {

using namespace std::string_literals;
using Outcome = ServerMechanism::Outcome;

ServerSide pencil() {
  ServerSide side = test::server_of(test::with_password("user", "pencil"));
  side.challenge_seed = "theirs,s=QSXCR+Q6sek8bf92,i=4096";
  return side;
}

ServerMechanism::Answer answer_to(const std::string& first, const ServerSide& side = pencil(),
                                  std::string_view name = "SCRAM-SHA-1") {
  return make_server_mechanism(name, side)->step(first);
}

TEST(ScramServer, RefusesEveryMalformedFirstMessage) {
  for (const std::string& first :
       {""s, "n"s, "n,"s, "n,,"s, "n,,n=user"s, "n,,r=abc"s, "n,,r=abc,n=user"s, "n,,n=,r=abc"s, "n,,n=user,r="s,
        "x,,n=user,r=abc"s, "p=,,n=user,r=abc"s, "n,a=tom,n=user,r=abc"s, "n,x,n=user,r=abc"s, "n,,m=x,n=user,r=abc"s,
        "n,,n=us=er,r=abc"s, "n,,n=user,r=a\x01z"s, "n,,n=us\xFF,r=abc"s, "n,,n=user,r=abc,r=abc"s}) {
    const auto answer = answer_to(first);
    EXPECT_EQ(answer.challenge, "e=other-error") << first;
  }
  EXPECT_EQ(answer_to("n,a=user,n=user,r=abc").challenge, "r=abctheirs,s=QSXCR+Q6sek8bf92,i=4096");
}

TEST(ScramServer, SaysFailureAfterItsError) {
  const auto server = make_server_mechanism("SCRAM-SHA-1", pencil());
  EXPECT_EQ(server->step("junk").outcome, Outcome::challenge);
  EXPECT_EQ(server->step("").outcome, Outcome::failure);
  EXPECT_EQ(server->step("n,,n=user,r=abc").outcome, Outcome::failure);
}

TEST(ScramServer, HoldsTheClientToItsBindingFlag) {
  ServerSide side = pencil();
  EXPECT_EQ(answer_to("p=tls-unique,,n=user,r=abc", side).challenge, "e=channel-binding-not-supported");
  EXPECT_EQ(answer_to("y,,n=user,r=abc", side).challenge.substr(0, 2), "r=");
  side.bindings = {test::binding("tls-exporter", "x")};
  EXPECT_EQ(answer_to("y,,n=user,r=abc", side).challenge, "e=server-does-support-channel-binding");
  EXPECT_EQ(answer_to("n,,n=user,r=abc", side).challenge.substr(0, 2), "r=");
  EXPECT_EQ(answer_to("n,,n=user,r=abc", side, "SCRAM-SHA-1-PLUS").challenge, "e=channel-binding-not-supported");
  EXPECT_EQ(answer_to("p=tls-unique,,n=user,r=abc", side, "SCRAM-SHA-1-PLUS").challenge,
            "e=unsupported-channel-binding-type");
}

/// What the client makes of a server on another channel, or of one whose offer was changed on the way.
test::End between(std::string_view name, const Situation& client, const std::vector<ChannelBinding>& bindings) {
  ServerSide side = pencil();
  side.bindings = bindings;
  return test::converse(name, test::with_password("user", "pencil"), client, side, test::Initial::with_command);
}

TEST(ScramServer, ShowsTheClientThatSomebodySitsBetween) {
  Situation situation;
  situation.bindings = {test::binding("tls-exporter", "mine")};
  situation.binding_offered = true;
  const auto other_channel = between("SCRAM-SHA-256-PLUS", situation, {test::binding("tls-exporter", "theirs")});
  ASSERT_TRUE(other_channel.error);
  EXPECT_EQ(other_channel.error->failure, Failure::tls);
  situation.binding_offered = false;
  const auto offer_taken_away = between("SCRAM-SHA-256", situation, {test::binding("tls-exporter", "mine")});
  ASSERT_TRUE(offer_taken_away.error);
  EXPECT_EQ(offer_taken_away.error->failure, Failure::tls);
}

TEST(ScramServer, RefusesEveryChangeOfTheLastMessage) {
  const std::string first = "n,,n=user,r=abc";
  Situation situation;
  situation.nonce = "abc";
  const auto client = make_mechanism("SCRAM-SHA-1", test::with_password("user", "pencil"), situation);
  const auto response = client->step(test::encoded("r=abctheirs,s=QSXCR+Q6sek8bf92,i=4096"));
  ASSERT_TRUE(response);
  const std::string right = response->bytes;
  for (std::size_t at = 0; at <= right.size(); ++at) {
    std::string changed = right;
    if (at < right.size()) changed[at] = changed[at] == 'x' ? 'y' : 'x';
    const auto server = make_server_mechanism("SCRAM-SHA-1", pencil());
    EXPECT_EQ(server->step(first).outcome, Outcome::challenge);
    const std::string verdict = server->step(changed).challenge;
    EXPECT_EQ(verdict.substr(0, 2), at < right.size() ? "e=" : "v=") << changed;
    EXPECT_EQ(server->step("").outcome, at < right.size() ? Outcome::failure : Outcome::success) << changed;
  }
}

TEST(ScramServer, DoesNotTellWhichUsersThereAre) {
  const auto challenge = answer_to("n,,n=nobody,r=abc");
  EXPECT_EQ(challenge.challenge, "r=abctheirs,s=QSXCR+Q6sek8bf92,i=4096");
  const auto end = test::converse("SCRAM-SHA-1", test::with_password("nobody", "pencil"), Situation(), pencil(),
                                  test::Initial::with_command);
  EXPECT_FALSE(end.accepted);
  EXPECT_EQ(end.refusal, "invalid-proof");
  const auto empty = test::converse("SCRAM-SHA-1", test::with_password("nobody", ""), Situation(), pencil(),
                                    test::Initial::with_command);
  EXPECT_FALSE(empty.accepted);
}

TEST(ScramServer, CanBeMadeToAskForACountThatClientsRefuse) {
  ServerSide side = pencil();
  side.challenge_seed = "theirs,s=QSXCR+Q6sek8bf92,i=1";
  const auto end = test::converse("SCRAM-SHA-1", test::with_password("user", "pencil"), Situation(), side,
                                  test::Initial::with_command);
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->failure, Failure::protocol);
}

}  // namespace
}  // namespace postern::sasl
