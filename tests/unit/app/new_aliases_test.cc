#include "app/new_aliases.h"

#include <gtest/gtest.h>

namespace postern::app {
namespace {

// A change there that leads nowhere else would be looked for in the mail.
TEST(NewAliases, ThoseThatTheSettingsHideAreNamed) {
  mail::LocalNames names;
  names.aliases_file = "/etc/aliases";
  settings::FreshAliases fresh;
  fresh.of_file = {{"root", {"new@example.com"}}, {"logs", {"root"}}, {"ops", {"root"}}};
  EXPECT_EQ(words_of(names, fresh), "/etc/aliases: 3 aliases\n");
  names.aliases = {{"root", {"first@example.com"}}, {"ops", {"root"}}, {"*", {"root"}}};
  EXPECT_EQ(words_of(names, fresh),
            "/etc/aliases: 3 aliases\n'root' has no effect there: the settings have an alias of this name\n");
  fresh.of_file.erase("root");
  fresh.of_file.erase("ops");
  fresh.passed_over = 2;
  EXPECT_EQ(words_of(names, fresh), "/etc/aliases: 1 alias, 2 passed over\n");
}

}  // namespace
}  // namespace postern::app
