// Errors as values. Everything that can happen (network, disk, peer, configuration) comes back as
// a Result; exceptions are left for bugs and for start-up.
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace postern {

/// What kind of thing went wrong. Decisions are made from this, never from the text.
enum class Failure {
  timeout,    ///< a deadline passed
  closed,     ///< the peer ended the connection
  io,         ///< any other system call error; Error::code is the errno
  refused,    ///< the connection could not be made
  resolve,    ///< the host name could not be resolved
  tls,        ///< handshake, certificate or record error
  protocol,   ///< the peer broke the protocol
  limit,      ///< a limit of ours was reached
  no_space,   ///< no bytes, inodes or quota left on the disk
  not_found,  ///< there is no such thing
  exists,     ///< there already is one
  busy,       ///< somebody else holds it now
  invalid,    ///< the input is not what it must be
  corrupt,    ///< a stored file is damaged
  newer,      ///< a stored file has a format version this program does not know
  denied,     ///< the caller may not do this
  rejected,   ///< who checks the credentials refused them for good
  cancelled,  ///< we ended it ourselves
};

/// The failure's name as it appears in logs and in JSON, for example "timeout".
[[nodiscard]] std::string_view name(Failure failure);

struct Error {
  Failure failure;
  std::string text;  ///< for a person: what, where and if known why; holds no secret
  int code = 0;      ///< errno where there is one, else 0
};

/// An Error from an errno: the failure class follows from the number, the text is "what: strerror".
[[nodiscard]] Error system_error(int error_number, std::string_view what);

/// Either a value or an Error.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

/// Called by value() on an error; reaching it is a bug in the caller.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace postern
