// A clock that stands still until told.
#pragma once

#include "base/clock.h"

namespace postern::test {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return steady_; }
  void advance(Milliseconds by) {
    wall_ += by;
    steady_ += by;
  }
  void jump_wall(Milliseconds by) { wall_ += by; }

 private:
  WallTime wall_{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};
  SteadyTime steady_{};
};

}  // namespace postern::test
