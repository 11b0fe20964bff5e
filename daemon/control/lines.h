// Where a command says the lines of its answer: to a client of the control socket (answer.h), or elsewhere.
#pragma once

#include "base/result.h"
#include "base/task.h"

#include <boost/json/object.hpp>

namespace postern::control {

class Lines {
 public:
  virtual ~Lines() = default;
  /// A failure ends the command: nobody reads on.
  virtual Task<Result<void>> line(const boost::json::object& object) = 0;
  /// Sends what is collected. To be called before anything that takes time.
  virtual Task<Result<void>> flush() = 0;
};

}  // namespace postern::control
