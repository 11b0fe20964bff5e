// Words that are ids or hexadecimal numbers, as programs make them and nobody writes them. Pure.
#pragma once

#include "queue/text_cursor.h"

#include <string_view>

namespace postern::queue {

/// "123e4567-e89b-12d3-a456-426614174000", "1tHkQ2-0005xw-2B" (of Exim): reads it, or leaves the place where it is.
[[nodiscard]] bool read_id(Cursor& from);
/// A whole word at this place: "0x7f3a12b4", "3b18e512dba7", "4Zx8Qk1Wz3z2Lq". A number of a device, as it stands
/// behind "S/N:" and in "ata-CT1000MX500SSD1_2031E2A5B3C4", is none, nor is a part of an address, a short code, or a
/// name with a number.
[[nodiscard]] bool is_id(std::string_view text, std::size_t at, std::string_view word);

/// The line is of base64, and so long that it is of a file in a text.
[[nodiscard]] bool begins_base64(std::string_view line);
/// It may be the last one of such.
[[nodiscard]] bool is_base64(std::string_view line);

}  // namespace postern::queue
