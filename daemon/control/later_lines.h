// What a client sends after its request, while the command is at work: lines, read only for a command that asks for
// them.
#pragma once

#include "base/secret.h"
#include "base/task.h"
#include "net/stream.h"

#include <functional>
#include <memory>

namespace postern::control {

class LaterLines {
 public:
  using Heard = std::function<void(Secret line)>;

  LaterLines(Executor loop, std::shared_ptr<net::Stream> stream);
  LaterLines(const LaterLines&) = delete;
  LaterLines& operator=(const LaterLines&) = delete;
  /// Ends the stream, if it was read.
  ~LaterLines();

  /// From now on `heard` gets each line, without its end, on the event loop. One that is longer than any that has
  /// members::kLongestPasted bytes in it is left out.
  /// Empty: nobody wants them any more, and they are read and forgotten.
  void give_to(Heard heard);

 private:
  struct State;
  Executor loop_;
  std::shared_ptr<State> state_;
};

}  // namespace postern::control
