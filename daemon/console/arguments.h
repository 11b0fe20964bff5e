// The arguments of `postern` that say which messages are meant, as the "filter" of a request (control/members.h).
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace postern::console {

/// Adds the options to a command. `filter` receives what they say while the command line is read, and must outlive
/// that. An empty text is refused.
void add_filter_options(CLI::App& command, boost::json::object& filter);

/// A duration (base/measures.h) of at most some thirty years, in seconds; nothing if it is none.
[[nodiscard]] std::optional<std::uint64_t> parse_age(std::string_view text);

}  // namespace postern::console
