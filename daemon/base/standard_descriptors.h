// Standard input, output and error of a process whose caller may have closed them.
#pragma once

namespace postern {

/// Opens /dev/null in the place of each that is closed: the next file opened would take its number, and get what is
/// written to standard output or error. To be called before any file is opened.
void occupy_standard_descriptors();

}  // namespace postern
