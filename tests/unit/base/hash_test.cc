#include "base/hash.h"
#include "base/text.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

// RFC 2202 section 2.
TEST(Hash, HmacMd5GivesTheVectorsOfRfc2202) {
  EXPECT_EQ(hex(hmac_md5(std::string(16, '\x0b'), "Hi There")), "9294727a3638bb1c13f48ef8158bfc9d");
  EXPECT_EQ(hex(hmac_md5("Jefe", "what do ya want for nothing?")), "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(hex(hmac_md5(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

// FIPS 180-4 examples.
TEST(Hash, Sha256GivesTheSameForEverySplit) {
  const std::string text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    Sha256 digest;
    digest.update(std::string_view(text).substr(0, split));
    digest.update(std::string_view(text).substr(split));
    EXPECT_EQ(hex(digest.finish()), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  }
}

}  // namespace
}  // namespace postern
