#include "mail/field_kinds.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace postern::mail {
namespace {

struct KnownField {
  std::string_view name;  ///< with a hyphen at its end: every name that begins so
  FieldKind kind;
};

/// The first row that fits counts.
constexpr std::array kKnownFields = std::to_array<KnownField>({
    {"From", FieldKind::addresses},
    {"Sender", FieldKind::addresses},
    {"Reply-To", FieldKind::addresses},
    {"To", FieldKind::addresses},
    {"Cc", FieldKind::addresses},
    {"Bcc", FieldKind::addresses},
    {"Resent-Message-ID", FieldKind::ids},
    {"Resent-Date", FieldKind::words},
    {"Resent-", FieldKind::addresses},
    {"Apparently-To", FieldKind::addresses},
    {"Errors-To", FieldKind::addresses},
    {"Mail-Followup-To", FieldKind::addresses},
    {"Mail-Reply-To", FieldKind::addresses},
    {"Disposition-Notification-To", FieldKind::addresses},
    {"Return-Receipt-To", FieldKind::addresses},
    {"Keywords", FieldKind::addresses},  // phrases between commas
    {"List-ID", FieldKind::addresses},   // a phrase, and a name between angle brackets (RFC 2919 3)
    {"Content-Type", FieldKind::parameters},
    {"Content-Disposition", FieldKind::parameters},
    {"Content-Description", FieldKind::text},
    {"Content-ID", FieldKind::ids},
    {"Content-Location", FieldKind::urls},
    {"Content-Base", FieldKind::urls},
    {"Content-", FieldKind::words},
    {"Message-ID", FieldKind::ids},
    {"In-Reply-To", FieldKind::ids},
    {"References", FieldKind::ids},
    {"Original-Message-ID", FieldKind::ids},
    {"Supersedes", FieldKind::ids},
    {"List-", FieldKind::urls},
    {"Archived-At", FieldKind::urls},
    {"Date", FieldKind::words},
    {"Return-Path", FieldKind::addresses},
    {"MIME-Version", FieldKind::words},
    {"Auto-Submitted", FieldKind::words},
    {"Received", FieldKind::words},
    {"Received-", FieldKind::trace},
    {"Authentication-Results", FieldKind::trace},
    {"DKIM-", FieldKind::trace},
    {"DomainKey-", FieldKind::trace},
    {"ARC-", FieldKind::trace},
});

}  // namespace

FieldKind field_kind(std::string_view name) {
  const auto* const known = std::ranges::find_if(kKnownFields, [name](const KnownField& one) {
    return one.name.ends_with('-') ? istarts_with(name, one.name) : iequals(name, one.name);
  });
  return known == kKnownFields.end() ? FieldKind::text : known->kind;
}

}  // namespace postern::mail
