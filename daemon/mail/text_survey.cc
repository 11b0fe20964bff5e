#include "mail/text_survey.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/headers.h"
#include "mail/outgoing_fields.h"
#include "mail/wrap.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace postern::mail {
namespace {

/// What keeps the content of an entity as it is, in the words of the log.
struct ClosedName {
  Closed why;
  std::string_view name;
};
constexpr std::array<ClosedName, 8> kClosedNames{{
    {Closed::signature, "a signed part"},
    {Closed::encryption, "an encrypted part"},
    {Closed::enveloped, "an encrypted part"},
    {Closed::fragment, "a part of type message/partial or message/external-body"},
    {Closed::no_boundary, "a multipart without a usable boundary"},
    {Closed::too_deep, "a part that lies too deep"},
    {Closed::too_many, "one of too many parts"},
    {Closed::long_header, "a part with too long a header"},
}};

std::string_view name_of(Closed why) { return std::ranges::find(kClosedNames, why, &ClosedName::why)->name; }

/// An address stands in From.
bool has_sender(std::string_view fields) {
  const HeaderBlock block = parse_headers(fields);
  const HeaderField* const from = find(block, "From");
  const auto found = from == nullptr ? Result<std::vector<std::string>>({}) : parse_address_list(from->body);
  return found && !found->empty();
}

bool mends(TextAction action) { return action != TextAction::keep && action != TextAction::force; }

}  // namespace

TextSurvey::TextSurvey(const TextRules& rules, EditFields top_fields)
    : rules_(rules), top_fields_(std::move(top_fields)), walker_(rules.at_any_cost) {
  frame_scan_.begin(true);
}

void TextSurvey::feed(std::string_view text) { walker_.feed(text, *this); }

void TextSurvey::doubt(std::string_view what) {
  if (std::ranges::find(plan_.doubts, what) == plan_.doubts.end()) plan_.doubts.emplace_back(what);
}

void TextSurvey::judge_fields(std::string_view fields, PartPlan& part) {
  const FieldRules rules{rules_.utf8};
  if (fields_acceptable(fields, rules)) {
    if (!is_ascii(fields)) plan_.eight_bit_left = true;
    return;
  }
  const std::string sent = plan_.as_it_is ? std::string(fields) : outgoing_fields(fields, rules);
  const bool plain = std::ranges::none_of(sent, is_odd_octet) && lines_fit(sent);
  if (sent != fields || (rules_.at_any_cost && !plain)) part.fields = true;
  if (rules_.at_any_cost) return;
  if (!is_ascii(sent)) plan_.eight_bit_left = true;
  if (rules_.utf8 ? !is_utf8(sent) : !is_ascii(sent)) doubt("raw 8-bit text in a header");
  if (!lines_fit(sent)) doubt("a header line over 998 octets");
  if (has_sender(fields) && !has_sender(sent)) doubt("a From whose address needs SMTPUTF8, which is not offered");
}

void TextSurvey::header(const MimeEntity& entity, std::string_view fields, HeaderEnd /*end*/) {
  std::string edited;
  if (entity.index == 0) {
    const bool edits = top_fields_ && entity.closed != Closed::long_header;
    if (edits) edited = edited_fields(fields, top_fields_);
    const bool breaks = edits && edited != fields;
    plan_.as_it_is = entity.dkim && !breaks && rules_.eight_bit && !rules_.at_any_cost;
    if (breaks) fields = edited;
  }
  if (entity.index == entities_.size()) {
    entities_.push_back({entity, {}});
    plan_.parts.emplace_back();
    if (entity.index != 0) entities_[entity.parent].has_parts = true;
  }
  judge_fields(fields, plan_.parts[entity.index]);
  content_scan_.begin(!entity.has_type || entity.closed == Closed::no_boundary);
}

void TextSurvey::content(std::string_view piece) { content_scan_.feed(piece, entities_.back().facts); }

void TextSurvey::end_content(bool /*end_of_text*/) { content_scan_.finish(entities_.back().facts); }

void TextSurvey::frame(std::size_t owner, std::string_view piece) {
  if (frame_owner_ != owner) frame_scan_.finish(entities_[std::exchange(frame_owner_, owner)].facts);
  frame_scan_.feed(piece, entities_[owner].facts);
}

bool TextSurvey::is_unfit(const TextMeasure& facts) const {
  return facts.long_line || facts.odd || (facts.eight_bit && !rules_.eight_bit);
}

/// A multipart in name alone: a type that says nothing usable counts as text/plain (RFC 2045 5.2).
bool TextSurvey::is_partless(const Entity& entity) {
  return entity.seen.closed == Closed::no_boundary || (entity.seen.kind == EntityKind::multipart && !entity.has_parts);
}

/// Of what has no parts: text whose octets stand for themselves is encoded, what is encoded already is mended.
void TextSurvey::judge_leaf(const Entity& entity, PartPlan& part) {
  const TextMeasure& facts = entity.facts;
  const TransferEncoding encoding = entity.seen.encoding;
  if (encoding == TransferEncoding::quoted_printable) {
    if (!facts.plain()) part.action = TextAction::mend_quoted_printable;
    return;
  }
  if (encoding == TransferEncoding::base64) {
    if (!facts.plain()) part.action = TextAction::mend_base64;
    return;
  }
  const bool unfit = is_unfit(facts);
  if (unfit && entity.seen.seven_bit_only) {
    part.action = TextAction::force;
    if (encoding != TransferEncoding::none) part.encoding = SaidEncoding::seven_bit;
    return;
  }
  if (unfit) {
    const bool quoted = facts.quoted_printable_size() <= facts.base64_size();
    part.action = quoted ? TextAction::quoted_printable : TextAction::base64;
    part.encoding = quoted ? SaidEncoding::quoted_printable : SaidEncoding::base64;
  } else if (facts.eight_bit && encoding != TransferEncoding::other) {
    if (encoding != TransferEncoding::eight_bit) part.encoding = SaidEncoding::eight_bit;
  } else {
    return;
  }
  const bool broken_type = entity.seen.kind != EntityKind::leaf && part.action != TextAction::keep;
  if (!entity.seen.has_type || broken_type) part.type = facts.utf8 ? AddedType::utf8 : AddedType::unknown_8bit;
}

void TextSurvey::judge(Entity& entity, PartPlan& part) {
  const TextMeasure& facts = entity.facts;
  const bool own_text = entity.seen.kind == EntityKind::leaf || is_partless(entity);
  const bool enveloped = entity.seen.closed == Closed::enveloped && entity.seen.encoding == TransferEncoding::base64;
  if (own_text || enveloped) {
    judge_leaf(entity, part);
  } else if (entity.has_parts || rules_.at_any_cost) {
    if (is_unfit(facts)) part.action = TextAction::force;
  } else {
    const std::string name(name_of(entity.seen.closed));
    if (facts.long_line) doubt(name + " with lines over 998 octets");
    if (facts.eight_bit && !rules_.eight_bit) doubt(name + " with 8-bit text");
  }
}

/// Of what has parts, which may be in no encoding (RFC 2045 6.4): where it says base64, say, that is not so. "binary"
/// needs BINARYMIME (RFC 3030), for which we do not ask.
SaidEncoding TextSurvey::said_of_parts(TransferEncoding said, bool eight_bit, bool changed) const {
  if (eight_bit) {
    const bool right = said == TransferEncoding::eight_bit || !rules_.eight_bit;
    return right ? SaidEncoding::stays : SaidEncoding::eight_bit;
  }
  const bool right = said == TransferEncoding::none || said == TransferEncoding::seven_bit;
  return right || !changed ? SaidEncoding::stays : SaidEncoding::seven_bit;
}

/// From the parts to what they are in: what is said of its encoding, and whether it is MIME at all.
void TextSurvey::judge_outwards() {
  std::vector<bool> eight_bit(entities_.size());
  std::vector<bool> changed(entities_.size());
  for (std::size_t i = entities_.size(); i-- > 0;) {
    const Entity& entity = entities_[i];
    PartPlan& part = plan_.parts[i];
    if (entity.facts.eight_bit && part.action == TextAction::keep) eight_bit[i] = true;
    if (mends(part.action) || (part.action == TextAction::force && entity.seen.seven_bit_only)) changed[i] = true;
    if (entity.has_parts) part.encoding = said_of_parts(entity.seen.encoding, eight_bit[i], changed[i]);
    // The header of a signed or encrypted part is not in it (RFC 1847 2.1): there it is said what it has.
    const bool tells = entity.seen.closed == Closed::signature || entity.seen.closed == Closed::encryption;
    if (tells && eight_bit[i]) part.encoding = said_of_parts(entity.seen.encoding, true, false);
    if (part.encoding != SaidEncoding::stays) changed[i] = true;
    const bool open = entity.seen.kind != EntityKind::closed || is_partless(entity);
    const bool is_mime = open && (changed[i] || eight_bit[i]);
    part.mime_version = is_mime && entity.seen.is_message && !entity.seen.has_version;
    if (entity.seen.parent == i) continue;
    if (eight_bit[i]) eight_bit[entity.seen.parent] = true;
    if (changed[i]) changed[entity.seen.parent] = true;
  }
  if (!eight_bit.empty() && eight_bit[0]) plan_.eight_bit_left = true;
}

TextPlan TextSurvey::finish() {
  walker_.finish(*this);
  frame_scan_.finish(entities_[frame_owner_].facts);
  if (plan_.as_it_is) {
    for (const Entity& entity : entities_) {
      if (entity.facts.long_line) doubt("a text with a DKIM signature with lines over 998 octets");
      if (entity.facts.eight_bit) plan_.eight_bit_left = true;
    }
    return std::move(plan_);
  }
  for (std::size_t i = 0; i < entities_.size(); ++i) {
    judge(entities_[i], plan_.parts[i]);
    if (mends(plan_.parts[i].action)) plan_.work += entities_[i].facts.octets;
  }
  judge_outwards();
  plan_.identity = std::ranges::all_of(plan_.parts, [](const PartPlan& part) { return part == PartPlan(); });
  return std::move(plan_);
}

}  // namespace postern::mail
