// Files in the drop directory as a hostile user may make them: the same is understood in pieces of any size, and what
// is understood was encoded exactly so.
#include "fuzz.h"
#include "smtp/drop_frame.h"

#include <algorithm>
#include <optional>
#include <string>

namespace {

using namespace postern;
using fuzz::check;

struct Read {
  std::string commands;
  std::string text;
};

std::optional<Read> read(std::string_view file, std::size_t piece) {
  smtp::DropFrameReader reader;
  Read result;
  while (!file.empty()) {
    const std::string_view bytes = file.substr(0, piece);
    file.remove_prefix(bytes.size());
    const std::size_t before = result.text.size();
    if (!reader.feed(bytes, result.text)) return std::nullopt;
    check(result.text.size() - before <= bytes.size(), "no more text than bytes");
  }
  if (!reader.finish()) return std::nullopt;
  check(result.text.size() == reader.message_size(), "the size that was announced");
  for (const std::string& line : reader.commands()) result.commands += line + "\n";
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = fuzz::text_of(data, size);
  const auto whole = read(file, std::max<std::size_t>(size, 1));
  const auto slowly = read(file, 1 + size / 7);
  check(whole.has_value() == slowly.has_value(), "the same verdict in any pieces");
  if (whole) {
    const smtp::DropFrame frame = smtp::drop_frame(whole->commands, whole->text);
    check(frame.head + whole->text + frame.tail == file, "one form only");
  }
  // No fuzzer finds a checksum: the input as the two parts of a good frame.
  const std::size_t cut = std::min<std::size_t>(size, size > 0 ? data[0] : 0);
  const std::string commands(file.substr(0, cut));
  const std::string text(file.substr(cut));
  const smtp::DropFrame frame = smtp::drop_frame(commands, text);
  if (const auto again = read(frame.head + text + frame.tail, 64)) {
    check(again->text == text && again->commands == commands, "what is encoded is read");
  }
  return 0;
}
