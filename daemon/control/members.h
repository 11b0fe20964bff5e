// What the members of a request are called, and the words that some of them take: values alone, the same for the daemon
// and for `postern`. server.h says how a request is sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::control::members {

inline constexpr std::string_view kCommand = "command";

// Of commands for messages.
inline constexpr std::string_view kId = "id";
inline constexpr std::string_view kIds = "ids";        ///< these and no others, as far as they fit the filter
inline constexpr std::string_view kFilter = "filter";  ///< an object; without a member it means every message
inline constexpr std::string_view kBody = "body";      ///< true: of `queue show`, too
inline constexpr std::string_view kTo = "to";          ///< of reroute a smarthost; of explain a recipient
inline constexpr std::string_view kAny = "any";        ///< true: of reroute, no smarthost in particular

// Of a listing.
inline constexpr std::string_view kLimit = "limit";
inline constexpr std::string_view kAfter = "after";  ///< an id
inline constexpr std::string_view kOrder = "order";

// Of a filter. Ages are seconds.
inline constexpr std::string_view kState = "state";
inline constexpr std::string_view kSender = "sender";
inline constexpr std::string_view kRecipient = "recipient";  ///< of send-test, too
inline constexpr std::string_view kSite = "site";            ///< of check, explain and login, too
inline constexpr std::string_view kRoute = "route";          ///< its smarthosts, "main, backup"
inline constexpr std::string_view kText = "text";
inline constexpr std::string_view kOlderThan = "older_than";
inline constexpr std::string_view kNewerThan = "newer_than";
inline constexpr std::string_view kThrough = "through";  ///< an id

// Of a filter of the history, besides; times are RFC 3339.
inline constexpr std::string_view kSubject = "subject";
inline constexpr std::string_view kMessageId = "message_id";
inline constexpr std::string_view kSince = "since";
inline constexpr std::string_view kUntil = "until";

// Of commands for smarthosts.
inline constexpr std::string_view kVerbose = "verbose";
inline constexpr std::string_view kAcceptWeaker = "accept_weaker";
inline constexpr std::string_view kFrom = "from";
inline constexpr std::string_view kUser = "user";        ///< of explain and of a filter of the history, a uid
inline constexpr std::string_view kFields = "fields";    ///< of a header, LF lines
inline constexpr std::string_view kFlow = "flow";        ///< of login, a word of kFlows
inline constexpr std::string_view kTimeout = "timeout";  ///< of send-test, seconds
inline constexpr std::uint64_t kLongestTest = 3600;      ///< at most so many

inline constexpr std::string_view kFormat = "format";  ///< of metrics

/// Values of kState and of kOrder, as the queue names and has them (selections.cc).
inline constexpr std::array<std::string_view, 6> kStates{"waiting", "active", "storm", "held", "failed", "corrupt"};
inline constexpr std::array<std::string_view, 4> kOrders{"oldest", "newest", "next", "largest"};

/// Values of kState in a filter of the history: what became of a message or of a recipient; the last one is whatever
/// it was.
inline constexpr std::string_view kAllStates = "all";
inline constexpr std::array<std::string_view, 10> kHistoryStates{
    "accepted", "delivered", "deferred", "failed", "bounced", "deleted", "corrupt", "gathered", "refused", kAllStates};

/// Values of kFlow.
inline constexpr std::array<std::string_view, 2> kFlows{"device", "code"};

/// The one member of a line that a client sends while a login waits: the address that a browser ended at.
inline constexpr std::string_view kPasted = "pasted";
inline constexpr std::size_t kLongestPasted = 16 * 1024;  ///< bytes of its text

}  // namespace postern::control::members
