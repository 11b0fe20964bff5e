// The commands of the control socket as a table: a new command is one function and one row in commands.cc (one
// that handles messages: in handling.cc), a screen in console/ if it shows something new, and a line in postern.8.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "control/answer.h"
#include "control/later_lines.h"
#include "control/server.h"
#include "mail/envelope.h"
#include "net/connection.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::control {

/// Who asks, as the kernel tells.
struct Caller {
  net::Peer peer;
  std::uint32_t party = mail::kNoUid;  ///< whom limits count (mail/parties.h)
  bool administrator = false;

  /// Nothing for whoever the kernel cannot tell from others: in a user namespace all its unknown users are one uid, and
  /// what one of them handed in is not the others'.
  [[nodiscard]] std::optional<std::uint32_t> uid() const;
  [[nodiscard]] bool owns(const queue::Entry& entry) const;  ///< administrators own every message
};

struct Call {
  Context& context;
  const Caller& caller;
  const boost::json::object& request;
  Answer& answer;
  LaterLines& later;
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

/// Why nothing can be done for want of a smarthost, and what to do.
[[nodiscard]] Error no_smarthost(const Call& call);

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

/// The routes of a message of this sender that the caller asks explain about, one line for each recipient (none: for
/// one that no row names), for administrators alone.
Task<Result<void>> explain_routes(Call& call, std::string sender, std::vector<std::string> recipients);
/// Likewise the row of `senders` that refuses it, if one does: a line. True: one does.
Task<Result<bool>> explain_senders(Call& call, std::string sender, std::string fields);
/// Likewise whether it would be gathered with others like it: a line, or none where the settings have no such rows.
Task<Result<void>> explain_storms(Call& call, std::string sender);
Task<Result<int>> run_metrics(Call& call);

}  // namespace postern::control
