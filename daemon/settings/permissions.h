// Can the service's user read or run a file that the settings name, and can others change it? Each finding comes with
// the commands that mend it. Blocking: file system and name service are asked.
#pragma once

#include "base/result.h"
#include "settings/report.h"
#include "settings/trust.h"

#include <sys/stat.h>
#include <string>

namespace postern::settings {

/// The file's status if it is an ordinary one that the report's user can read. `what`: "the password file /x".
/// Failures: those of the system calls, invalid.
[[nodiscard]] Result<struct stat> readable(const Report& report, Thing thing, const std::string& file,
                                           const std::string& what);

/// The commands that close the file to all but its owner and the report's user: "chmod o-rwx /x".
[[nodiscard]] std::string closing(const Report& report, const std::string& file);

/// Who else can change the file or put another in its place (trust.h), in words and with the commands that end it. Of a
/// file that is not there, the directories above it.
struct Trust {
  Gravity lack = Gravity::none;
  std::string text;
};
[[nodiscard]] Trust trust_in(const Report& report, Thing thing, const std::string& file);
/// Tells it as an error or a warning.
void check_openings(Report& report, Mark where, Thing thing, const std::string& file);

/// A file that is no secret: readable, and not for everybody to change.
void check_public_file(Report& report, Mark where, Thing thing, const std::string& file);

/// A program that is run by the service.
void check_program(Report& report, Mark where, const std::string& file);

/// Warns where the service, as its unit has it, does not see what this process sees.
void check_sight(Report& report, Mark where, const std::string& file);

/// Warns of a spool that the service, as its unit has it, may not write.
void check_spool(Report& report, const std::string& spool);

}  // namespace postern::settings
