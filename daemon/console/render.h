// Answer lines of the control socket as text for a person: aligned columns, times relative to now and local.
// Everything a peer or a sender had a hand in goes through printable(): nothing here can steer a terminal.
#pragma once

#include "console/view.h"

#include <boost/json/object.hpp>

#include <map>
#include <string>

namespace postern::console {

class Renderer {
 public:
  /// `command` as in the request.
  Renderer(std::string command, const View& view) : command_(std::move(command)), view_(view) {}

  /// The request asked for some messages alone: where there is none of these the queue need not be empty.
  void narrow() { narrowed_ = true; }
  /// One answer line as one or more lines of text; a kind that is not known gives nothing.
  [[nodiscard]] std::string line(const boost::json::object& object);
  /// What is left to say after the last line.
  [[nodiscard]] std::string end() const;
  /// Whom the daemon waits for, as far as the lines told: "smtp.example.com".
  [[nodiscard]] const std::string& waiting_for() const { return waiting_for_; }

 private:
  std::string command_;
  View view_;
  std::string waiting_for_ = "posternd";
  bool heading_shown_ = false;
  bool others_told_ = false;
  bool narrowed_ = false;
  std::string id_;                              ///< of the last record
  std::map<std::string, std::string> reasons_;  ///< see ReasonsTold
};

}  // namespace postern::console
