// What ordinary users may read of trouble at a smarthost. From the login on, what a server, a credential program or a
// token server says may name accounts, senders and recipients, and it may have been said about anybody's message: their
// words are for administrators. Ordinary users read that there is trouble, where, the reply code and the advice, which
// are words of ours. What a server said about a message of their own stands with its recipients and is theirs.
#pragma once

#include "queue/entry.h"

#include <vector>

namespace postern::control {

/// Who the senders are whose mail is not taken is hidden, too.
void veil(std::vector<queue::SiteStatus>& sites);
/// Of a message of the user's own, but its reason may be trouble that others met.
void veil(queue::Entry& entry);

}  // namespace postern::control
