// What a command for a selection would do, shown before it does it.
#pragma once

#include "base/clock.h"
#include "control/client.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>

namespace postern::control {

struct Preview {
  std::size_t count = 0;
  std::string last;   ///< id of the youngest: what comes later is not meant
  std::string shown;  ///< the first of them, as `queue list` shows them
  Ending ending;      ///< of the listing
};

/// Lists what `filter` selects.
[[nodiscard]] Preview preview(const std::string& socket, const boost::json::object& filter, WallTime now);

enum class Consent { given, refused, nobody_to_ask };
/// Asks on the terminal; nobody can be asked where standard input or standard error is none.
[[nodiscard]] Consent ask(const Preview& preview, const std::string& what);

}  // namespace postern::control
