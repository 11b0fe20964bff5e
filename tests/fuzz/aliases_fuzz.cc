// A file of aliases of any bytes, and what local names make of it. The input is the file; each line of it is an address
// as well.
#include "base/text.h"
#include "fuzz.h"
#include "mail/address.h"
#include "mail/aliases_file.h"
#include "mail/local_names.h"

#include <algorithm>
#include <string>

namespace {

using namespace postern;

void check_target(std::string_view target) {
  if (target.starts_with('\\')) target.remove_prefix(1);
  fuzz::check(!target.empty() && !has_control(target), "a target is something, on one line");
  fuzz::check(mail::parse_address(target, mail::Utf8::allow).has_value(), "a target is an address");
}

void check_recipients(const mail::LocalNames& names, std::string_view address) {
  const std::vector<std::string> found = names.recipients_of(address);
  fuzz::check(!found.empty(), "somebody gets the mail");
  for (const std::string& one : found) {
    const mail::AddressParts parts = mail::split_address(one);
    const bool local = names.kind_of(parts.domain) == mail::LocalNames::Kind::machine;
    fuzz::check(!local || parts.domain == names.domain || address.empty(), "a local name is completed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const mail::AliasesFile file = mail::parse_aliases_file(input);
  fuzz::check(file.aliases.size() == file.lines.size() && file.aliases.size() <= mail::kMostAliases, "bounded");
  fuzz::check(file.faults.size() <= mail::kMostFaults && file.faults.size() <= file.passed_over, "few words");
  mail::LocalNames names;
  names.hostname = "web1.example.net";
  names.domain = "web1.example.net";
  names.machine = {"db1"};
  names.mailname = "example.com";
  names.of_file = file.aliases;
  static_cast<void>(names.circles());
  for (const auto& [name, targets] : file.aliases) {
    fuzz::check(!targets.empty(), "an alias leads to somebody");
    fuzz::check(name == to_lower(name), "names are in lower case");
    std::ranges::for_each(targets, check_target);
    check_recipients(names, targets.front());
  }
  for (std::string_view rest = input; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto address = mail::parse_address(rest.substr(0, end), mail::Utf8::allow);
    if (address) check_recipients(names, *address);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
