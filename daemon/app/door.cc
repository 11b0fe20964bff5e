#include "app/door.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace postern::app {
namespace {

constexpr Milliseconds kLongestPause{60'000};

}  // namespace

Door::Door(Executor loop, std::string address, Open open, net::Accepted serve, Milliseconds pause)
    : loop_(std::move(loop)),
      address_(std::move(address)),
      open_(std::move(open)),
      serve_(std::move(serve)),
      first_pause_(pause),
      timer_(loop_) {}

Door::Door(Executor loop, std::unique_ptr<net::Listener> listener, net::Accepted serve)
    : loop_(std::move(loop)),
      serve_(std::move(serve)),
      listener_(std::move(listener)),
      first_pause_(kLongestPause),
      timer_(loop_) {}

void Door::open() {
  if (listener_) return;
  auto opened = open_();
  if (opened) {
    listener_ = std::move(*opened);
    trouble_.reset();
    return;
  }
  // Told once, and again when the reason is another one.
  if (!trouble_ || trouble_->text != opened.error().text) {
    log(Level::error, "cannot listen; it is tried again", {{"address", address_}, {"why", opened.error().text}});
  }
  trouble_ = opened.error();
}

void Door::start() {
  serving_ = true;
  if (listener_) return listen();
  try_again();
}

void Door::hurry() {
  if (listener_ || !serving_) return;
  pause_ = first_pause_;
  open();
  if (!listener_) return try_again();
  timer_.cancel();
  listen();
}

void Door::listen() {
  log(Level::info, "listening", {{"address", listener_->address()}});
  listener_->start(serve_);
}

void Door::try_again() {
  timer_.expires_after(pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
  timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired() || !serving_ || listener_) return;
    open();
    if (!listener_) return try_again();
    listen();
  });
}

void Door::close() {
  serving_ = false;
  timer_.cancel();
  if (listener_) listener_->close();
}

}  // namespace postern::app
