#include "base/secret.h"

#include <cstring>
#include <utility>

namespace postern {

void wipe(std::string& text) {
  // The capacity, not the size: earlier, longer contents go too.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

// A short string lives inside the object, so moving copies it: the source is wiped as well.
Secret::Secret(std::string text) : text_(text) { postern::wipe(text); }
Secret::Secret(const Secret& other) = default;
Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe();
  text_ = other.text_;
  return *this;
}
Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = std::move(other.text_);
  other.wipe();
  return *this;
}
Secret::~Secret() { wipe(); }

void Secret::wipe() { postern::wipe(text_); }

}  // namespace postern
