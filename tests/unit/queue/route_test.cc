#include "queue/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

namespace postern::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

mail::LocalNames names() {
  mail::LocalNames made;
  made.hostname = "web1.example.net";
  made.domain = "example.net";
  return made;
}

RouteRule by_sender(std::vector<std::string> senders, std::vector<std::string> smarthosts) {
  RouteRule rule;
  rule.senders = std::move(senders);
  rule.smarthosts = std::move(smarthosts);
  return rule;
}

RouteRule to_recipient(std::vector<std::string> recipients, std::vector<std::string> smarthosts) {
  RouteRule rule;
  rule.recipients = std::move(recipients);
  rule.smarthosts = std::move(smarthosts);
  return rule;
}

mail::User user(std::string name, std::vector<std::string> groups = {}) {
  return {false, std::move(name), std::move(groups)};
}

const mail::User kNobody;

mail::Envelope envelope(std::string sender, const std::vector<std::string>& recipients) {
  mail::Envelope made;
  made.sender = std::move(sender);
  for (const std::string& address : recipients) {
    made.recipients.emplace_back();
    made.recipients.back().address = address;
  }
  return made;
}

TEST(Route, TheFirstRowThatFitsCountsAndWhatNoneFitsGoesByAll) {
  const Routes routes({by_sender({"anna@one.example"}, {"a"}), by_sender({"*@one.example"}, {"b", "a"})}, names());
  EXPECT_EQ(routes.row_for("Anna@one.example", "x@y.example", kNobody), 0U);
  EXPECT_EQ(routes.row_for("bob@one.example", "x@y.example", kNobody), 1U);
  EXPECT_EQ(routes.row_for("bob@two.example", "x@y.example", kNobody), std::nullopt);
  EXPECT_THAT(routes.route_of(1).sites, ElementsAre("b", "a"));
  EXPECT_THAT(routes.route_of(std::nullopt).sites, IsEmpty());
}

TEST(Route, AllThatARowSaysMustFit) {
  RouteRule rule = by_sender({"*@one.example"}, {"a"});
  rule.recipients = {"*@two.example", "carol@three.example"};
  rule.users = {"www-data"};
  rule.groups = {"staff"};
  const Routes routes({rule}, names());
  EXPECT_EQ(routes.row_for("x@one.example", "y@two.example", user("www-data")), 0U);
  EXPECT_EQ(routes.row_for("x@one.example", "carol@three.example", user("anna", {"users", "staff"})), 0U);
  EXPECT_EQ(routes.row_for("x@one.example", "y@two.example", user("anna", {"users"})), std::nullopt);
  EXPECT_EQ(routes.row_for("x@one.example", "y@two.example", kNobody), std::nullopt);
  EXPECT_EQ(routes.row_for("x@two.example", "y@two.example", user("www-data")), std::nullopt);
  EXPECT_EQ(routes.row_for("x@one.example", "dave@three.example", user("www-data")), std::nullopt);
}

TEST(Route, ANameIsThatOfAUserOfThisMachine) {
  const Routes routes({by_sender({"root"}, {"a"})}, names());
  EXPECT_EQ(routes.row_for("root@web1.example.net", "x@y.example", kNobody), 0U);
  EXPECT_EQ(routes.row_for("root@localhost", "x@y.example", kNobody), 0U);
  EXPECT_EQ(routes.row_for("root@elsewhere.example", "x@y.example", kNobody), std::nullopt);
}

TEST(Route, TheNullSenderIsWrittenAsInSMTPAndIsAmongAll) {
  const Routes null({by_sender({"<>"}, {"a"})}, names());
  EXPECT_EQ(null.row_for("", "x@y.example", kNobody), 0U);
  EXPECT_EQ(null.row_for("x@y.example", "x@y.example", kNobody), std::nullopt);
  const Routes all({by_sender({"*"}, {"a"})}, names());
  EXPECT_EQ(all.row_for("", "x@y.example", kNobody), 0U);
  const Routes domain({by_sender({"*@y.example"}, {"a"})}, names());
  EXPECT_EQ(domain.row_for("", "x@y.example", kNobody), std::nullopt);
}

TEST(Route, ADomainInLettersFitsTheRowsOfItsALabels) {
  const Routes routes(
      {by_sender({"*@xn--bcher-kva.example"}, {"a"}), to_recipient({"web@xn--bcher-kva.example"}, {"b"})}, names());
  for (const std::string domain :
       {"b\u00fccher.example", "B\u00dcCHER.example", "XN--Bcher-KVA.example", "xn--bcher-kva.example"}) {
    EXPECT_EQ(routes.row_for("bob@" + domain, "x@y.example", kNobody), 0U) << domain;
    EXPECT_EQ(routes.row_for("bob@one.example", "Web@" + domain, kNobody), 1U) << domain;
    EXPECT_EQ(routes.row_for("bob@one.example", "mail@" + domain, kNobody), std::nullopt) << domain;
  }
  EXPECT_EQ(routes.row_for("bob@b\u00fccher.other", "x@y.example", kNobody), std::nullopt);
}

TEST(Route, NoDomainInLettersIsReadWhereNeitherARowNorANameOfThisMachineHasALabels) {
  // To be read is to be found the same with a plain letter in place of the wide one.
  const Routes routes({to_recipient({"*@corp.example"}, {"a"}), to_recipient({"root"}, {"b"})}, names());
  EXPECT_EQ(routes.row_for("", "x@\uff43orp.example", kNobody), std::nullopt);
  EXPECT_EQ(routes.row_for("", "root@\uff57eb1.example.net", kNobody), std::nullopt);
  mail::LocalNames green = names();
  green.local_domains = {"xn--grn-ioa.example"};
  const Routes others({to_recipient({"root"}, {"b"})}, green);
  EXPECT_EQ(others.row_for("", "root@gr\u00fcn.example", kNobody), 0U);
  EXPECT_EQ(others.row_for("", "root@gr\u00fcn.other", kNobody), std::nullopt);
}

TEST(Route, OfThousandsOfDomainsInLettersThoseBeyondABoundFitNoRowOfALabels) {
  std::vector<std::string> addresses{"1@b\u00fccher.example"};
  for (int i = 0; i < 13'000; ++i)
    addresses.push_back("x@" + std::string(40, 'a') + std::to_string(i) + "\u00fc.example");
  addresses.insert(addresses.end(), {"2@b\u00fccher.example", "3@xn--bcher-kva.example", "4@B\u00dcCHER.example"});
  const mail::Envelope made = envelope("x@y.example", addresses);
  std::vector<std::size_t> all(addresses.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Routes routes({to_recipient({"*@xn--bcher-kva.example"}, {"a"})}, names());
  const std::vector<Leg> legs = routes.legs(made, all, kNobody);
  ASSERT_EQ(legs.size(), 2U);
  EXPECT_THAT(legs[0].recipients, ElementsAre(0U, 13'001U, 13'002U))
      << "what was read once is known, and the last is not";
}

bool needs_user(const Routes& routes, const std::string& sender, const std::string& recipient) {
  mail::Envelope envelope;
  envelope.sender = sender;
  envelope.recipients.emplace_back().address = "else@where.example";
  envelope.recipients.emplace_back().address = recipient;
  return routes.legs(envelope, {1}).front().route.unknown;
}

TEST(Route, WhoSentAMessageIsAskedOnlyWhereARowThatNamesUsersMayCount) {
  RouteRule of_user = to_recipient({"*@one.example"}, {"a"});
  of_user.users = {"www-data"};
  RouteRule of_group = to_recipient({"*@two.example"}, {"b"});
  of_group.groups = {"staff"};
  const Routes routes({by_sender({"root@x.example"}, {"c"}), of_user, to_recipient({"*@two.example"}, {"c"}), of_group},
                      names());
  EXPECT_FALSE(needs_user(routes, "root@x.example", "y@one.example")) << "an earlier row decides";
  EXPECT_TRUE(needs_user(routes, "bob@x.example", "y@one.example"));
  EXPECT_FALSE(needs_user(routes, "bob@x.example", "y@two.example")) << "the row of the group is never reached";
  EXPECT_FALSE(needs_user(routes, "bob@x.example", "y@three.example")) << "no row fits";
  EXPECT_FALSE(needs_user(Routes(), "bob@x.example", "y@one.example"));
}

TEST(Route, OfOneMessageOnlyThoseWaitForTheNameOfItsUserForWhomItMatters) {
  RouteRule web = to_recipient({"*@one.example"}, {"a"});
  web.users = {"www-data"};
  const Routes routes({to_recipient({"root@one.example"}, {"c"}), web, to_recipient({"*@two.example"}, {"b"})},
                      names());
  const mail::Envelope made =
      envelope("x@y.example", {"root@one.example", "1@one.example", "2@two.example", "3@one.example"});
  const std::vector<Leg> legs = routes.legs(made, {0, 1, 2, 3});
  ASSERT_EQ(legs.size(), 3U);
  EXPECT_THAT(legs[0].route.sites, ElementsAre("c"));
  EXPECT_TRUE(legs[1].route.unknown);
  EXPECT_THAT(legs[1].recipients, ElementsAre(1U, 3U));
  EXPECT_EQ(to_text(legs[1].route), "not known");
  EXPECT_THAT(legs[2].route.sites, ElementsAre("b"));
}

TEST(Route, ALegTellsHowManyOfAllGoThatWay) {
  const Routes routes({to_recipient({"*@one.example"}, {"a"}), to_recipient({"*@two.example"}, {"b"})}, names());
  const mail::Envelope made = envelope("x@y.example", {"1@one.example", "2@two.example", "3@one.example"});
  const std::vector<Leg> legs = routes.legs(made, {2}, kNobody);
  ASSERT_EQ(legs.size(), 1U);
  EXPECT_THAT(legs[0].recipients, ElementsAre(2U));
  EXPECT_EQ(legs[0].whole, 2U);
}

TEST(Route, AStarAmongUsersAsksNobodyForNames) {
  RouteRule rule = by_sender({}, {"a"});
  rule.users = {"*"};
  const Routes routes({rule}, names());
  EXPECT_FALSE(needs_user(routes, "x@y.example", "x@y.example"));
  EXPECT_EQ(routes.row_for("x@y.example", "x@y.example", kNobody), 0U);
}

TEST(Route, EachRecipientIsInOneLegAndRowsWithTheSameSitesAreOneWay) {
  const Routes routes({to_recipient({"*@one.example"}, {"a"}), to_recipient({"*@two.example"}, {"b"}),
                       to_recipient({"*@three.example"}, {"a"})},
                      names());
  const mail::Envelope made = envelope("x@y.example", {"1@one.example", "2@two.example", "3@three.example",
                                                       "4@four.example", "5@one.example", "6@two.example"});
  const std::vector<Leg> legs = routes.legs(made, {0, 1, 2, 3, 4}, kNobody);
  ASSERT_EQ(legs.size(), 3U);
  EXPECT_THAT(legs[0].route.sites, ElementsAre("a"));
  EXPECT_THAT(legs[0].recipients, ElementsAre(0U, 2U, 4U));
  EXPECT_THAT(legs[1].route.sites, ElementsAre("b"));
  EXPECT_THAT(legs[1].recipients, ElementsAre(1U));
  EXPECT_THAT(legs[2].route.sites, IsEmpty());
  EXPECT_THAT(legs[2].recipients, ElementsAre(3U));
  EXPECT_THAT(routes.legs(made, {}, kNobody), IsEmpty());
}

TEST(Route, WhatWeMadeOurselvesIsNobodys) {
  mail::Source report;
  report.uid = 1000;
  EXPECT_EQ(sent_by(report), std::nullopt);
  mail::Source local;
  local.kind = mail::Source::Kind::local;
  local.uid = 1000;
  EXPECT_EQ(sent_by(local), 1000U);
  mail::Source tcp;
  tcp.kind = mail::Source::Kind::smtp;
  tcp.holder = 33;
  EXPECT_EQ(sent_by(tcp), 33U);
}

TEST(Route, ItsTextNamesTheSitesInOrder) {
  EXPECT_EQ(to_text(Route{}), "all smarthosts");
  EXPECT_EQ(to_text(Route{{}, {"main", "backup"}}), "main, backup");
  EXPECT_EQ(to_text(Route{"other", {}}), "other");
}

}  // namespace
}  // namespace postern::queue
