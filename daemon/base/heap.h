// The allocator's memory.
#pragma once

namespace postern {

/// Memory that is free, but in pieces, goes back to the system. Takes milliseconds where there is much of it.
void give_back_heap();

}  // namespace postern
