// The first of two readings of a message that goes out: what its parts need so that a server takes them (RFC 5321
// 4.5.3.1.6: lines of at most 998 octets; RFC 6152: 8-bit text only after 8BITMIME; RFC 2045: text says how it is
// encoded). It goes at the speed of memory where there is nothing to do, and keeps no text but one header at a time.
//
//   leaf, not encoded     quoted-printable or base64, whichever is shorter (to within some parts in a hundred), if
//                         there are long lines, or 8-bit text that the server does not take;
//                         Content-Transfer-Encoding says 8bit where it does. MIME-Version and Content-Type are added
//                         where they are missing
//   leaf, encoded         mended without changing what it decodes to, where it is not as its encoding has it
//   multipart, message    part by part (RFC 2046 5.1, 5.2.1), and says 7bit or 8bit as its parts do
//   multipart in name     text/plain (RFC 2045 5.2) if it has to be encoded: no boundary, or one that never comes
//   between the parts     no content: other bytes become "?", long lines are broken
//   reports for programs  message/delivery-status and its like may not be encoded (RFC 3464 2.1): other bytes become
//   "?" signed, encrypted     as it is (RFC 1847, RFC 8551), but for lines of base64 around an encrypted object; so is
//   a whole message with a DKIM-Signature in its own header
//                         where the server takes 8-bit text
//
// Text has LF line ends. The result does not depend on how the text is cut into pieces.
#pragma once

#include "mail/mime_structure.h"
#include "mail/text_plan.h"
#include "mail/text_scan.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace postern::mail {

class TextSurvey : MimeVisitor {
 public:
  /// `top_fields`: as TextRewriter will have it. A message that it changes is not left alone for its DKIM-Signature,
  /// which is broken by it: From is always signed (RFC 6376 5.4).
  explicit TextSurvey(const TextRules& rules, EditFields top_fields = {});

  void feed(std::string_view text);
  /// After the last piece, once.
  [[nodiscard]] TextPlan finish();

 private:
  struct Entity {
    MimeEntity seen;
    TextMeasure facts;       ///< of its content, or of what is between its parts
    bool has_parts = false;  ///< entities are in it
  };

  void header(const MimeEntity& entity, std::string_view fields, HeaderEnd end) override;
  void content(std::string_view piece) override;
  void end_content(bool end_of_text) override;
  void frame(std::size_t owner, std::string_view piece) override;

  void doubt(std::string_view what);
  void judge_fields(std::string_view fields, PartPlan& part);
  void judge(Entity& entity, PartPlan& part);
  void judge_leaf(const Entity& entity, PartPlan& part);
  /// The server does not take it as it is.
  [[nodiscard]] bool is_unfit(const TextMeasure& facts) const;
  [[nodiscard]] static bool is_partless(const Entity& entity);
  [[nodiscard]] SaidEncoding said_of_parts(TransferEncoding said, bool eight_bit, bool changed) const;
  void judge_outwards();

  TextRules rules_;
  EditFields top_fields_;
  MimeWalker walker_;
  TextScan content_scan_;
  TextScan frame_scan_;
  std::size_t frame_owner_ = 0;  ///< whose frame came last
  std::vector<Entity> entities_;
  TextPlan plan_;
};

}  // namespace postern::mail
