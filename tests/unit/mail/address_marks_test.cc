// What comes along with an address when it is typed, quoted or copied.
#include "mail/address_marks.h"
#include "mail/address.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {
namespace {

std::string utf8(unsigned point) {
  std::string text;
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) {
    text += static_cast<char>(0xC0U | point >> 6U);
  } else {
    text += static_cast<char>(0xE0U | point >> 12U);
    text += static_cast<char>(0x80U | (point >> 6U & 0x3FU));
  }
  return text + static_cast<char>(0x80U | (point & 0x3FU));
}

/// Those between two characters, and these.
std::vector<std::string> characters(const std::vector<std::pair<unsigned, unsigned>>& ranges) {
  std::vector<std::string> all;
  for (const auto& [first, last] : ranges) {
    for (unsigned point = first; point <= last; ++point) all.push_back(utf8(point));
  }
  return all;
}

std::vector<std::string> blanks() {
  return characters({{0xA0, 0xA0},
                     {0x1680, 0x1680},
                     {0x2000, 0x200A},
                     {0x2028, 0x2029},
                     {0x202F, 0x202F},
                     {0x205F, 0x205F},
                     {0x3000, 0x3000}});
}

std::vector<std::string> invisibles() {
  return characters({{0xAD, 0xAD},
                     {0x61C, 0x61C},
                     {0x180E, 0x180E},
                     {0x200B, 0x200F},
                     {0x202A, 0x202E},
                     {0x2060, 0x206F},
                     {0xFEFF, 0xFEFF}});
}

TEST(AddressMarks, NoOtherCharacterIsABlankOrInvisible) {
  std::size_t wide = 0;
  std::size_t invisible = 0;
  for (unsigned point = 1; point < 0x10000; ++point) {
    wide += wide_blank_at(utf8(point)) > 0 ? 1U : 0U;
    invisible += invisible_at(utf8(point)) > 0 ? 1U : 0U;
  }
  EXPECT_EQ(wide, blanks().size());
  EXPECT_EQ(invisible, invisibles().size());
  for (const std::string& one : blanks()) EXPECT_EQ(wide_blank_at(one + "x"), one.size());
  for (const std::string& one : invisibles()) EXPECT_EQ(invisible_at(one + "x"), one.size());
}

TEST(AddressMarks, WhatNobodySeesIsOfNoAddressAtAnyPlace) {
  for (const std::string& mark : invisibles()) {
    for (const std::string base : {"ops@x.example", "root", "\"o p\"@x.example"}) {
      for (std::size_t at = 0; at <= base.size(); ++at) {
        std::string text = base;
        text.insert(at, mark);
        EXPECT_FALSE(parse_address(text, Utf8::allow)) << text;
        const AddressList list = read_address_list("a@x.example, " + text + ", Bob <" + text + ">");
        const bool at_end = at == 0 || at == base.size();
        for (const std::string& address : list.addresses)
          EXPECT_TRUE(address == base || address == "a@x.example") << text;
        // Beside a quote it stands as a blank does.
        EXPECT_EQ(list.addresses.size() + list.unread.size(), 3U) << text;
        if (at_end || base.front() != '"') {
          EXPECT_EQ(list.unread.size(), at_end ? 0U : 2U) << text;
        }
      }
    }
  }
}

TEST(AddressMarks, BlanksOfUnicodeAreBlanksInAList) {
  for (const std::string& blank : blanks()) {
    const auto list = [&blank](std::string text) {
      for (std::size_t at = text.find('_'); at != std::string::npos; at = text.find('_')) text.replace(at, 1, blank);
      return read_address_list(text);
    };
    const std::vector<std::string> both = {"a@x.example", "b@x.example"};
    for (const std::string_view text :
         {"_a@x.example_,_b@x.example_", "a@x.example_b@x.example", "A_B_<_a@x.example_>_,_\"B_b\"_<b@x.example>_",
          "a_@_x.example, b_@_x_.example", "a@x.example_(a)_;_b@x.example", "g:_a@x.example,_b@x.example_;_"}) {
      EXPECT_EQ(list(std::string(text)).addresses, both) << text;
      EXPECT_TRUE(list(std::string(text)).unread.empty()) << text;
    }
    EXPECT_EQ(list("A_b@x.example").addresses, std::vector<std::string>{"b@x.example"});
    EXPECT_EQ(list("A_b@x.example").unread, std::vector<std::string>{"A"});
    EXPECT_FALSE(parse_address("a" + blank + "@x.example", Utf8::allow));
  }
}

TEST(AddressMarks, AreTakenFromBothEndsInAnyNumber) {
  for (const std::string_view text :
       {"root", "'root'", "'root", "root'", "''root''", "\xE2\x80\x9Croot\xE2\x80\x9D", "\xE2\x80\x9Eroot\xE2\x80\x9C",
        "\xC2\xABroot\xC2\xBB", " 'root' ", "\xEF\xBB\xBF'root\xC2\xA0'\xE2\x80\x8B", "' root '"}) {
    EXPECT_EQ(without_marks(text), "root") << text;
  }
  for (const std::string_view text : {"o'brien@x", "\"'root'\"", "\"root\"", "<root>", "b\xC3\xB6", "", "\xC3\xAB"}) {
    EXPECT_EQ(without_marks(text), text);
  }
  EXPECT_EQ(without_marks("' '"), "");
}

}  // namespace
}  // namespace postern::mail
