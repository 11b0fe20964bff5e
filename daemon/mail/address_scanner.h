// The addresses in the body of an address header (RFC 5322 3.4, with the obsolete forms of 4.4) or in an argument of
// sendmail, and what in it is none. It goes on after a slip, so that the slip costs itself alone:
//
//   a missing comma, ";" or ":" in its place     both addresses are read
//   a quote, "<", "(" or "[" that is not closed  it is one character of the name; what follows is read
//   a bracket or quote too many                  likewise, if it only stands around an address
//   a comma, colon or backslash in a name        b@x of "Van Smith, Bob <b@x>" is read, and the rest told of; a single
//                                                word is a user, as it is anywhere
//   blanks in an address                         beside "@", before "." or on both sides of it (obsolete); elsewhere,
//                                                as in `Dr. b@x`, it is none
//   'b@x', 'root', “b@x”, <mailto:b@x>           what programs put around an address is left out, and at its ends the
//                                                invisible characters that came along with a copy
//   "b@x", "b@x, c@x" for a whole element        the addresses in the quotes, whose quotes a file of settings kept
//   b@x:25                                       b@x is read, and the rest told of
//   a source route                               is left out (RFC 5321 appendix C)
//   <>, Bob <>, words that name nobody           told of: somebody gets no copy
//   root alice, root a@x                         in a list of recipients all of them, if each word looks as the names
//                                                of users do; not so Full Name, bob at x.example
//   \root                                        in a list of recipients root (Sendmail: whatever the aliases say)
//
// What could be two things is no address: neither of them gets a copy by a guess, and it is told of. So is all between
// two separators where a control character stands outside a name. In `Bob@home <b@x>` the brackets decide; in
// `a@x.example Bob <b@x>` a comma was forgotten. "undisclosed-recipients" is nobody, with or without its colon.
//
// A flat scanner: linear in time, no recursion, so hostile headers cost what their length costs. For lists of
// addresses alone there is mail/address.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

struct FoundAddress {
  std::string text;            ///< as parse_address() returns it, with UTF-8 allowed
  std::size_t end = 0;         ///< offset in the body behind its last byte
  std::string_view phrase{};   ///< the display name as written, quotes and all; a part of the body
  std::string_view comment{};  ///< the inside of the last comment beside it: where names stood before RFC 822
};

struct AddressScan {
  std::vector<FoundAddress> found;       ///< in order; the members of groups as well
  std::vector<std::string_view> unread;  ///< parts of the body, in order
  /// No bracket, quote or group is open at its end or closed without a beginning: another list may stand beside it.
  bool closed = true;
};

/// What several words are that no bracket, quote or comma says it of.
enum class BareWords {
  are_a_name,  ///< and are told of
  are_users,   ///< where recipients are listed and all of them look as the names of users do
};

[[nodiscard]] AddressScan scan_addresses(std::string_view body, BareWords words = BareWords::are_a_name);

}  // namespace postern::mail
