// The queue in the layout of Postfix's mailq, which administrators' scripts have learnt to read. Pure text.
#pragma once

#include "queue/entry.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::control {

inline constexpr std::string_view kMailqHeader = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n";
inline constexpr std::string_view kMailqEmpty = "Mail queue is empty\n";

/// Id with `*` (active) or `!` (on hold), size, arrival in local time, sender; then the recipients that have no
/// final verdict, each group under the reason it waits for; an empty line. Where all have one: those that failed, and
/// what was given as a recipient and is no address. `recipients`: all that there are, where the entry has only the
/// first of them.
[[nodiscard]] std::string mailq_entry(const queue::Entry& entry, std::size_t recipients = 0);

/// "-- 12 Kbytes in 3 Requests."
[[nodiscard]] std::string mailq_footer(std::uint64_t bytes, std::uint64_t requests);

/// What is in the queue besides what is listed.
struct Unlisted {
  std::uint64_t others = 0;   ///< messages of other users; counted, and nothing else is said of them
  std::uint64_t dropped = 0;  ///< files in the drop directory that are not taken up yet
  std::string unseen{};       ///< why the drop directory cannot be looked into: it counts for one, as it may hold mail
};
/// One sentence on each, where there is something to say.
[[nodiscard]] std::string mailq_unlisted(std::uint64_t listed, const Unlisted& unlisted, const std::string& spool);

}  // namespace postern::control
