// What a command for a selection would do, shown before it does it.
#pragma once

#include "console/client.h"
#include "console/view.h"

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <vector>

namespace postern::console {

struct Preview {
  std::vector<std::string> ids;
  std::string shown;  ///< the first of them, as `queue list` shows them
  Ending ending;      ///< of the listing
};

/// Lists what `filter` selects, of the states that fit.
[[nodiscard]] Preview preview(const std::string& socket, const boost::json::object& filter,
                              const std::function<bool(const std::string& state)>& fits, const View& view);

/// The request for exactly these messages, whatever else its filter means by then: as several, since a request has a
/// limit (control/server.h).
[[nodiscard]] std::vector<boost::json::object> for_these(const boost::json::object& request,
                                                         const std::vector<std::string>& ids);

enum class Consent { given, refused, nobody_to_ask };
/// Asks on the terminal; nobody can be asked where standard input or standard error is none.
[[nodiscard]] Consent agree(const Preview& preview, const std::string& what);

}  // namespace postern::console
