#include "mail/text_survey.h"

#include "base/text.h"
#include "mail/outgoing_fields.h"
#include "mail/wrap.h"

#include <algorithm>
#include <array>
#include <utility>

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
    {Closed::fragment, "a part of type message/partial or message/external-body"},
    {Closed::no_boundary, "a multipart without a usable boundary"},
    {Closed::too_deep, "a part that lies too deep"},
    {Closed::too_many, "one of too many parts"},
    {Closed::long_header, "a part with too long a header"},
    {Closed::no, "a part in an encoding of its own"},
}};

std::string_view name_of(Closed why) { return std::ranges::find(kClosedNames, why, &ClosedName::why)->name; }

bool says_eight_bit(TransferEncoding encoding) {
  return encoding == TransferEncoding::eight_bit || encoding == TransferEncoding::binary;
}

bool mends(TextAction action) { return action != TextAction::keep && action != TextAction::force; }

}  // namespace

TextSurvey::TextSurvey(const TextRules& rules) : rules_(rules), walker_(rules.at_any_cost) { frame_scan_.begin(false); }

void TextSurvey::feed(std::string_view text) { walker_.feed(text, *this); }

void TextSurvey::doubt(std::string_view what) {
  if (std::ranges::find(plan_.doubts, what) == plan_.doubts.end()) plan_.doubts.emplace_back(what);
}

void TextSurvey::judge_fields(std::string_view fields, PartPlan& part) {
  const FieldRules rules{rules_.utf8};
  const bool plain = std::ranges::none_of(fields, is_odd_octet) && lines_fit(fields);
  const bool changes = !plan_.as_it_is && (!fields_acceptable(fields, rules) || (rules_.at_any_cost && !plain));
  if (changes) part.fields = true;
  if (rules_.at_any_cost) return;
  const std::string sent = changes ? outgoing_fields(fields, rules) : std::string(fields);
  if (!is_ascii(sent)) {
    plan_.eight_bit_left = true;
    if (!rules_.utf8) doubt("raw 8-bit text in a header");
  }
  if (!lines_fit(sent)) doubt("a header line over 998 octets");
}

void TextSurvey::header(const MimeEntity& entity, std::string_view fields, HeaderEnd /*end*/) {
  if (entity.index == 0) plan_.as_it_is = entity.dkim && rules_.eight_bit && !rules_.at_any_cost;
  if (entity.index == entities_.size()) {
    entities_.push_back({entity, {}});
    plan_.parts.emplace_back();
    if (entity.index != 0) entities_[entity.parent].has_parts = true;
  }
  judge_fields(fields, plan_.parts[entity.index]);
  content_scan_.begin(!entity.has_type);
}

void TextSurvey::content(std::string_view piece) { content_scan_.feed(piece, entities_.back().facts); }

void TextSurvey::end_content(bool /*end_of_text*/) { content_scan_.finish(entities_.back().facts); }

void TextSurvey::frame(std::size_t owner, std::string_view piece) { frame_scan_.feed(piece, entities_[owner].facts); }

/// Of a leaf whose octets stand for themselves, or that is mended.
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
  if (facts.long_line || facts.odd || (facts.eight_bit && !rules_.eight_bit)) {
    const bool quoted = facts.quoted_printable_size() <= facts.base64_size();
    part.action = quoted ? TextAction::quoted_printable : TextAction::base64;
    part.encoding = quoted ? SaidEncoding::quoted_printable : SaidEncoding::base64;
  } else if (facts.eight_bit) {
    if (!says_eight_bit(encoding)) part.encoding = SaidEncoding::eight_bit;
  } else {
    return;
  }
  if (!entity.seen.has_type) part.type = facts.utf8 ? AddedType::utf8 : AddedType::unknown_8bit;
}

void TextSurvey::judge(Entity& entity, PartPlan& part) {
  const TextMeasure& facts = entity.facts;
  const bool unfit = facts.long_line || facts.odd || (facts.eight_bit && !rules_.eight_bit);
  const bool multipart = entity.seen.kind == EntityKind::multipart;
  const bool leaf = entity.seen.kind == EntityKind::leaf && entity.seen.encoding != TransferEncoding::other;
  // Where no delimiter was found all of it is preamble, but people who read it may be shown it.
  const bool between_parts = multipart && entity.has_parts;
  if (leaf) {
    judge_leaf(entity, part);
  } else if (between_parts || rules_.at_any_cost) {
    if (unfit) part.action = TextAction::force;
  } else {
    const std::string name(multipart ? "a multipart without parts" : name_of(entity.seen.closed));
    if (facts.long_line) doubt(name + " with lines over 998 octets");
    if (facts.eight_bit && !rules_.eight_bit) doubt(name + " with 8-bit text");
  }
}

/// From the parts to what they are in: what is said of its encoding, and whether it is MIME at all.
void TextSurvey::judge_outwards() {
  std::vector<bool> eight_bit(entities_.size());
  std::vector<bool> changed(entities_.size());
  for (std::size_t i = entities_.size(); i-- > 0;) {
    const Entity& entity = entities_[i];
    PartPlan& part = plan_.parts[i];
    if (entity.facts.eight_bit && part.action == TextAction::keep) eight_bit[i] = true;
    if (mends(part.action)) changed[i] = true;
    const bool composite = entity.has_parts;
    const bool identity = is_identity(entity.seen.encoding);
    const bool said = says_eight_bit(entity.seen.encoding);
    if (composite && identity && eight_bit[i] && !said && rules_.eight_bit) part.encoding = SaidEncoding::eight_bit;
    if (composite && identity && !eight_bit[i] && said && changed[i]) part.encoding = SaidEncoding::seven_bit;
    if (part.encoding != SaidEncoding::stays) changed[i] = true;
    const bool is_mime = entity.seen.kind != EntityKind::closed && (changed[i] || eight_bit[i]);
    part.mime_version = is_mime && entity.seen.is_message && !entity.seen.has_version;
    if (entity.seen.parent == i) continue;
    if (eight_bit[i]) eight_bit[entity.seen.parent] = true;
    if (changed[i]) changed[entity.seen.parent] = true;
  }
  if (!eight_bit.empty() && eight_bit[0]) plan_.eight_bit_left = true;
}

TextPlan TextSurvey::finish() {
  walker_.finish(*this);
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
