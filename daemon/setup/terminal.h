// Who is asked: a person at a terminal, or nobody.
#pragma once

#include "base/secret.h"

#include <memory>
#include <optional>
#include <string>

namespace postern::setup {

class Terminal {
 public:
  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  virtual ~Terminal() = default;

  /// Somebody is there to answer.
  [[nodiscard]] virtual bool interactive() const = 0;
  /// One line or several, without the last line end. Untrusted text must have been made printable before.
  virtual void say(const std::string& text) = 0;
  /// What is wrong; where scripts look for it.
  virtual void complain(const std::string& text) = 0;
  /// The answer without blanks around it, `standard` for an empty one. Nothing: the input has ended.
  virtual std::optional<std::string> ask(const std::string& question, const std::string& standard) = 0;
  /// The answer is not shown. Nothing: the input has ended, or the person gave up (Ctrl-C).
  virtual std::optional<Secret> ask_secret(const std::string& question) = 0;
};

/// Standard input and output. There is somebody if both are terminals.
[[nodiscard]] std::unique_ptr<Terminal> make_terminal();

}  // namespace postern::setup
