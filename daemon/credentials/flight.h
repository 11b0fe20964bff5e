// Private to credentials/: one run of a task for all who ask while it is under way.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"

#include <functional>
#include <memory>
#include <string>

namespace postern::credentials {

/// For one event loop's thread. Must live until every join() has ended.
class Flight {
 public:
  using Work = std::function<Task<Result<Secret>>()>;

  /// `name`: of the task, for the log.
  Flight(Executor loop, std::string name) : loop_(std::move(loop)), name_(std::move(name)) {}

  /// The result of the run under way, or of a new one. The run goes on by itself: it must own what it uses.
  Task<Result<Secret>> join(Work work);

 private:
  struct Run;
  Executor loop_;
  std::string name_;
  std::shared_ptr<Run> run_;
};

}  // namespace postern::credentials
