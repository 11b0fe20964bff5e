#include "console/help.h"

#include "console/view.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace postern::console {
namespace {

constexpr auto kHelp = R"(Looks after the mail that posternd holds.
Usage: postern history [OPTIONS] [SUBCOMMAND]

Options:
  -h,--help                   Print this help message and exit
  --socket PATH [/run/posternd/control.sock] (Env:POSTERN_CONTROL_SOCKET)
                              posternd's control socket, where it listens for whoever has something to ask
  --state STATE               only these: waiting, active, storm, held, failed or corrupt
Exit codes:
  0   well
  1   mail waits because of trouble or for more than an hour; a check, a test message or an import failed
)";

TEST(Help, IsAsItIsWhereLinesMayBeAsLongAsTheyAre) {
  EXPECT_EQ(folded_help(kHelp, 0), kHelp);
  EXPECT_EQ(folded_help(kHelp, 200), kHelp);
}

TEST(Help, GoesOnBelowTheText) {
  const std::string text = folded_help(kHelp, 60);
  EXPECT_NE(text.find("\n  --state STATE               only these: waiting, active,\n"
                      "                              storm, held, failed or corrupt\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\n  1   mail waits because of trouble or for more than an\n"
                      "      hour; a check, a test message or an import failed\n"),
            std::string::npos)
      << text;
  for (std::size_t width = 45; width < 120; ++width) {
    std::stringstream lines(folded_help(kHelp, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), width) << line;
  }
}

}  // namespace
}  // namespace postern::console
