// The commands of the control socket as a table: a new command is one function and one row in commands.cc (one
// that handles messages: in handling.cc), a line in render.cc if it shows something new, and a line in postern.8.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "control/answer.h"
#include "control/server.h"
#include "net/connection.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string_view>

namespace postern::control {

/// Who asks, as the kernel tells.
struct Caller {
  net::Peer peer;
  bool administrator = false;

  [[nodiscard]] bool owns(const queue::Entry& entry) const;  ///< administrators own every message
  /// Of the selected ones those that it owns.
  [[nodiscard]] queue::Selection own(queue::Selection selection) const;
};

struct Call {
  Context& context;
  const Caller& caller;
  const boost::json::object& request;
  Answer& answer;
};

enum class Who { anybody, administrators };
enum class Form { json, plain };

/// The value is the exit code for the client; failures are told to it with exits::code_for().
struct Command {
  std::string_view name;
  Form form;
  Who who;
  Task<Result<int>> (*run)(Call& call);
};

/// Null for an unknown name.
[[nodiscard]] const Command* find_command(std::string_view name, Form form);

// The handlers that have files of their own.
Task<Result<int>> run_send_test(Call& call);
Task<Result<int>> run_mailq(Call& call);
/// Where the mail of a sender for an address would go: the arguments "<sender>" and the address.
Task<Result<int>> run_verify(Call& call);
Task<Result<int>> run_show(Call& call);
/// Without an id or a filter it means everything.
Task<Result<int>> run_retry(Call& call);
Task<Result<int>> run_flush(Call& call);
Task<Result<int>> run_check(Call& call);
Task<Result<int>> run_explain(Call& call);
Task<Result<int>> run_login(Call& call);
Task<Result<int>> run_metrics(Call& call);

}  // namespace postern::control
