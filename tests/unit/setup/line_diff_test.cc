#include "setup/line_diff.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::setup {
namespace {

TEST(LineDiff, ShowsWhatGoesAndWhatComes) {
  EXPECT_EQ(line_diff("a\nb\nc\n", "a\nb\nc\n"), "");
  EXPECT_EQ(line_diff("", "a\n"), "@ line 1\n+ a\n");
  EXPECT_EQ(line_diff("a\nb\nc\nd\ne\n", "a\nx\nc\nd\ny\ne\n"), "@ line 2\n- b\n+ x\n@ line 5\n+ y\n");
  EXPECT_EQ(line_diff("a\nb", "b"), "@ line 1\n- a\n");
}

TEST(LineDiff, ShowsNoPasswordAndNoControls) {
  const std::string shown =
      line_diff("    password: tops3cret\n- { password: \"tops3cret\" }\n#  password: tops3cret\n", "x\x1b[2J\n");
  EXPECT_EQ(shown.find("tops3cret"), std::string::npos) << shown;
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
}

TEST(LineDiff, ShowsNoPasswordHoweverItIsWritten) {
  for (const std::string text : {"password: tops3cret\n",
                                 "\"password\": tops3cret\n",
                                 "password : tops3cret\n",
                                 "- password: >-\n    tops3cret\n",
                                 "  password: |\n\n     tops3cret\n     more\n",
                                 "password: first\n  tops3cret\n",
                                 "smarthosts: [{host: x, \"password\": \"tops3cret\"}]\n",
                                 "{\n\"smarthosts\": [{\n\"password\":\n\"tops3cret\"\n}]\n}\n",
                                 "'password':\n  tops3cret\n",
                                 "password_command: [/bin/echo, tops3cret]\n",
                                 "password_command:\n  - /bin/echo\n  - tops3cret\n",
                                 "{ host: x,\n  password: tops3cret }\n",
                                 "  password_command:\n  - /bin/echo\n  - tops3cret\n",
                                 "? password\n: tops3cret\n",
                                 "  ? password\n  : >\n    tops3cret\n",
                                 "? \"password\"\n: tops3cret\n",
                                 "{\npassword\n:\ntops3cret }\n",
                                 "a: {\n  password:\ntops3cret\n}\n",
                                 "\"pass\\x77ord\": tops3cret\n",
                                 "- \"\\u0070assword\":\n    tops3cret\n",
                                 "password: \"first\ntops3cret\"\n",
                                 "password: 'first\n\ntops3cret'\n",
                                 "token_command: [/bin/echo, tops3cret]\n",
                                 "token_command:\n- /bin/echo\n- tops3cret\n",
                                 "#  password: >\n#     tops3cret\n",
                                 "# password:\n#   tops3cret\n",
                                 "Password=tops3cret\n",
                                 "authpass tops3cret\n",
                                 "AuthPass=tops3cret\n",
                                 "smtp_pwd: tops3cret\n",
                                 "api-token: tops3cret\n",
                                 "client_secret: tops3cret\n",
                                 "user: { secret: tops3cret }\n",
                                 "PASSWORD: tops3cret\n"}) {
    for (const auto& shown : {line_diff(text, "x\n"), line_diff("x\n", text), line_diff("a\n" + text + "b\n", "c\n")}) {
      EXPECT_EQ(shown.find("tops3cret"), std::string::npos) << shown;
    }
  }
  const std::string shown = line_diff("- host: x\n  password: tops3cret\n  port: 25\n", "password_file: /etc/p\n");
  EXPECT_NE(shown.find("- - host: x\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("-   port: 25\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("+ password_file: /etc/p\n"), std::string::npos) << shown;
}

TEST(LineDiff, ShowsWhereThePasswordIs) {
  for (const std::string line :
       {"    password_file: /etc/postern/password", "password_credential: smtp", "  token_file: /run/token",
        "oauth2: { token_url: \"https://x.example/token\", client_secret_file: /etc/postern/secret }",
        "    user: \"CORP\\\\bob\"", "notify: { command: [/bin/x, \"a\\\"b\"] }", "# user: me@secrets.example.com"}) {
    EXPECT_EQ(line_diff("", line + "\n"), "@ line 1\n+ " + printable(line) + "\n");
  }
}

TEST(LineDiff, OfTextsOfAnySizeEveryLineIsToldOnce) {
  for (const std::size_t lines : {1U, 50U, 5000U}) {
    std::string a;
    std::string b;
    for (std::size_t i = 0; i < lines; ++i) {
      a += "a" + std::to_string(i) + "\n";
      b += "b" + std::to_string(i) + "\n";
    }
    const std::string shown = line_diff(a, b);
    EXPECT_EQ(static_cast<std::size_t>(std::count(shown.begin(), shown.end(), '\n')), 2 * lines + 1);
  }
}

}  // namespace
}  // namespace postern::setup
