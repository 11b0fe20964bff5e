// Aliases of the settings and of a file, judged by what they lead to.
#include "settings/local_names.h"

#include "settings/load.h"
#include "settings/machine_name.h"
#include "support/scratch_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace postern::settings {
namespace {

using test::ScratchDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kNames = "hostname: web1.example.net\ndomain: example.net\n";

std::string joined(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& one : problems) all += one.str() + "\n";
  return all;
}

std::string errors(const std::string& text) { return joined(parse(text, "f.yaml").problems); }
std::string told_of(const std::string& text) { return joined(parse(text, "f.yaml").warnings); }

mail::LocalNames names_of(const std::string& text) {
  const Loaded loaded = parse(text, "f.yaml");
  EXPECT_TRUE(loaded.settings) << joined(loaded.problems);
  return loaded.settings ? loaded.settings->names : mail::LocalNames();
}

TEST(LocalNames, TheMachinesOwnNamesAreKnown) {
  const mail::LocalNames names = names_of("hostname: web1.example.net\naliases: {root: a@x.example}\n");
  EXPECT_THAT(names.machine, testing::Contains(machine_name()));
  EXPECT_THAT(names.recipients_of("root@" + machine_name()), ElementsAre("a@x.example"));
  EXPECT_THAT(names.recipients_of("root@" + machine_name().substr(0, machine_name().find('.'))),
              ElementsAre("a@x.example"));
}

// Debian policy 11.6: it is "the portion after the @" of the users here.
TEST(LocalNames, WithoutADomainTheNameOfMailnameStandsForIt) {
  struct Row {
    std::string hostname;
    std::string mailname;
    std::string domain;
  };
  const std::vector<Row> rows = {
      {"web1", "example.net", "example.net"},
      {"web1.example.net", "example.net", "example.net"},
      {"web1.example.net", "web1.example.net", "web1.example.net"},
      {"web1", "web1.example.net", "web1.example.net"},
      {"web1.example.net", "", "web1.example.net"},
      {"web1.example.net", "web1", "web1.example.net"},
      {"web1.example.net", "localhost", "web1.example.net"},
      {"web1.example.net", "localhost.localdomain", "web1.example.net"},
      {"web1.example.net", "web1.localdomain", "web1.example.net"},
      {"web1.example.net", "WEB1.example.net", "web1.example.net"},
      {"web1", "web1", "web1"},
  };
  for (const Row& row : rows) {
    mail::LocalNames names;
    names.hostname = row.hostname;
    names.mailname = row.mailname;
    complete_domain(names);
    EXPECT_EQ(names.domain, row.domain) << row.hostname << " " << row.mailname;
    EXPECT_EQ(names.domain_guessed, row.domain != row.hostname) << row.hostname << " " << row.mailname;
    names.domain_guessed = false;
    names.domain = "example.com";
    complete_domain(names);
    EXPECT_EQ(names.domain, "example.com") << "it is said";
    EXPECT_FALSE(names.domain_guessed);
  }
}

TEST(LocalNames, ListsOfHostNamesAreStrict) {
  EXPECT_THAT(names_of(kNames + "local_domains: [a.example, b]\n").local_domains, ElementsAre("a.example", "b"));
  EXPECT_THAT(errors("local_domains: a.example\n"), HasSubstr("f.yaml:1:16: 'local_domains' must be a list such as"));
  EXPECT_THAT(errors("local_domains: [a.example, A.example]\n"),
              HasSubstr("f.yaml:1:28: 'local_domains' lists A.example"));
  for (const std::string bad : {"a..example", "root@x", "\"*\"", "-x", "\"\"", "{a: b}", "m\xC3\xBCller.example"}) {
    EXPECT_THAT(errors("local_domains: [" + bad + "]\n"), HasSubstr("'local_domains' must be ")) << bad;
  }
}

TEST(Aliases, ANameMayHaveADomainOfThisMachine) {
  for (const std::string key : {"root", "Root@localhost", "root@web1.example.net", "ROOT@web1", "root@example.net",
                                "root@intern.example", "\"\\\"root\\\"\""}) {
    const auto names = names_of(kNames + "local_domains: [intern.example]\naliases: {" + key + ": a@x.example}\n");
    EXPECT_THAT(names.aliases, ElementsAre(testing::Pair("root", ElementsAre("a@x.example")))) << key;
  }
  EXPECT_THAT(names_of(kNames + "aliases: {'*@localhost': a@x.example}\n").recipients_of("joe"),
              ElementsAre("a@x.example"));
  EXPECT_THAT(errors(kNames + "aliases: {root@localhost: a@x.example, root: b@x.example}\n"),
              HasSubstr("stands here twice, with and without a domain"));
}

TEST(Aliases, ThatHaveNoEffectAreErrorsWithTheirPlace) {
  struct Case {
    std::string row;
    std::string words;
  };
  for (const Case& one : std::vector<Case>{
           {"default: a@x.example", "'aliases.default' has no effect: there is no such user"},
           {"Default: a@x.example", "'aliases.default' has no effect: there is no such user"},
           {"root@example.org: a@x.example",
            "'aliases.root@example.org' must be the name of a local user, without a "
            "domain: it has no effect, since example.org is no name of this machine"},
           {"'*@example.org': a@x.example", "example.org is no name of this machine"},
           {"'@example.org': a@x.example", "must be the name of a local user"},
           {"'www-*': a@x.example", "'aliases.www-*' has no effect: patterns are not supported"},
           {"'/root/': a@x.example", "has no effect: patterns are not supported"},
           {"root: root", "'aliases.root' leads to itself alone, so it has no effect"},
           {"root: [Root, root@localhost]", "'aliases.root' leads to itself alone, so it has no effect"}}) {
    for (const std::string& before : {std::string(), std::string("joe: j@x.example\n  ")}) {
      const std::string text = kNames + "aliases:\n  " + before + one.row + "\n";
      const std::string place = std::string("f.yaml:") + (before.empty() ? "4" : "5") + ":3: ";
      const std::string said = errors(text);
      EXPECT_THAT(said, testing::StartsWith(place)) << text;
      EXPECT_THAT(said, HasSubstr(one.words)) << text;
    }
  }
}

TEST(Aliases, CirclesOfEveryLengthAreOneErrorEach) {
  for (std::size_t length = 1; length <= 10; ++length) {
    std::string text = kNames + "aliases:\n  first: n0\n";
    std::string words;
    for (std::size_t i = 0; i < length; ++i) {
      text += "  n" + std::to_string(i) + ": n" + std::to_string((i + 1) % length) + "@localhost\n";
      words += "n" + std::to_string(i) + " -> ";
    }
    const Loaded loaded = parse(text, "f.yaml");
    ASSERT_EQ(loaded.problems.size(), 1U) << text << joined(loaded.problems);
    EXPECT_EQ(loaded.problems[0].line, 5U);
    EXPECT_EQ(loaded.problems[0].column, 3U);
    if (length > 1) {
      EXPECT_THAT(loaded.problems[0].text, HasSubstr(words + "n0"));
    }
  }
}

TEST(Aliases, ThatKeepACopyOrEndInTheCatchAllAreGood) {
  for (const std::string row :
       {"root: [root, a@x.example]", "root: root@example.net", "'*': joe, joe: [joe, ann]", "'*': root, root: joe",
        "'*': '*'", "root: a@x.example, postmaster: root, webmaster: [root, postmaster]"}) {
    EXPECT_THAT(errors(kNames + "aliases: {" + row + "}\n"), IsEmpty()) << row;
    EXPECT_THAT(told_of(kNames + "aliases: {" + row + "}\n"), IsEmpty()) << row;
  }
}

TEST(Aliases, ThatLeadToNobodysMailboxAreWarnedOf) {
  const std::string text = "hostname: web1.example.net\naliases: {root: [a@x.example, joe, ann@localhost]}\n";
  EXPECT_EQ(told_of(text),
            "f.yaml:2:31: 'aliases.root' leads to 'joe', for whom there is no alias: it goes to joe@web1.example.net\n"
            "f.yaml:2:36: 'aliases.root' leads to 'ann@localhost', for whom there is no alias: it goes to "
            "ann@web1.example.net\n");
  EXPECT_THAT(told_of(kNames + "aliases: {root: [a@x.example, joe]}\n"), IsEmpty()) << "the domain may have a joe";
  EXPECT_THAT(told_of("hostname: web1.example.net\naliases: {root: joe, '*': a@x.example}\n"), IsEmpty());
}

class AliasesFileOf : public testing::Test {
 protected:
  std::string file(const std::string& text, mode_t mode = 0644) { return dir.write("aliases", text, mode); }
  std::string with(const std::string& path, const std::string& more = "") {
    return kNames + "aliases_file: " + path + "\n" + more;
  }
  ScratchDir dir;
};

TEST_F(AliasesFileOf, AddsToTheAliasesOfTheSettings) {
  const std::string path = file("root: f@x.example\npostmaster: root\n");
  EXPECT_THAT(names_of(with(path)).recipients_of("postmaster"), ElementsAre("f@x.example"));
  const auto both = names_of(with(path, "aliases: {root: own@x.example}\n"));
  EXPECT_THAT(both.recipients_of("postmaster@localhost"), ElementsAre("own@x.example"));
}

TEST_F(AliasesFileOf, IsTheMachinesUnlessAnotherIsNamedOrNone) {
  EXPECT_EQ(names_of(kNames).aliases_file, "/etc/aliases");
  EXPECT_EQ(names_of(with("none")).aliases_file, "");
  EXPECT_THAT(names_of(with("none")).of_file, IsEmpty());
}

TEST_F(AliasesFileOf, OddLinesAreWarningsThatNameFileAndLine) {
  const std::string path = file("root: f@x.example\nlogs: \"|prog secret\"\n\nnothing\na: b\nb: a\n");
  const Loaded loaded = parse(with(path, "aliases: {joe: j@x.example}\n"), "f.yaml");
  ASSERT_TRUE(loaded.settings) << joined(loaded.problems);
  const std::string told = joined(loaded.warnings);
  EXPECT_THAT(told, HasSubstr(path + ":2: 'logs' leads to a program"));
  EXPECT_THAT(told, HasSubstr(path + ":4: no alias"));
  EXPECT_THAT(told, HasSubstr(path + ":5: 'a' leads in a circle, and so to nobody: a -> b -> a"));
  EXPECT_THAT(told, Not(HasSubstr("secret")));
  EXPECT_EQ(loaded.warnings.size(), 3U) << told;
}

TEST_F(AliasesFileOf, ACircleThatTheSettingsAndTheFileMakeTogetherIsAnErrorOfTheSettings) {
  const std::string path = file("postmaster: root\n");
  EXPECT_THAT(
      errors(with(path, "aliases:\n  root: postmaster\n")),
      HasSubstr("f.yaml:5:3: 'aliases.root' leads in a circle, and so to nobody: postmaster -> root -> postmaster"));
}

TEST_F(AliasesFileOf, ThatCannotBeReadIsAnErrorAtItsKey) {
  struct stat status{};
  EXPECT_THAT(errors(with(dir / "nothing")), HasSubstr("f.yaml:3:15: cannot read the aliases of "));
  EXPECT_THAT(errors(with(dir.path())), HasSubstr("is not a file"));
  const std::string large = file(std::string((std::size_t{1} << 20U) + 1, '#'));
  ASSERT_EQ(stat(large.c_str(), &status), 0);
  EXPECT_THAT(errors(with(large)), HasSubstr("f.yaml:3:15: cannot read the aliases: "));
  EXPECT_THAT(errors(with("aliases")), HasSubstr("must be an absolute path"));
}

TEST_F(AliasesFileOf, ThatEverybodyCanChangeIsAnErrorAndNotObeyed) {
  const std::string path = file("root: a@x.example\n");
  mail::LocalNames names = names_of(with(path));
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  const std::string words = "others can change where mail for root and other local names goes: " + path +
                            " is writable for every user; run: chmod o-w ";
  EXPECT_THAT(errors(with(path)), HasSubstr("f.yaml:3:15: " + words));
  const auto fresh = read_aliases(names);
  ASSERT_FALSE(fresh);
  EXPECT_THAT(fresh.error().text, HasSubstr(words));
  names.of_file.clear();
  Report report("f.yaml");
  complete_local_names(names, report);
  EXPECT_THAT(names.of_file, IsEmpty());
}

TEST_F(AliasesFileOf, ThatAnotherUserCanChangeIsWarnedOfAndRead) {
  const std::string path = file("root: a@x.example\n");
  if (chown(path.c_str(), 12345, 12345) != 0) GTEST_SKIP() << "only root can give a file away";
  EXPECT_THAT(errors(with(path)), IsEmpty());
  EXPECT_THAT(told_of(with(path)), HasSubstr(path + " belongs to "));
  EXPECT_THAT(names_of(with(path)).of_file, testing::SizeIs(1));
}

TEST_F(AliasesFileOf, IsReadAnewByItself) {
  const std::string path = file("root: f@x.example\n");
  const mail::LocalNames names = names_of(with(path, "aliases: {ops: root}\n"));
  file("root: new@x.example\nlogs: /var/log/mail\n");
  const auto fresh = read_aliases(names);
  ASSERT_TRUE(fresh) << fresh.error().text;
  EXPECT_THAT(fresh->of_file, ElementsAre(testing::Pair("root", ElementsAre("new@x.example"))));
  EXPECT_EQ(fresh->passed_over, 1U);
  EXPECT_THAT(joined(fresh->warnings), HasSubstr(path + ":2: "));
  file("root: ops\n");
  const auto circle = read_aliases(names);
  ASSERT_FALSE(circle);
  EXPECT_THAT(circle.error().text, HasSubstr("ops -> root -> ops"));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "odd\n";
  file(many);
  const auto odd = read_aliases(names);
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->passed_over, 1000U);
  EXPECT_LE(odd->warnings.size(), 51U);
  EXPECT_THAT(joined(odd->warnings), HasSubstr("950 more lines and targets are passed over"));
}

}  // namespace
}  // namespace postern::settings
