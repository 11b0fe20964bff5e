// Every name of a machine, in every spelling, is the machine's; every other stays as it is.
#include "mail/local_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using NameKind = LocalNames::Kind;

/// A machine db1 in the network "lan", that mail knows as web1.example.net, for a company with mailboxes.
LocalNames company() {
  LocalNames names;
  names.hostname = "web1.example.net";
  names.domain = "example.com";
  names.local_domains = {"intern.example.net", "xn--grn-ioa.example"};
  names.machine = {"db1", "db1.lan"};
  names.mailname = "mail.example.org";
  names.aliases = {{"root", {"ops", "admin@example.org"}}, {"ops", {"joe"}}};
  return names;
}

const std::vector<std::string> kMachine = {"localhost",
                                           "localhost.localdomain",
                                           "localhost4",
                                           "localhost6.localdomain6",
                                           "ip6-localhost",
                                           "box.localhost",
                                           "[127.0.0.1]",
                                           "[127.9.9.9]",
                                           "[IPv6:::1]",
                                           "web1.example.net",
                                           "web1",
                                           "db1",
                                           "db1.lan",
                                           "db1.localdomain",
                                           "intern.example.net",
                                           "xn--grn-ioa.example"};

/// As people and programs write one name.
std::vector<std::string> spellings(const std::string& name) {
  std::vector<std::string> all;
  for (std::size_t upper = 0; upper <= name.size(); ++upper) {
    std::string one = name;
    for (std::size_t i = 0; i < upper; ++i) {
      if (one[i] >= 'a' && one[i] <= 'z') one[i] = static_cast<char>(one[i] - 'a' + 'A');
    }
    all.push_back(one);
    if (!one.ends_with(']')) all.push_back(one + ".");
  }
  return all;
}

TEST(LocalNames, EveryNameOfTheMachineInEverySpellingIsExpandedAndCompleted) {
  const LocalNames names = company();
  for (const std::string& name : kMachine) {
    for (const std::string& domain : spellings(name)) {
      for (const std::string root : {"root", "Root", "ROOT", "\"root\""}) {
        ASSERT_THAT(names.recipients_of(root + "@" + domain), ElementsAre("joe@example.com", "admin@example.org"))
            << root << "@" << domain;
      }
      ASSERT_THAT(names.recipients_of("www-data@" + domain), ElementsAre("www-data@example.com")) << domain;
      ASSERT_THAT(names.recipients_of("Joe.Public@" + domain), ElementsAre("Joe.Public@example.com")) << domain;
    }
  }
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("joe@example.com", "admin@example.org"));
  EXPECT_THAT(names.recipients_of("www-data"), ElementsAre("www-data@example.com"));
  EXPECT_THAT(names.recipients_of("root@gr\xC3\x9CN.example"), ElementsAre("joe@example.com", "admin@example.org"));
}

TEST(LocalNames, WhatOnlyLooksLikeOneStaysAsItIs) {
  const LocalNames names = company();
  for (const std::string domain : {"example.net",
                                   "web2.example.net",
                                   "a.web1.example.net",
                                   "web1.example.net.org",
                                   "xweb1",
                                   "web1x",
                                   "db1.lan.org",
                                   "db2.localdomain",
                                   "lan",
                                   "localdomain",
                                   "localhost.example.net",
                                   "localhosts",
                                   "notlocalhost",
                                   "[192.0.2.1]",
                                   "[127.0.0.1",
                                   "[IPv6:::2]",
                                   "[]",
                                   "com",
                                   "example.org",
                                   "web1..",
                                   "127.0.0.1",
                                   "web1.example.com"}) {
    EXPECT_EQ(names.kind_of(domain), NameKind::foreign) << domain;
    EXPECT_THAT(names.recipients_of("root@" + domain), ElementsAre("root@" + domain));
  }
  for (const std::string address : {"roots@example.org", "\"a b\"@example.org", "a\"@localhost\"@example.org"}) {
    EXPECT_THAT(names.recipients_of(address), ElementsAre(address));
  }
}

TEST(LocalNames, TheDomainHasAliasesAndKeepsItsOtherMailboxes) {
  const LocalNames names = company();
  for (const std::string& domain : spellings("example.com")) {
    ASSERT_EQ(names.kind_of(domain), NameKind::domain);
    ASSERT_THAT(names.recipients_of("root@" + domain), ElementsAre("joe@example.com", "admin@example.org"));
    ASSERT_THAT(names.recipients_of("ann@" + domain), ElementsAre("ann@" + domain));
  }
}

TEST(LocalNames, ANameThatMayBeACompanysIsNoNameOfTheMachineAlone) {
  LocalNames names;
  names.hostname = "mx.example.net";
  names.domain = "mx.example.net";
  names.aliases = {{"root", {"ann@example.com"}}, {"*", {"ops@example.org"}}};
  names.mailname = "example.com";
  EXPECT_EQ(names.kind_of("example.com"), NameKind::shared);
  EXPECT_THAT(names.recipients_of("root@example.com"), ElementsAre("ann@example.com"));
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("ann@example.com"));
  EXPECT_THAT(names.recipients_of("bob@example.com"), ElementsAre("bob@example.com"));
  EXPECT_THAT(names.recipients_of("bob@mx.example.net"), ElementsAre("ops@example.org"));
  names.mailname.clear();
  names.machine = {"example.com"};  // as many a rented machine is called
  EXPECT_EQ(names.kind_of("example.com"), NameKind::shared);
  EXPECT_EQ(names.kind_of("example"), NameKind::machine);
  EXPECT_THAT(names.recipients_of("bob@example.com"), ElementsAre("bob@example.com"));
  names.local_domains = {"example.com"};
  EXPECT_EQ(names.kind_of("example.com"), NameKind::machine);
}

TEST(LocalNames, ANameOfTheMachineThatMayBeACompanysIsItsAloneOnlyWhereSomebodySaysSo) {
  for (const std::string name :
       {"example.com", "example.co.uk", "firma.com.br", "EXAMPLE.ORG.au", "firma.or.at", "firma.co.at", "buero.gv.at",
        "kaisha.ne.jp", "mairie.gouv.fr", "banco.gob.mx", "shop.ltd.uk", "bob.me.uk", "al.nom.es", "kontor.go.kr",
        "school.k12.tr", "firma.web.id"}) {
    LocalNames names;
    names.hostname = name;
    names.hostname_guessed = true;
    names.machine = {name};
    names.domain = "example.net";
    names.aliases = {{"root", {"ann@example.org"}}, {"*", {"ops@example.org"}}};
    for (const std::string& domain : spellings(name)) {
      ASSERT_EQ(names.kind_of(domain), NameKind::shared) << domain;
      ASSERT_THAT(names.recipients_of("info@" + domain), ElementsAre("info@" + domain));
      ASSERT_THAT(names.recipients_of("root@" + domain), ElementsAre("ann@example.org"));
    }
    EXPECT_EQ(names.kind_of(name.substr(0, name.find('.'))), NameKind::machine);
    EXPECT_EQ(names.kind_of("localhost"), NameKind::machine);
    names.machine.clear();
    EXPECT_EQ(names.kind_of(name), NameKind::shared);
    names.domain = name;
    EXPECT_EQ(names.kind_of(name), NameKind::domain);
    names.aliases.erase("*");
    EXPECT_THAT(names.recipients_of("info@" + name), ElementsAre("info@" + name));
    names.local_domains = {name};
    EXPECT_EQ(names.kind_of(name), NameKind::machine);
    names.local_domains.clear();
    names.hostname_guessed = false;
    EXPECT_EQ(names.kind_of(name), NameKind::machine);
  }
  for (const std::string name : {"web1.example.net", "web1.example.uk", "web1.lan", "a.b.co.uk", "a.co.example", "web1",
                                 "web1.bmw.de", "db1.tum.de", "web1.or.example", "www.example.at"}) {
    LocalNames names;
    names.hostname = names.domain = name;
    names.hostname_guessed = true;
    names.machine = {name};
    EXPECT_EQ(names.kind_of(name), NameKind::machine) << name;
  }
}

// Nobody said that it is for this machine to take the mail of everybody there.
TEST(LocalNames, ADomainThatIsThatOfMailnameIsWhatMailnameIs) {
  LocalNames names;
  names.hostname = "web1";
  names.machine = {"web1"};
  names.aliases = {{"root", {"ann@example.org"}}, {"*", {"ops@example.org"}}};
  names.domain_guessed = true;
  names.domain = names.mailname = "example.com";
  EXPECT_EQ(names.kind_of("example.com"), NameKind::shared);
  EXPECT_THAT(names.recipients_of("bob@example.com"), ElementsAre("bob@example.com"));
  EXPECT_THAT(names.recipients_of("root@example.com"), ElementsAre("ann@example.org"));
  EXPECT_THAT(names.recipients_of("bob"), ElementsAre("ops@example.org"));
  names.aliases = {{"root", {"joe"}}};
  EXPECT_THAT(names.recipients_of("bob"), ElementsAre("bob@example.com"));
  EXPECT_EQ(roots_mail(names), "");
  names.domain = names.mailname = "web1.example.com";
  EXPECT_EQ(names.kind_of("web1.example.com"), NameKind::machine);
  EXPECT_THAT(names.recipients_of("root@web1.example.com"), ElementsAre("joe@web1.example.com"));
  EXPECT_THAT(roots_mail(names), testing::HasSubstr("leads to a local user alone"));
}

TEST(LocalNames, NamesOfTheLoopbackAreNobodysElsewhere) {
  for (const char* name : {"localhost", "LocalHost.localdomain", "localhost.", "ip6-loopback", "a.b.localhost"}) {
    EXPECT_TRUE(is_loopback_name(name)) << name;
  }
  for (const char* name : {"", "web1", "localhost.example.com", "notlocalhost", "localdomain"}) {
    EXPECT_FALSE(is_loopback_name(name)) << name;
  }
}

TEST(LocalNames, MailnameIsTheMachinesWhereItBeginsLikeIt) {
  LocalNames names;
  names.hostname = names.domain = "mx.example.net";
  names.machine = {"db1"};
  for (const std::string name : {"db1.example.com", "DB1.example.com", "db1.lan", "db1"}) {
    names.mailname = name;
    EXPECT_EQ(names.kind_of("db1.example.com"), names.mailname.size() > 10 ? NameKind::machine : NameKind::foreign)
        << name;
    EXPECT_EQ(names.kind_of(name), NameKind::machine) << name;
  }
  for (const std::string name : {"example.com", "db2.example.com", "db1.com"}) {
    names.mailname = name;
    EXPECT_EQ(names.kind_of(name), NameKind::shared) << name;
  }
}

TEST(LocalNames, OfTheSameNameTheSettingsGoBeforeTheFile) {
  LocalNames names = company();
  names.of_file = {
      {"root", {"file@example.org"}}, {"ops", {"file@example.org"}}, {"postmaster", {"root"}}, {"*", {"f@x"}}};
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("f@x", "admin@example.org"));
  EXPECT_THAT(names.recipients_of("postmaster@localhost"), ElementsAre("f@x", "admin@example.org"));
  names.aliases["*"] = {"all@example.org"};
  EXPECT_THAT(names.recipients_of("nobody"), ElementsAre("all@example.org"));
  EXPECT_THAT(names.recipients_of("postmaster"), ElementsAre("all@example.org", "admin@example.org"));
}

// RHEL's /etc/aliases has `info: postmaster` and `sales: postmaster`: mail of a company's customers is no alert.
TEST(LocalNames, TheFileSaysNothingOfADomainThatMayHaveMailboxes) {
  LocalNames names;
  names.hostname = "web1.example.net";
  names.domain = "example.com";
  names.machine = {"db1.lan", "example.co.uk"};
  names.of_file = {
      {"sales", {"postmaster"}}, {"postmaster", {"root"}}, {"root", {"ann@example.org"}}, {"*", {"all@x.org"}}};
  for (const std::string domain : {"example.com", "Example.COM.", "example.co.uk"}) {
    EXPECT_FALSE(names.file_applies_to(domain)) << domain;
    for (const std::string name : {"sales", "postmaster", "root", "bob"}) {
      EXPECT_THAT(names.recipients_of(name + "@" + domain), ElementsAre(name + "@" + domain));
    }
  }
  for (const std::string at : {"", "@localhost", "@web1.example.net", "@web1", "@db1"}) {
    EXPECT_THAT(names.recipients_of("sales" + at), ElementsAre("ann@example.org")) << at;
    EXPECT_THAT(names.recipients_of("bob" + at), ElementsAre("all@x.org")) << at;
  }
  names.aliases = {{"sales", {"root"}}};
  EXPECT_THAT(names.recipients_of("sales@example.com"), ElementsAre("ann@example.org"))
      << "the settings know the domain";
  EXPECT_THAT(names.recipients_of("info@example.com"), ElementsAre("info@example.com"));
  names.aliases.clear();
  for (const std::string domain : {"intern.example.net", "home.lan", "lan"}) {
    names.domain = domain;
    EXPECT_THAT(names.recipients_of("sales@" + domain), ElementsAre("ann@example.org")) << domain;
  }
  names.domain = "example.com";
  names.local_domains = {"example.com"};
  EXPECT_THAT(names.recipients_of("sales@example.com"), ElementsAre("ann@example.org")) << "somebody said so";
}

TEST(LocalNames, WhatTheFileDoesNotSayOfTheDomainMakesNoCircle) {
  LocalNames names;
  names.hostname = "web1.example.net";
  names.domain = "example.com";
  names.of_file = {{"a", {"b@example.com"}}, {"b", {"a"}}};
  EXPECT_TRUE(names.circles().empty());
  EXPECT_THAT(names.recipients_of("a"), ElementsAre("b@example.com"));
  EXPECT_THAT(names.recipients_of("b"), ElementsAre("b@example.com"));
  names.aliases = {{"b", {"a"}}};
  EXPECT_EQ(names.circles().size(), 1U);
}

TEST(LocalNames, FollowsChainsAndNamesEveryMailboxOnce) {
  LocalNames names = company();
  names.aliases = {{"root", {"ops", "a@X.org"}}, {"ops", {"a@x.org", "b@y.org", "joe", "joe@localhost"}}};
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("a@x.org", "b@y.org", "joe@example.com"));
  names.aliases = {{"root", {"a@b\xC3\xBC\x63her.example", "a@xn--bcher-kva.example"}}};
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("a@b\xC3\xBC\x63her.example"));
}

TEST(LocalNames, ABackslashMakesATargetFinal) {
  LocalNames names = company();
  names.of_file = {{"joe", {"\\joe", "joe@example.org"}}, {"ann", {"\\ops"}}};
  EXPECT_THAT(names.recipients_of("joe@localhost"), ElementsAre("joe@example.com", "joe@example.org"));
  EXPECT_THAT(names.recipients_of("ann"), ElementsAre("ops@example.com"));
}

TEST(LocalNames, TheCatchAllIsForLocalNamesThatHaveNothingElse) {
  LocalNames names = company();
  names.aliases = {{"*", {"admin@example.org"}}, {"root", {"ops@example.org"}}, {"staff", {"joe", "ann@web1"}}};
  for (const std::string& domain : kMachine) {
    EXPECT_THAT(names.recipients_of("www-data@" + domain), ElementsAre("admin@example.org")) << domain;
    EXPECT_THAT(names.recipients_of("*@" + domain), ElementsAre("admin@example.org")) << domain;
    EXPECT_THAT(names.recipients_of("root@" + domain), ElementsAre("ops@example.org")) << domain;
  }
  EXPECT_THAT(names.recipients_of("joe"), ElementsAre("admin@example.org"));
  EXPECT_THAT(names.recipients_of("joe@example.com"), ElementsAre("admin@example.org"));
  EXPECT_THAT(names.recipients_of("joe@mail.example.org"), ElementsAre("joe@mail.example.org"));
  EXPECT_THAT(names.recipients_of("staff"), ElementsAre("admin@example.org"));
  EXPECT_THAT(names.recipients_of("joe@example.net"), ElementsAre("joe@example.net"));
}

TEST(LocalNames, TheCatchAllTakesNothingFromATargetThatIsWrittenOut) {
  LocalNames names = company();
  names.aliases = {{"*", {"ops@example.org"}}, {"root", {"ann@example.com"}}};
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("ann@example.com"));
  names.aliases = {{"*", {"ann@example.com"}}};
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("ann@example.com"));
}

TEST(LocalNames, TheCatchAllNeverRunsInACircle) {
  LocalNames names = company();
  names.aliases = {{"*", {"joe"}}};
  for (const std::string name : {"joe", "bob", "*"})
    EXPECT_THAT(names.recipients_of(name), ElementsAre("joe@example.com"));
  names.aliases = {{"*", {"root"}}, {"root", {"joe"}}};
  for (const std::string name : {"joe", "bob", "root"}) {
    EXPECT_THAT(names.recipients_of(name), ElementsAre("joe@example.com")) << name;
  }
  names.aliases = {{"*", {"joe", "a@x.org"}}};
  EXPECT_THAT(names.recipients_of("joe"), ElementsAre("joe@example.com", "a@x.org"));
  names.aliases = {{"*", {"root"}}, {"root", {"joe", "ann"}}};
  for (const std::string name : {"bob", "root"}) {
    EXPECT_THAT(names.recipients_of(name), ElementsAre("joe@example.com", "ann@example.com")) << name;
  }
  names.aliases = {{"*", {"*"}}};
  EXPECT_THAT(names.recipients_of("joe"), ElementsAre("joe@example.com"));
  EXPECT_TRUE(names.circles().empty());
}

TEST(LocalNames, CirclesOfEveryLengthLeadNowhereAndAreFound) {
  for (std::size_t length = 1; length <= 10; ++length) {
    LocalNames names = company();
    names.aliases.clear();
    const auto name = [&](std::size_t i) { return "n" + std::to_string(i % length); };
    // In one table, in the other, and in both by turns.
    for (const std::size_t own : {std::size_t{0}, length / 2, length}) {
      names.aliases.clear();
      names.of_file.clear();
      for (std::size_t i = 0; i < length; ++i) (i < own ? names.aliases : names.of_file)[name(i)] = {name(i + 1)};
      const auto circles = names.circles();
      ASSERT_EQ(circles.size(), 1U) << length;
      EXPECT_EQ(circles.front().size(), length);
      EXPECT_EQ(circles.front().front(), "n0");
      for (std::size_t i = 0; i < length; ++i) {
        EXPECT_THAT(names.recipients_of(name(i) + "@localhost"), ElementsAre(name(i) + "@example.com")) << length;
      }
      // Who stands beside it is reached from every name of it.
      (own > 0 ? names.aliases : names.of_file)["n0"].emplace_back("somebody@example.org");
      EXPECT_EQ(names.circles().size(), length == 1 ? 0U : 1U) << length;
      for (std::size_t i = 0; i < length; ++i) {
        const std::vector<std::string> found = names.recipients_of(name(i));
        EXPECT_EQ(found.back(), "somebody@example.org") << length;
        EXPECT_EQ(found.size(), length == 1 ? 2U : 1U) << length;
      }
    }
  }
  EXPECT_EQ(words_of({"a", "b"}), "a -> b -> a");
  EXPECT_EQ(words_of({}), "");
}

TEST(LocalNames, WhoKeepsACopyOrNamesItsMailboxRunsInNoCircle) {
  LocalNames names = company();
  for (const std::vector<std::string>& targets : std::vector<std::vector<std::string>>{
           {"root", "admin@example.org"}, {"admin@example.org", "root@localhost"}, {"\\root", "admin@example.org"}}) {
    names.aliases = {{"root", targets}};
    EXPECT_TRUE(names.circles().empty());
    EXPECT_THAT(names.recipients_of("root"), testing::UnorderedElementsAre("root@example.com", "admin@example.org"));
  }
  names.aliases = {{"root", {"root@example.com"}}, {"ann", {"ann@mail.example.org"}}};
  EXPECT_TRUE(names.circles().empty());
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("root@example.com"));
  EXPECT_THAT(names.recipients_of("ann"), ElementsAre("ann@mail.example.org"));
}

TEST(LocalNames, FindsTheCirclesAmongManyAliasesInBoundedTime) {
  LocalNames names = company();
  names.aliases.clear();
  constexpr int kMany = 5'000;
  for (int i = 0; i < kMany; ++i) names.of_file["n" + std::to_string(i)] = {"n" + std::to_string(i + 1), "n0"};
  EXPECT_GE(names.circles().size(), 1U);
  EXPECT_FALSE(names.recipients_of("n5").empty());
}

TEST(LocalNames, StaysSmallWhenNamesFanOut) {
  LocalNames names = company();
  for (int i = 0; i < 90; ++i) {
    names.of_file["m" + std::to_string(i)] = std::vector<std::string>(50, "m" + std::to_string(i + 1));
  }
  EXPECT_THAT(names.recipients_of("m0"), ElementsAre("m90@example.com"));
}

TEST(LocalNames, SomebodyIsAlwaysLeft) {
  LocalNames names = company();
  names.aliases = {{"a", {}}, {"b", {"c"}}, {"c", {"b"}}};
  EXPECT_THAT(names.recipients_of("a"), ElementsAre("a@example.com"));
  EXPECT_THAT(names.recipients_of("b"), ElementsAre("b@example.com"));
  names.aliases = {{"a", {"b", "c"}}, {"b", {"a"}}, {"c", {"b"}}, {"*", {"x@y.org"}}};
  for (const std::string name : {"a", "b", "c"}) EXPECT_EQ(names.recipients_of(name).size(), 1U) << name;
  EXPECT_THAT(names.recipients_of(""), ElementsAre("")) << "the null reverse-path is no name";
  names.aliases.clear();
  names.domain.clear();
  EXPECT_THAT(names.recipients_of("root"), ElementsAre("root"));
}

TEST(LocalNames, SaysWhereRootsMailGoesWhereNoAliasDoes) {
  LocalNames names = company();
  EXPECT_EQ(roots_mail(names), "");
  names.aliases.clear();
  EXPECT_THAT(roots_mail(names),
              HasSubstr("no alias for root: its mail (cron's, for example) goes to root@example.com"));
  names.of_file = {{"postmaster", {"root"}}};
  EXPECT_NE(roots_mail(names), "");
  for (const std::string name : {"root", "*"}) {
    names.of_file = {{name, {"a@b.example"}}};
    EXPECT_EQ(roots_mail(names), "") << name;
  }
}

TEST(LocalNames, SaysThatRootsMailGoesToALocalUserAlone) {
  LocalNames names = company();
  names.aliases.clear();
  names.of_file = {{"root", {"joe"}}};
  EXPECT_EQ(roots_mail(names), "") << "the domain may have a joe";
  names.domain = names.hostname;
  ASSERT_EQ(names.kind_of(names.domain), LocalNames::Kind::machine);
  EXPECT_THAT(roots_mail(names), HasSubstr("the alias for root leads to a local user alone: its mail (cron's, for "
                                           "example) goes to joe@" +
                                           names.domain));
  for (const Aliases& aliases :
       {Aliases{{"root", {"joe", "a@b.example"}}}, Aliases{{"root", {"joe"}}, {"joe", {"a@b.example"}}},
        Aliases{{"root", {"joe"}}, {"*", {"a@b.example"}}}}) {
    names.of_file = aliases;
    EXPECT_EQ(roots_mail(names), "");
  }
}

}  // namespace
}  // namespace postern::mail
