// Queue files as a damaged disk or a hostile hand may leave them: what is understood writes and reads back the same.
#include "fuzz.h"
#include "spool/fields.h"
#include "spool/format.h"

#include <string>

namespace {

using namespace postern;
using fuzz::check;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file = fuzz::text_of(data, size);
  (void)spool::parse_log(file);
  if (const auto source = spool::parse_source(file)) {
    check(spool::parse_source(spool::source_text(*source)).has_value(), "a source reads back");
  }
  // The envelope alone as well: no fuzzer finds a checksum.
  const std::size_t end = spool::find_envelope_end(file);
  if (end != 0) {
    if (const auto head = spool::parse_envelope(file.substr(0, end))) {
      if (const auto text = spool::envelope_text(head->envelope)) {
        const auto again = spool::parse_envelope(*text + spool::checksum_text(head->checksum));
        check(again.has_value(), "what is written is read");
        check(again->envelope.recipients.size() == head->envelope.recipients.size(), "the same recipients");
        check(again->envelope.sender == head->envelope.sender, "the same sender");
        check(again->envelope.unread == head->envelope.unread, "the same that could not be read");
      }
    }
  }
  if (const auto parsed = spool::parse_file(file)) {
    check(parsed->head.length + parsed->head.envelope.size + parsed->log.length <= size, "within the file");
    for (const spool::LogLine& line : parsed->log.lines) {
      if (const auto text = spool::log_text(line)) check(text->find('\n') == text->size() - 1, "one line");
    }
  }
  return 0;
}
