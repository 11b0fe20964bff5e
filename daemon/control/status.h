// What `postern status --json` prints, for whoever asks: the command, and the page for browsers.
#pragma once

#include "base/task.h"
#include "control/server.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace postern::control {

/// Who reads it. An ordinary user is told what concerns all, and of mail the own alone (veil.h); whoever is not known
/// at all, the former.
struct Reader {
  bool administrator = false;
  std::optional<std::uint32_t> uid{};
  std::optional<std::uint32_t> party{};
};

/// Its member "level" is the exit code of the command. A disk that hangs keeps it for a second or two at most.
Task<boost::json::object> status_of(Context& context, Reader reader);

/// For administrators: the oldest messages that wait, at most a page of a listing (queue::Listing::kPage), as `queue
/// list --json` has them, of many recipients a few. Their files are read, for as long as the disk takes.
Task<boost::json::array> oldest_waiting(std::shared_ptr<Context> context, std::size_t most);

}  // namespace postern::control
