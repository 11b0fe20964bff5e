// What to say of a word that is not known: the nearest one that is, and all of them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace postern::console {

/// `"foo" is no state; there is: waiting, active`, with the nearest where one is near; empty: it is one of them.
[[nodiscard]] std::string unknown_word(std::string_view kind, const std::string& word,
                                       std::span<const std::string_view> known);

/// The command that this command line got to: the last of the words that are commands.
[[nodiscard]] const CLI::App& reached(const CLI::App& app);

/// Of a word that `command` does not take, a command, an option or an argument: what is there instead.
[[nodiscard]] std::string unknown_argument(const CLI::App& command, const std::string& word);

/// "postern queue list"
[[nodiscard]] std::string full_name(const CLI::App& command);

}  // namespace postern::console
