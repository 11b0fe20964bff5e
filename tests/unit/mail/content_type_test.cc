#include "mail/content_type.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace postern::mail {
namespace {

TEST(ContentType, IsReadAsPeopleWriteIt) {
  struct Row {
    std::string_view body;
    std::string_view type;
    std::string_view boundary;
  };
  constexpr std::array kRows{
      Row{"", "", ""},
      Row{"text/plain", "text/plain", ""},
      Row{"TEXT/Html; charset=utf-8", "text/html", ""},
      Row{"text/html charset=utf-8", "text/html", ""},
      Row{"multipart/mixed; boundary=b", "multipart/mixed", "b"},
      Row{"multipart/mixed;boundary=b;", "multipart/mixed", "b"},
      Row{"multipart/mixed; BOUNDARY = \"b b\"; x=y", "multipart/mixed", "b b"},
      Row{"multipart/mixed; boundary=----=_Part_1.2?'()", "multipart/mixed", "----=_Part_1.2?'"},
      Row{"multipart/mixed; boundary=\"a;b\\\"c\\q\"", "multipart/mixed", "a;b\"cq"},
      Row{"multipart/mixed; boundary=\"b  \"", "multipart/mixed", "b"},
      Row{"multipart/mixed; boundary=\"open", "multipart/mixed", "open"},
      Row{"multipart/mixed; boundary=a; boundary=b", "multipart/mixed", "a"},
      Row{"multipart/mixed; x-boundary=a; boundary=b", "multipart/mixed", "b"},
      Row{"multipart/mixed; x=\"; boundary=a\"; boundary=b", "multipart/mixed", "b"},
      Row{"(a (b) \\) c) multipart/mixed (; boundary=x) ; (y) boundary(z)=(w)b (v)", "multipart/mixed", "b"},
      Row{"multipart/mixed; boundary*1=d; boundary*0=\"a b\"", "multipart/mixed", "a bd"},
      Row{"multipart/mixed; boundary*x=d; boundary*=e", "multipart/mixed", ""},
      Row{"multipart/mixed; boundary", "multipart/mixed", ""},
      Row{"multipart/mixed; boundary=", "multipart/mixed", ""},
      Row{"multipart/mixed; boundary=\"\"", "multipart/mixed", ""},
      Row{"multipart/mixed; boundary=\"\xC3\xBC\"", "multipart/mixed", ""},
      Row{"multipart/mixed; boundary=\"a\tb\"", "multipart/mixed", ""},
      Row{";;;=;=", "", ""},
  };
  for (const Row& row : kRows) {
    const ContentType read = parse_content_type(row.body);
    EXPECT_EQ(read.type, row.type) << row.body;
    EXPECT_EQ(read.boundary, row.boundary) << row.body;
  }
}

TEST(ContentType, AnEncodingThatNobodyKnowsChangesNoOctetUnlessItIsPrivate) {
  struct Named {
    std::string_view body;
    TransferEncoding encoding;
  };
  for (const Named& row : {Named{"", TransferEncoding::none}, Named{"7bit", TransferEncoding::seven_bit},
                           Named{"8BIT", TransferEncoding::eight_bit}, Named{"binary (so)", TransferEncoding::binary},
                           Named{"Quoted-Printable;", TransferEncoding::quoted_printable},
                           Named{"(x) base64", TransferEncoding::base64}, Named{"utf-8", TransferEncoding::none},
                           Named{"8-bit", TransferEncoding::none}, Named{"x-uuencode", TransferEncoding::other},
                           Named{"uuencode", TransferEncoding::other}, Named{"X-zip", TransferEncoding::other}}) {
    EXPECT_EQ(parse_transfer_encoding(row.body), row.encoding) << row.body;
  }
}

}  // namespace
}  // namespace postern::mail
