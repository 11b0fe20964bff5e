#include "base/clock_watch.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <limits>
#include <utility>

namespace postern {
namespace {

/// Never rings by itself.
UniqueFd far_timer() {
  UniqueFd timer(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer) return timer;
  itimerspec far{};
  far.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
  far.it_value.tv_sec += ::time(nullptr);
  if (::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, nullptr) != 0)
    return UniqueFd();
  return timer;
}

}  // namespace

struct ClockWatch::State : std::enable_shared_from_this<State> {
  State(const Executor& loop, std::function<void()> call) : events(loop), changed(std::move(call)) {}

  void listen() {
    events.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (error || self->stopped) return;
                        // ECANCELED is the news. The timer stands as it was, and the next change cancels it again.
                        std::array<char, 64> ignored{};
                        [[maybe_unused]] const ssize_t got =
                            ::read(self->events.native_handle(), ignored.data(), ignored.size());
                        self->changed();
                        self->listen();
                      });
  }

  boost::asio::posix::stream_descriptor events;
  std::function<void()> changed;
  bool stopped = false;
};

ClockWatch::ClockWatch(Executor loop, std::function<void()> changed)
    : state_(std::make_shared<State>(loop, std::move(changed))) {}

ClockWatch::~ClockWatch() { stop(); }

void ClockWatch::start() { start(far_timer()); }

void ClockWatch::start(UniqueFd events) {
  if (!events) return;
  state_->events.assign(events.release());
  state_->listen();
}

void ClockWatch::stop() {
  state_->stopped = true;
  boost::system::error_code ignored;
  if (state_->events.is_open()) state_->events.close(ignored);
}

}  // namespace postern
