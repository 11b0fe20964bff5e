// Answer lines of the control socket as text for a person: aligned columns, times relative to now and local.
// Everything a peer or a sender had a hand in goes through printable(): nothing here can steer a terminal.
#pragma once

#include "base/clock.h"

#include <boost/json/object.hpp>

#include <string>

namespace postern::control {

class Renderer {
 public:
  /// `command` as in the request.
  Renderer(std::string command, WallTime now) : command_(std::move(command)), now_(now) {}

  /// One answer line as one or more lines of text; a kind that is not known gives nothing.
  [[nodiscard]] std::string line(const boost::json::object& object);
  /// What is left to say after the last line.
  [[nodiscard]] std::string end() const;
  /// Whom the daemon waits for, as far as the lines told: "smtp.example.com".
  [[nodiscard]] const std::string& waiting_for() const { return waiting_for_; }

 private:
  std::string command_;
  WallTime now_;
  std::string waiting_for_ = "posternd";
  bool heading_shown_ = false;
};

}  // namespace postern::control
