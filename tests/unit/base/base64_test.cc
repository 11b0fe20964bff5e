#include "base/base64.h"

#include "base/random.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Base64, EncodesTheExamplesOfRfc4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesWhatItEncodedForEveryLength) {
  for (std::size_t length = 0; length < 300; ++length) {
    const std::string bytes = random_bytes(length);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << length;
  }
}

TEST(Base64, RefusesEveryByteOutsideTheAlphabetInEveryPlace) {
  const std::string good = "Zm9vYmFy";
  for (std::size_t place = 0; place < good.size(); ++place) {
    for (int value = 0; value < 256; ++value) {
      const char c = static_cast<char>(value);
      const bool digit = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
      const bool padding = c == '=' && place + 1 == good.size();
      if (digit || padding) continue;
      std::string bad = good;
      bad[place] = c;
      EXPECT_FALSE(base64_decode(bad)) << place << ' ' << value;
    }
  }
}

TEST(Base64, RefusesWrongLengthsPaddingAndUnusedBits) {
  for (const char* bad :
       {"Z", "Zm", "Zm9", "Zg=", "Zg===", "====", "=", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n"}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
}

}  // namespace
}  // namespace postern
