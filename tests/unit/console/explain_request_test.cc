#include "console/explain_request.h"

#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::console {
namespace {

using boost::json::object;

Explained with_file(const std::string& file) {
  Explained wanted;
  wanted.file = file;
  return wanted;
}

TEST(ExplainRequest, WithoutAnythingItIsAboutTheSmarthostsAlone) {
  EXPECT_EQ(explain_request(Explained{})->request, (object{{"command", "explain"}}));
  Explained wanted;
  wanted.site = "office";
  EXPECT_EQ(explain_request(wanted)->request, (object{{"command", "explain"}, {"site", "office"}}));
}

TEST(ExplainRequest, NamesSenderAndRecipient) {
  Explained wanted;
  wanted.from = "anna@corp.example";
  wanted.to = "root";
  EXPECT_EQ(explain_request(wanted)->request,
            (object{{"command", "explain"}, {"from", "anna@corp.example"}, {"to", "root"}}));
}

TEST(ExplainRequest, AUserIsKnownByNameAndByNumber) {
  for (const std::string user : {"root", "0"}) {
    Explained wanted;
    wanted.user = user;
    EXPECT_EQ(explain_request(wanted)->request, (object{{"command", "explain"}, {"from", "root"}, {"user", 0}}));
  }
  for (const std::string user : {"nobody-of-this-name", "4294967290", "4294967296", "-1"}) {
    Explained wanted;
    wanted.user = user;
    EXPECT_FALSE(explain_request(wanted)) << user;
  }
}

TEST(ExplainRequest, OfAFileTheFieldsWithAddressesAreAsked) {
  const test::ScratchDir dir;
  const std::string file =
      dir.write("mail", "Subject: secret\r\nFrom: Cron\r\n <root>\r\nTo: a@b.example\r\n\r\nbody: no field\r\n");
  Explained wanted = with_file(file);
  wanted.user = "root";
  const auto made = explain_request(wanted);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->request.at("fields").as_string(), "From: Cron\n <root>\nTo: a@b.example\n");
  EXPECT_EQ(made->request.at("from").as_string(), "root");
}

TEST(ExplainRequest, TellsWhatBecomesOfTheText) {
  const test::ScratchDir dir;
  const auto text_of = [&dir](const std::string& body) {
    const std::string header =
        "From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n\n";
    const auto made = explain_request(with_file(dir.write("mail", header + body)));
    EXPECT_TRUE(made);
    return made ? made->text : object{};
  };
  EXPECT_EQ(text_of("hello\n").at("kind").as_string(), "text");
  const object letters = text_of("Ger\xC3\xA4t\n");
  EXPECT_FALSE(letters.at("changed").as_bool());
  EXPECT_TRUE(letters.at("changed_without_8bitmime").as_bool());
  const object lines = text_of(std::string(200'000, 'x') + "\n");
  EXPECT_TRUE(lines.at("changed").as_bool());
}

TEST(ExplainRequest, WhatCannotBeReadIsSaid) {
  const test::ScratchDir dir;
  EXPECT_FALSE(explain_request(with_file(dir / "none")));
  EXPECT_FALSE(explain_request(with_file(dir / "")));
  EXPECT_FALSE(fields_to_explain("To: " + std::string(20'000, 'x') + "\n"));
}

TEST(ExplainRequest, AFileWithoutAHeaderIsMailAllTheSame) {
  const test::ScratchDir dir;
  for (const std::string text : {"", "\n", "no field\n", "\nFrom: root\n"}) {
    const auto made = explain_request(with_file(dir.write("mail", text)));
    ASSERT_TRUE(made) << text;
    EXPECT_FALSE(made->request.contains("fields")) << text;
  }
}

TEST(ExplainRequest, TheFirstLineOfAMailboxIsNoField) {
  const test::ScratchDir dir;
  const auto made = explain_request(
      with_file(dir.write("mail",
                          "From root@web1 Sat Nov 28 19:03:28 2026\nFrom: root\nMIME-Version: 1.0\nContent-Type: "
                          "text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\xC3\xBC\n")));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->request.at("fields").as_string(), "From: root\n");
  EXPECT_FALSE(made->text.at("changed").as_bool()) << "the text is looked at without that line, too";
}

TEST(ExplainRequest, AnArgumentIsAFileByItsLooksOrIfThereIsOne) {
  EXPECT_TRUE(names_file("-"));
  EXPECT_TRUE(names_file("./mail"));
  EXPECT_TRUE(names_file("/var/tmp/none"));
  EXPECT_FALSE(names_file("smtp.example.com"));
  EXPECT_FALSE(names_file(""));
}

}  // namespace
}  // namespace postern::console
