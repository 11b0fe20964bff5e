// What `postern explain` asks about a message: who it is from, to whom, and what its header says. The file is read
// here, with the rights of whoever asks; the daemon is told the fields that name senders and recipients, and nothing
// else. What becomes of the text depends on the server's extensions alone, and is told from here.
#pragma once

#include "base/result.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace postern::console {

struct Explained {
  std::string site;  ///< empty: all of them
  std::string file;  ///< "-": standard input; empty: none
  std::string from;
  std::string to;
  std::string user;  ///< name or uid; empty: whoever asks
};

/// An argument that is a file rather than the name of a smarthost: "-", one with a "/", and what is a file here.
[[nodiscard]] bool names_file(const std::string& argument);

/// The fields of the header that explain reads. LF line ends. Empty: there are none. Failure: invalid (they are too
/// long).
[[nodiscard]] Result<std::string> fields_to_explain(std::string_view message);

struct ExplainRequest {
  boost::json::object request;
  boost::json::object text;  ///< a line of the answer ("kind": "text") on the text of the file; empty without one
};
/// Failures: invalid, and those of reading the file.
[[nodiscard]] Result<ExplainRequest> explain_request(const Explained& wanted);

}  // namespace postern::console
