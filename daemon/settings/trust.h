// Who can change a file, or put another in its place: every step of its path counts, as it does for ssh (StrictModes)
// and sudo. The judgement is pure; what it is about is read by steps_to().
#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace postern::settings {

/// What a path leads over: a directory, a symbolic link (its target's steps come next), or the file itself.
struct Step {
  enum class Kind { directory, link, file };
  std::string path;  ///< absolute, without links before its last part
  Kind kind = Kind::file;
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0;
  bool shared_group = false;  ///< the group may have others in it than root and the user; asked only where it may write
  bool outside = false;       ///< owned by nobody of this user namespace, so not by anybody who could be meant
  bool read_only = false;     ///< nobody can write there
};

/// The steps from the root directory to the file, as far as they can be seen. `path` is absolute; `user`: the
/// service's. Blocking.
[[nodiscard]] std::vector<Step> steps_to(const std::string& path, uid_t user);

/// Somebody other than root and the user of the service who can make a step lead elsewhere or say something else.
struct Opening {
  enum class Who {
    everybody,
    group,
    owner,
    /// Nobody now, but the file lies in a sticky directory (/tmp): whoever is first there when it was removed.
    next_comer,
  };
  Who who = Who::everybody;
  Step step;

  friend bool operator==(const Opening& a, const Opening& b) { return a.who == b.who && a.step.path == b.step.path; }
};

/// In the order of the steps. `user`: the service's, who is trusted with the files, and root is.
[[nodiscard]] std::vector<Opening> openings(const std::vector<Step>& steps, uid_t user);

/// What is judged, and how grave it is that others can change it.
enum class Thing { settings, program, secret, authorities, certificate, aliases };
enum class Gravity { none, warning, error };

[[nodiscard]] Gravity gravity(Thing thing, Opening::Who who);

}  // namespace postern::settings
