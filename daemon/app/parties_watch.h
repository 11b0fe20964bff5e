// Looks once a minute whether /etc/subuid was changed: whoever makes a user asks nobody for a reload.
#pragma once

#include "app/parties.h"
#include "base/clock.h"
#include "base/task.h"
#include "mail/parties.h"
#include "spool/disk_pool.h"

#include <functional>
#include <memory>

namespace postern::app {

class PartiesWatch {
 public:
  /// `use` is called on the loop with what the file says now. The file and the pool outlive this.
  PartiesWatch(Executor loop, spool::DiskPool& pool, PartiesFile& file, std::function<void(mail::Parties)> use,
               Milliseconds every = Seconds(60));
  ~PartiesWatch();
  PartiesWatch(const PartiesWatch&) = delete;
  PartiesWatch& operator=(const PartiesWatch&) = delete;

  void start();
  void stop();

 private:
  struct State;
  static Task<void> watch(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace postern::app
