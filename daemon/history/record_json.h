// A record as programs read it: an interface, described by postern(8) and config/output.schema.json. Pure.
#pragma once

#include "history/record.h"

#include <boost/json/object.hpp>

namespace postern::history {

/// Of the kind "record"; what is empty is left out.
[[nodiscard]] boost::json::object to_json(const Record& record);

}  // namespace postern::history
