// A password or token: wiped when it goes, without a way into a log, a stream or a format string.
#pragma once

#include <string>
#include <string_view>

namespace postern {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The bytes, for the mechanism that needs them. Do not copy them into anything that lives on.
  [[nodiscard]] std::string_view reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// For settings and the like that are compared as wholes; it takes as long as the beginnings agree, so nothing that
  /// a peer sends is compared by it.
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  void wipe();
  std::string text_;
};

/// Overwrites the bytes of a string in a way the compiler keeps, then empties it.
void wipe(std::string& text);

}  // namespace postern
