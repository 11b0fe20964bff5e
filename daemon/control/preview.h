// What a command for a selection would do, shown before it does it.
#pragma once

#include "base/clock.h"
#include "control/client.h"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace postern::control {

struct Preview {
  std::vector<std::string> ids;
  std::string shown;  ///< the first of them, as `queue list` shows them
  Ending ending;      ///< of the listing
};

/// Lists what `filter` selects.
[[nodiscard]] Preview preview(const std::string& socket, const boost::json::object& filter, WallTime now);

/// The request for exactly these messages, whatever else its filter means by then: as several, since a request has a
/// limit (server.h).
[[nodiscard]] std::vector<boost::json::object> for_these(const boost::json::object& request,
                                                         const std::vector<std::string>& ids);

enum class Consent { given, refused, nobody_to_ask };
/// Asks on the terminal; nobody can be asked where standard input or standard error is none.
[[nodiscard]] Consent ask(const Preview& preview, const std::string& what);

}  // namespace postern::control
