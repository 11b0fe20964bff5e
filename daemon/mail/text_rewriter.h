// The second reading of a message that goes out: it is written as the survey planned it, see text_survey.h. What needs
// no change stays byte for byte. Keeps no text but one header at a time, so a large message may pass in pieces; the
// result does not depend on how it is cut.
#pragma once

#include "mail/mime_structure.h"
#include "mail/text_filters.h"
#include "mail/text_plan.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

class TextRewriter : MimeVisitor {
 public:
  /// `plan`: of the same text, with the same rules. What `top_fields` returns goes through outgoing_fields(), unless
  /// the plan is to leave the message as it is. It is called once, with the first header; not at all if that is longer
  /// than kLongestHeader (see mime_structure.h): that one goes as it is.
  TextRewriter(TextPlan plan, const TextRules& rules, EditFields top_fields = {});

  /// Appends to `out`.
  void feed(std::string_view text, std::string& out);
  void finish(std::string& out);

 private:
  void header(const MimeEntity& entity, std::string_view fields, HeaderEnd end) override;
  void content(std::string_view piece) override;
  void end_content(bool end_of_text) override;
  void frame(std::size_t owner, std::string_view piece) override;

  void end_partless(bool end_of_text);
  [[nodiscard]] const PartPlan& planned(std::size_t index) const;
  [[nodiscard]] std::string edited(const MimeEntity& entity, std::string_view fields) const;

  TextPlan plan_;
  TextRules rules_;
  EditFields top_fields_;
  MimeWalker walker_;
  std::unique_ptr<TextFilter> filter_;   ///< of the content at hand; none: it stays
  std::optional<std::size_t> partless_;  ///< a multipart whose frames are its text, see text_survey.h
  ForcedText frames_;
  std::string* out_ = nullptr;  ///< while a piece is being read
};

}  // namespace postern::mail
