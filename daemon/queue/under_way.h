// Tells that a task is under way, from the moment when it is spawned and however it ends: one that threw must not keep
// the next one from beginning. The task has it as a parameter. The flag is shared because a task may be destroyed after
// whoever began it.
#pragma once

#include <memory>
#include <utility>

namespace postern::queue {

class UnderWay {
 public:
  explicit UnderWay(std::shared_ptr<bool> flag) : flag_(std::move(flag)) { *flag_ = true; }
  UnderWay(UnderWay&&) noexcept = default;  // the one that was moved from ends nothing
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  UnderWay& operator=(UnderWay&&) = delete;
  ~UnderWay() {
    if (flag_ != nullptr) *flag_ = false;
  }

 private:
  std::shared_ptr<bool> flag_;
};

}  // namespace postern::queue
