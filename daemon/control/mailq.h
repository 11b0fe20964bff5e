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
/// final verdict, each group under the reason it waits for; an empty line.
[[nodiscard]] std::string mailq_entry(const queue::Entry& entry);

/// "-- 12 Kbytes in 3 Requests."
[[nodiscard]] std::string mailq_footer(std::uint64_t bytes, std::uint64_t requests);

}  // namespace postern::control
