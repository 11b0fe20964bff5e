// How a run of sendmail ends: a number of sysexits.h and, unless it went well, one line for a person.
#pragma once

#include <boost/system/result.hpp>

#include <string>

#include <sysexits.h>

namespace postern::shim {

struct Exit {
  int code = EX_OK;
  std::string text;       ///< without "sendmail: " and newline; printable
  std::string warning{};  ///< likewise, of a run that went well all the same
};

/// A value, or why the run ends here.
template <class T>
using Outcome = boost::system::result<T, Exit>;

/// Called by value() on an Exit; reaching it is a bug in the caller.
[[noreturn]] void throw_exception_from_error(const Exit& exit, const boost::source_location& where);

}  // namespace postern::shim
