// Members of a request, checked; and whether its caller may touch a message.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "control/commands.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::control {

// All fail with invalid and a text that names the member.
Result<std::string> text_of(const boost::json::object& request, std::string_view key, std::string_view otherwise);
Result<std::uint64_t> number_of(const boost::json::object& request, std::string_view key, std::uint64_t otherwise);
Result<bool> flag_of(const boost::json::object& request, std::string_view key);
/// An id is never a path: QueueId::read decides.
Result<QueueId> id_of(const boost::json::object& request, std::string_view key);
Result<std::vector<QueueId>> ids_of(const boost::json::object& request, std::string_view key);

/// The words behind that of a plain request.
std::vector<std::string> arguments_of(const boost::json::object& request);

/// Failures: denied (the message of another user; logged), and those of Queue::find.
Task<Result<void>> may_touch(Call& call, QueueId id);

}  // namespace postern::control
