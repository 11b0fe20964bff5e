// For programs into whose memory passwords come.
#pragma once

namespace postern {

/// No core file of this process. The limit alone is not enough, since the kernel ignores it where core_pattern names a
/// program to pipe to, and the non-dumpable flag alone is not, since it is undone by some changes of credentials. The
/// flag also keeps debuggers of the same user away. Its price: /proc/self belongs to root, so nothing here may need to
/// open what is in it; a child gets a fresh flag when it calls exec, and keeps the limit.
void protect_memory();

}  // namespace postern
