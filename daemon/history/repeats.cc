#include "history/repeats.h"

#include <optional>

namespace postern::history {
namespace {

/// That of a digest, as the queue names it.
constexpr std::string_view kOfDigest = "storm digest";

bool may_be_told_twice(const Record& record) {
  const std::optional<Kind> kind = kind_named(record[Field::kind]);
  return kind == Kind::gathered || (kind == Kind::accepted && record[Field::reply] == kOfDigest);
}

}  // namespace

bool Repeats::has(const Record& record) {
  if (!may_be_told_twice(record)) return false;
  if (told_.size() >= kMost) told_.clear();
  // Of very many recipients it is told in several records.
  return !told_.insert(record[Field::id] + ' ' + record[Field::digest] + ' ' + record[Field::to]).second;
}

}  // namespace postern::history
