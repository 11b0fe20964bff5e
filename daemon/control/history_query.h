// Which records of the history a request asks for. Pure.
#pragma once

#include "base/result.h"
#include "history/query.h"

#include <boost/json/object.hpp>

namespace postern::control {

/// The filter of a request: {"filter":{"state":"delivered","recipient":"admin@","since":"2026-11-30T03:00:00Z"}}. As in
/// selections.h an empty text is refused, and a member that is not known. Failure: invalid.
Result<history::Query> query_of(const boost::json::object& request);

}  // namespace postern::control
