// Private to the scanner of mail/address_scanner.h: what stands between two separators of an address list, or between
// brackets, taken apart into addresses and words.
#pragma once

#include "mail/address_lexer.h"
#include "mail/address_scanner.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace postern::mail {

/// Two tokens of one body and what is between them.
[[nodiscard]] std::string_view together(std::span<const AddressToken> tokens);

/// "undisclosed-recipients" and its kin: programs write it where a name or address should be.
[[nodiscard]] bool names_nobody(std::string_view words);

enum class RunPlace {
  alone,     ///< no brackets in it: one word is a user
  behind,    ///< behind brackets: words are nobody's name
  brackets,  ///< between brackets
};

class RunReader {
 public:
  RunReader(std::string_view body, BareWords words) : body_(body), words_(words) {}

  /// Reads all addresses of a run; what is neither one nor a name before one is unread.
  void read(std::span<const AddressToken> tokens, RunPlace place);
  /// What stands before brackets: a name, which is returned, and before it addresses that a comma was forgotten behind.
  std::span<const AddressToken> read_phrase(std::span<const AddressToken> tokens);

  AddressScan scan;

 private:
  struct Item;
  [[nodiscard]] static std::vector<Item> items_of(std::span<const AddressToken> tokens);
  [[nodiscard]] std::optional<FoundAddress> address_in(const Item& item) const;
  void read_run(std::span<const AddressToken> tokens, RunPlace place);
  [[nodiscard]] bool read_users(const std::vector<Item>& items);
  void read_items(const std::vector<Item>& items);
  void read_single(const Item& item, std::span<const AddressToken> tokens);
  std::string_view take_name(std::span<const Item> words);
  void leave_unread(std::span<const Item> words);

  std::string_view body_;
  BareWords words_;
};

}  // namespace postern::mail
