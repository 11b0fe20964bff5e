#include "base/result.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace postern {
namespace {

Failure failure_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Failure::no_space;
    case ENOENT: return Failure::not_found;
    case EEXIST: return Failure::exists;
    case EACCES:
    case EPERM: return Failure::denied;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH: return Failure::refused;
    case ECONNRESET:
    case EPIPE: return Failure::closed;
    case ETIMEDOUT: return Failure::timeout;
    default: return Failure::io;
  }
}

}  // namespace

std::string_view name(Failure failure) {
  switch (failure) {
    case Failure::timeout: return "timeout";
    case Failure::closed: return "closed";
    case Failure::io: return "io";
    case Failure::refused: return "refused";
    case Failure::resolve: return "resolve";
    case Failure::tls: return "tls";
    case Failure::protocol: return "protocol";
    case Failure::limit: return "limit";
    case Failure::no_space: return "no_space";
    case Failure::not_found: return "not_found";
    case Failure::exists: return "exists";
    case Failure::busy: return "busy";
    case Failure::invalid: return "invalid";
    case Failure::corrupt: return "corrupt";
    case Failure::newer: return "newer";
    case Failure::denied: return "denied";
    case Failure::rejected: return "rejected";
    case Failure::cancelled: return "cancelled";
  }
  return "unknown";
}

Error system_error(int error_number, std::string_view what) {
  std::array<char, 128> buffer{};
  std::string text(what);
  text += ": ";
  text += strerror_r(error_number, buffer.data(), buffer.size());
  return Error{failure_of(error_number), std::move(text), error_number};
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error("unchecked error at " + where.to_string() + ": " + error.text);
}

}  // namespace postern
