// Header fields of hostile mail on their way out. The first byte of the input chooses the rules; the rest is a header.
#include "base/text.h"
#include "fuzz.h"
#include "mail/field_kinds.h"
#include "mail/headers.h"
#include "mail/outgoing_fields.h"

#include <string>

namespace {

using namespace postern;

/// Where letters may be left: in addresses that nothing else can say, in boundaries, in what servers wrote.
bool may_keep_letters(mail::FieldKind kind) {
  return kind == mail::FieldKind::addresses || kind == mail::FieldKind::parameters || kind == mail::FieldKind::trace;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  mail::FieldRules rules;
  if (!input.empty()) {
    rules.utf8 = input.front() == '8';
    input.remove_prefix(1);
  }
  const std::string once = mail::outgoing_fields(input, rules);
  fuzz::check(mail::outgoing_fields(once, rules) == once, "done again it changes nothing");
  fuzz::check(!mail::fields_acceptable(input, rules) || once == input, "what is acceptable stays");
  const mail::HeaderBlock before = mail::parse_headers(input);
  const mail::HeaderBlock after = mail::parse_headers(once);
  fuzz::check(after.fields.size() == before.fields.size(), "as many fields");
  fuzz::check(std::string_view(once).substr(after.size) == input.substr(before.size), "what follows the fields stays");
  for (std::size_t i = 0; i < after.fields.size(); ++i) {
    const mail::HeaderField& field = after.fields[i];
    fuzz::check(field.name == before.fields[i].name, "the same names");
    const bool letters = rules.utf8 ? is_utf8(field.whole) : is_ascii(field.whole);
    fuzz::check(letters || may_keep_letters(mail::field_kind(field.name)), "letters only where nothing else can be");
    fuzz::check(field.whole.find_first_of(std::string_view("\0\r", 2)) == std::string_view::npos, "no NUL and CR");
    fuzz::check(letters || mail::field_kind(field.name) != mail::FieldKind::addresses || is_utf8(field.whole),
                "an address keeps letters of UTF-8 alone");
  }
  return 0;
}
