// The settings of other programs that send mail to a smarthost, as a proposal: one importer a program, one row each in
// the table of importer.cc.
#pragma once

#include "base/result.h"
#include "setup/proposal.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

/// Where the files of a program are looked for.
struct Place {
  std::string root;  ///< before every absolute path: a directory without a slash at its end, or empty for the machine
  std::string home;  ///< of the user whose own files count, below `root`; empty: those of the machine alone
};

struct Importer {
  std::string_view name;   ///< as in --from: "msmtp"
  std::string_view title;  ///< for people: "msmtp"
  /// The files whose being there says that the program is set up; the first that is there is shown.
  std::span<const std::string_view> files;
  /// Reads them all. Failures: not_found, denied, io, limit, invalid (the text begins with file:line).
  Result<Proposal> (*read)(const Place& place);
};

[[nodiscard]] std::span<const Importer> importers();

/// A program that is set up here.
struct Found {
  const Importer* importer;
  std::string file;  ///< the one that tells, as it is called on this machine (with the root)
};

/// Those with files in the place, in the table's order: the one that is the machine's /usr/sbin/sendmail can not be
/// told from them.
[[nodiscard]] std::vector<Found> found(const Place& place);

}  // namespace postern::setup
