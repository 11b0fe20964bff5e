// config/postern.yaml as an administrator gets it.
#include "settings/keys.h"
#include "settings/load.h"
#include "support/scratch_dir.h"
#include "support/tree.h"

#include <gtest/gtest.h>

#include <fstream>
#include <istream>
#include <regex>
#include <string>
#include <vector>

namespace postern::settings {
namespace {

using test::ScratchDir;

// Prose begins with "# ", a setting with "#" and its key or its indentation of two or more blanks.
std::string uncommented(std::istream& file) {
  std::string text;
  for (std::string line; std::getline(file, line);) {
    const bool prose = line.size() < 3 || line[0] != '#' || (line[1] == ' ' && line[2] != ' ');
    text += (prose ? "" : line.substr(1)) + "\n";
  }
  return text;
}

TEST(ShippedFile, LoadsAsItIsAndWithEveryKeyUncommented) {
  const std::string path = test::tree("../config/postern.yaml");
  EXPECT_TRUE(load(path).settings);
  const ScratchDir dir;
  std::ifstream file(path);
  std::string text = uncommented(file);
  // What exists on no other machine is replaced by something that does.
  for (const std::string place : {"/etc/postern", "/etc/ssl", "/var/lib/postern", "/usr/local"}) {
    text = std::regex_replace(text, std::regex(place + "/[a-z0-9./-]+"), dir.write("file", "x", 0700));
  }
  text = std::regex_replace(text, std::regex("/etc/aliases"), dir.write("aliases", "root: admin@example.com\n"));
  // The origins of a password exclude each other, and so do those of a token: each choice in turn.
  const std::vector<std::string> passwords = {"password", "password_file", "password_credential", "password_command"};
  for (const std::string& password : passwords) {
    for (const std::string token : {"token_file", "token_command", "oauth2"}) {
      std::string chosen = text;
      for (const std::string& other : passwords) {
        if (other != password) chosen = std::regex_replace(chosen, std::regex("\n +" + other + ": [^\n]*"), "\n");
      }
      for (const std::string other : {"token_file: [^\n]*", "token_command: [^\n]*", "oauth2:\n(      [^\n]*\n|\n)+"}) {
        if (!other.starts_with(token)) chosen = std::regex_replace(chosen, std::regex("\n    " + other), "\n");
      }
      const Loaded loaded = parse(chosen, "postern.yaml");
      for (const Problem& problem : loaded.problems) ADD_FAILURE() << problem.str();
      EXPECT_TRUE(loaded.settings) << password << ' ' << token;
    }
  }
  for (const KeyInfo& key : all_keys()) {
    const std::string word = key.path.substr(key.path.find_last_of(".]") + 1);
    EXPECT_TRUE(std::regex_search(text, std::regex("(^|\n)[ -]*" + word + ":"))) << key.path;
  }
}

}  // namespace
}  // namespace postern::settings
