#include "mail/named_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern::mail {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(NamedAddresses, TheFirstThreeStandInTheTextAndTheOthersAreCounted) {
  NamedAddresses to;
  EXPECT_EQ(to.text(), "");
  const std::string texts[] = {"a@x", "a@x,b@x", "a@x,b@x,c@x", "a@x,b@x,c@x and 1 more", "a@x,b@x,c@x and 2 more"};
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    to.add(std::string(1, static_cast<char>('a' + i)) + "@x");
    EXPECT_EQ(to.text(), texts[i]);
  }
  EXPECT_THAT(to.each(), ElementsAre("a@x", "b@x", "c@x", "d@x", "e@x"));
  EXPECT_EQ(to.text(120), "a@x,b@x,c@x and 117 more");
}

TEST(NamedAddresses, OneThatIsThereIsNamedOnceAndAnEmptyOneNever) {
  NamedAddresses originals;
  for (const std::string address : {"root@x", "", "root@x", "web@x"}) originals.add(address);
  EXPECT_EQ(originals.text(), "root@x,web@x");
}

TEST(NamedAddresses, OneThatIsThereCountsOnceAlsoWhereThereIsRoomForNoMore) {
  NamedAddresses originals;
  for (std::size_t i = 0; i < NamedAddresses::kMost; ++i) originals.add(std::to_string(i) + "@x");
  originals.add("7@x");
  EXPECT_EQ(originals.text(), "0@x,1@x,2@x and 97 more");
}

TEST(NamedAddresses, KeepsNoMoreThanALineHasRoomFor) {
  NamedAddresses many;
  for (std::size_t i = 0; i < 10'000; ++i) many.add(std::to_string(i) + "@x");
  EXPECT_THAT(many.each(), SizeIs(NamedAddresses::kMost));
  EXPECT_EQ(many.text(), "0@x,1@x,2@x and 9997 more");
  NamedAddresses lengthy;
  for (int i = 0; i < 100; ++i) lengthy.add(std::to_string(i) + std::string(1'000, 'a'));
  std::size_t bytes = 0;
  for (const std::string& one : lengthy.each()) bytes += one.size();
  EXPECT_LE(bytes, NamedAddresses::kRoom);
  EXPECT_THAT(lengthy.each(), SizeIs(8));
}

}  // namespace
}  // namespace postern::mail
