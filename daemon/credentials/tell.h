// Where the words of a program that failed go: they are for whoever runs it, and in no text of an error.
#pragma once

#include <functional>
#include <string>

namespace postern::credentials {

/// `program`: "the password command /usr/bin/pass". `words`: of its standard error, printable, without secrets. Returns
/// where they are to be read now: "in the log".
using Tell = std::function<std::string(const std::string& program, const std::string& words)>;

}  // namespace postern::credentials
