// When two messages say the same: they are from the same user, with the same sender, recipients and what is asked of
// reports, and what they say (said.h) differs in nothing but dates, times, ids and hexadecimal numbers (varying.h), and
// not in those where a header has addresses. In doubt they are not alike: each goes by itself then, while of what is
// taken for the same not all is kept. Pure.
#pragma once

#include "base/clock.h"
#include "mail/envelope.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::queue {

/// One to more recipients is like no other: what is the same must be seen as a whole.
inline constexpr std::size_t kMostRecipientsAlike = 100;
/// Whether it may be like others at all. Neither is one with recipients that could not be read, of which its sender
/// must be told, nor one whose sender asked to be told of it by itself: with an ENVID, or when it is delivered; nor one
/// that leaves no room, see leaves_room().
[[nodiscard]] bool may_be_alike(const mail::Envelope& envelope, std::uint64_t return_size);
/// Whether it fits whole, in the form that it has there, into a digest that a report returns whole, beside what there
/// is to say of others. What does not is not to wait for a digest that cannot be made. `text` is all of the message.
[[nodiscard]] bool leaves_room(std::string_view text, std::uint64_t return_size);

/// The same for messages that say the same, as kLikeness hexadecimal digits. `text` is all of the message.
inline constexpr std::size_t kLikeness = 32;
[[nodiscard]] std::string likeness(const mail::Envelope& envelope, std::string_view text);

}  // namespace postern::queue
