#include "setup/password_command.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace postern::setup {
namespace {

using Kind = PasswordCommand::Kind;

TEST(PasswordCommand, WhatEchoAndPrintfSayIsTheSecretAsTheShellPrintsIt) {
  const std::vector<std::pair<std::string, std::string>> kPrinters = {
      {"echo secret", "secret"},
      {"/usr/bin/echo secret", "secret"},
      {"/bin/echo -n 'se cret'", "se cret"},
      {"echo 's3' 'cret'", "s3 cret"},
      {"echo sec\\ ret", "sec ret"},
      {"echo se\"c\"'ret'", "secret"},
      {"echo \"se\\\"cret\"", "se\"cret"},
      {"echo 'se$cret'", "se$cret"},
      {"echo \"se\\$cret\"", "se$cret"},
      {"printf secret", "secret"},
      {"printf 'secret\\n'", "secret"},
      {"printf 'se%%cret'", "se%cret"},
      {"printf '%s' secret", "secret"},
      {"printf %s\\\\n se%cret", "se%cret"},
      {"/usr/bin/printf '%s\\n' 'se\\cret'", "se\\cret"},
      {"printf 'se\\\\cret'", "se\\cret"},
      {"printf '%s-%s' a b", "a-b"},
  };
  for (const auto& [command, secret] : kPrinters) {
    const PasswordCommand judged = judge_password_command(command);
    EXPECT_EQ(judged.kind, Kind::prints) << command;
    EXPECT_EQ(judged.secret, secret) << command;
  }
}

TEST(PasswordCommand, WhatReadsAFileOrAsksAnAgentIsCopied) {
  for (const char* command :
       {"cat /etc/secret", "/usr/bin/cat ~/.secret", "cat '/etc/a b'", "pass show smtp | head -n1",
        "pass mail/smtp|head -n 1", "gpg -d 'a b'", "gpg --quiet --batch --decrypt ~/.pw.gpg | tr -d '\\n'",
        "secret-tool lookup host h user u 2>/dev/null", "/usr/local/bin/get-password", "head -n1 /etc/secret"}) {
    EXPECT_EQ(judge_password_command(command).kind, Kind::asks) << command;
  }
}

TEST(PasswordCommand, AnythingElseMayBeTheSecret) {
  for (const char* command : {"",
                              "echo",
                              "echo ''",
                              "printf ''",
                              "echo \"hun$ter2\"",
                              "echo $PW",
                              "echo $(cat /etc/secret)",
                              "echo `cat /x`",
                              "echo -e secret",
                              "echo 'a\\nb'",
                              "echo c2VjcmV0 | base64 -d",
                              "base64 -d <<< c2VjcmV0",
                              "printf '%d' 1",
                              "printf '\\163ecret'",
                              "printf '%s' a b",
                              "printf -- secret",
                              "sh -c 'echo secret'",
                              "env echo secret",
                              "PW=secret cat /x",
                              "exec echo secret",
                              "echo secret; true",
                              "true && echo secret",
                              "gpg --passphrase secret -d /x",
                              "gpg --passphrase=secret -d /x",
                              "cat secret",
                              "cat -- secret",
                              "cat /x | sed s/x/secret/",
                              "cat /x | echo secret",
                              "openssl enc -d -k secret",
                              "curl -u me:secret h",
                              "/usr/bin/token secret",
                              "secret",
                              "security add-generic-password -w secret",
                              "cat <<E secret",
                              "echo 'sec",
                              "echo secret\\",
                              "python3 -c 'print(\"secret\")'",
                              "| cat /x",
                              "cat /x |",
                              "cat /x # secret",
                              "secret-tool store secret",
                              "(echo secret)",
                              "{ echo secret; }",
                              "echo se*cret",
                              "echo secret 2>/dev/nullx"}) {
    const PasswordCommand judged = judge_password_command(command);
    EXPECT_EQ(judged.kind, Kind::unclear) << command;
    EXPECT_TRUE(judged.secret.empty()) << command;
  }
}

}  // namespace
}  // namespace postern::setup
