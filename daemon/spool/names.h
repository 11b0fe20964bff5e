// The entries of a directory, one at a time, however many there are.
#pragma once

#include "base/result.h"

#include <functional>
#include <string>

namespace postern::spool {

/// Calls `each` with every name but "." and "..", in no order; what is added or removed meanwhile may be left out.
/// `directory` stays the caller's. Failures: denied, io.
Result<void> each_name(int directory, const std::function<void(const std::string& name)>& each);

}  // namespace postern::spool
