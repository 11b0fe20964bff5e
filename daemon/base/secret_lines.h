// Bytes that a person or a program sends into lines, where a line may be a secret.
#pragma once

#include "base/secret.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace postern {

/// Keeps the begun line in one place, which is wiped.
class SecretLines {
 public:
  /// A line without its end. Not whole: it is longer than it may be, and what there is of it is not given.
  using Heard = std::function<void(Secret line, bool whole)>;

  explicit SecretLines(std::size_t longest);
  SecretLines(const SecretLines&) = delete;
  SecretLines& operator=(const SecretLines&) = delete;
  ~SecretLines();

  void feed(std::string_view bytes, const Heard& heard);
  /// No more bytes come: what has begun is a line, too.
  void end(const Heard& heard);

 private:
  void give(const Heard& heard);

  std::size_t longest_;
  std::string line_;
  bool whole_ = true;
};

}  // namespace postern
