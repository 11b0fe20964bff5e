// Messages of many programs as they go out, byte for byte: tests/golden/outgoing. NAME.eml is what is stored,
// NAME.strict8.eml what goes to a server with 8BITMIME and NAME.strict7.eml to one without; where there is none the
// message goes as it is. With POSTERN_WRITE_GOLDEN in the environment these are written anew; look at the difference
// before committing it. That they decode to the same is for tests/system/test_outgoing_text.py to say.
#include "support/tree.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "rewriting.h"

namespace postern::mail {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::stringstream file;
  file << std::ifstream(path).rdbuf();
  return file.str();
}

void expect_sent(const fs::path& stored, const std::string& extension, const TextRules& rules) {
  const std::string text = content_of(stored);
  const std::string sent = rewritten(text, rules);
  fs::path golden = stored;
  golden.replace_extension(extension);
  if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) {
    fs::remove(golden);
    if (sent != text) std::ofstream(golden) << sent;
  }
  EXPECT_EQ(sent, fs::exists(golden) ? content_of(golden) : text) << golden;
  EXPECT_EQ(surveyed(text, rules).identity, !fs::exists(golden)) << golden;
  EXPECT_EQ(rewritten(sent, rules), sent) << golden;
}

TEST(OutgoingGolden, MessagesOfManyProgramsAreSentAsTheyWere) {
  std::vector<fs::path> stored;
  for (const auto& entry : fs::directory_iterator(test::tree("golden/outgoing"))) {
    if (!entry.path().stem().has_extension()) stored.push_back(entry.path());
  }
  EXPECT_GE(stored.size(), 100U);
  for (const fs::path& path : stored) {
    expect_sent(path, ".strict8.eml", kEightBitServer);
    expect_sent(path, ".strict7.eml", kSevenBitServer);
  }
}

}  // namespace
}  // namespace postern::mail
