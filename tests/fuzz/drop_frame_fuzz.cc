// Files in the drop directory as a hostile user may make them: the same is understood in pieces of any size, what is
// understood was encoded exactly so, and its text is mended.
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
  bool as_it_is = false;  ///< nothing was mended
};

std::optional<Read> read(std::string_view file, std::size_t piece) {
  smtp::DropFrameReader reader;
  Read result;
  const bool has_cr = file.find('\r') != std::string_view::npos;
  while (!file.empty()) {
    const std::string_view bytes = file.substr(0, piece);
    file.remove_prefix(bytes.size());
    if (!reader.feed(bytes, result.text)) return std::nullopt;
  }
  if (!reader.finish()) return std::nullopt;
  check(result.text.size() <= reader.message_size() + 1, "no more text than bytes, and the end of the last line");
  check(result.text.find_first_of(std::string_view("\r\0", 2)) == std::string::npos, "no CR and no NUL is left");
  check(result.text.empty() || result.text.ends_with('\n'), "the last line has its end");
  // A CR before an LF is the usual line end of others, and no slip to be counted.
  result.as_it_is = result.text.size() == reader.message_size() && !reader.mended().any() && !has_cr;
  for (const std::string& line : reader.commands()) result.commands += line + "\n";
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = fuzz::text_of(data, size);
  const auto whole = read(file, std::max<std::size_t>(size, 1));
  const auto slowly = read(file, 1 + size / 7);
  check(whole.has_value() == slowly.has_value(), "the same verdict in any pieces");
  if (whole) check(whole->text == slowly->text, "the same text in any pieces");
  if (whole && whole->as_it_is) {
    const smtp::DropFrame frame = smtp::drop_frame(whole->commands, whole->text);
    check(frame.head + whole->text + frame.tail == file, "one form only");
  }
  // No fuzzer finds a checksum: the input as the two parts of a good frame.
  const std::size_t cut = std::min<std::size_t>(size, size > 0 ? data[0] : 0);
  const std::string commands(file.substr(0, cut));
  const std::string text(file.substr(cut));
  const smtp::DropFrame frame = smtp::drop_frame(commands, text);
  if (const auto again = read(frame.head + text + frame.tail, 64)) {
    check(again->commands == commands, "what is encoded is read");
    mail::TextMender mender;
    std::string mended;
    mender.feed(text, mended);
    mender.finish(mended);
    check(again->text == mended, "the text is mended as any other");
  }
  return 0;
}
