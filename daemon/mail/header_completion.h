// The header of a message as Postern stores it, by one rule for every door: what must be there is there once, what must
// not leave is gone, and what is unreadable stands aside (RFC 5322 3.6, RFC 6409 section 8).
//
// Strict servers refuse a message where From, Date or Message-ID is missing, or where a field is doubled of which one
// may stand (Gmail: "550-5.7.1 ... There are multiple Cc headers"; Amazon SES: "554 ... Duplicate header
// 'Content-Type'"). Other relays pass such a message on; an alert that a sloppy program wrote is an alert all the same.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace postern::mail {

struct Completion {
  std::string domain;      ///< completes bare addresses; empty: they stay bare
  std::string sender;      ///< From where there is none; empty: the one that reports come from
  std::string name;        ///< goes before `sender` as display name; may be empty
  std::string date;        ///< RFC 5322 date, used if Date is missing or is no date
  std::string message_id;  ///< with angle brackets, likewise; empty: it is left to who completes the header next
};

/// A header up to so many bytes is held in memory, to be looked at as a whole. One that is longer is completed field by
/// field, see long_header.h.
inline constexpr std::size_t kHeldHeader = std::size_t{256} * 1024;

/// What needs no change stays byte for byte, and a header that was completed needs none. From, Date, Message-ID and a
/// field of recipients are added behind the others. An empty line between header and body is added if the text has
/// none. In a message with a DKIM-Signature no field that stays is changed but for bare addresses.
[[nodiscard]] std::string complete_headers(std::string_view header_block, const Completion& completion);

// For long_header.h, which knows fields by their names alone.

/// Whatever it says.
[[nodiscard]] bool never_leaves(std::string_view name);
/// The name as it is usually written, of a field of which one may stand; else nothing.
[[nodiscard]] std::string_view single_field(std::string_view name);
/// What is added behind a header; `stands` is asked by the names that single_field() gives.
[[nodiscard]] std::string missing_fields(const std::function<bool(std::string_view name)>& stands, bool is_signed,
                                         const Completion& completion, std::string_view name_of_sender = {});

}  // namespace postern::mail
