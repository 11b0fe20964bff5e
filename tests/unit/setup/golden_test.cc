// The files of golden/import: what other programs have below /etc, and beside it, in expected.yaml, what becomes of it.
// With POSTERN_WRITE_GOLDEN in the environment the files are written anew instead: read the difference before it is
// committed.
#include "settings/load.h"
#include "setup/credential_file.h"
#include "setup/importer.h"
#include "setup/settings_text.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace postern::setup {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

void expect_golden(const std::string& path, const std::string& text) {
  if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(text, contents(path)) << path;
}

class GoldenImport : public testing::TestWithParam<std::string> {};

TEST_P(GoldenImport, BecomesTheExpectedSettings) {
  const std::string root = test::tree("golden/import/" + GetParam());
  const Place place{root, "/home/anna"};
  const std::vector<Found> programs = found(place);
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_TRUE(GetParam().starts_with(programs[0].importer->name)) << programs[0].importer->name;
  auto proposal = programs[0].importer->read(place);
  ASSERT_TRUE(proposal) << proposal.error().text;
  const std::vector<CredentialFile> secrets = take_passwords(*proposal, "/etc/postern");
  // The lines are broken where they are however long the name of this directory is.
  for (Note& note : proposal->notes) {
    note.file = replaced(note.file, root, "");
    note.text = replaced(note.text, root, "");
  }
  const std::string text = settings_text(*proposal);
  std::string told;
  for (const CredentialFile& secret : secrets) told += secret.path + " " + std::string(secret.secret.reveal()) + "\n";
  expect_golden(root + "/expected.yaml", text);
  expect_golden(root + "/expected.secrets", told);
  for (const CredentialFile& secret : secrets) EXPECT_EQ(text.find(secret.secret.reveal()), std::string::npos);
}

/// All but what is not on this machine: files of passwords and certificates.
TEST_P(GoldenImport, IsTakenByTheSettings) {
  const std::string root = test::tree("golden/import/" + GetParam());
  const settings::Loaded loaded = settings::parse(contents(root + "/expected.yaml"), "expected.yaml");
  for (const settings::Problem& problem : loaded.problems) {
    EXPECT_NE(problem.text.find("cannot read the password file"), std::string::npos) << problem.str();
  }
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(test::tree("golden/import"))) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenImport, testing::ValuesIn(cases()),
                         [](const auto& one) { return replaced(one.param, "-", "_"); });

}  // namespace
}  // namespace postern::setup
