#include "settings/load.h"

#include "base/durable_file.h"
#include "base/result.h"
#include "base/secret.h"
#include "settings/complete.h"
#include "settings/document.h"
#include "settings/keys.h"
#include "settings/permissions.h"
#include "settings/plain_slips.h"
#include "settings/report.h"
#include "settings/salvage.h"

#include <cstddef>

namespace postern::settings {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20U;

Loaded parse(const std::string& text, Report report) {
  Settings settings;
  // A file without a single setting is allowed: mail is accepted and held.
  if (const auto root = read_document(text, report)) {
    if (root->kind != Node::Kind::map) {
      report.error(root->mark,
                   "the file must hold keys with values, such as 'hostname: mail.example.com', with a colon");
    } else {
      warn_of_plain_slips(*root, text, report);
      read_keys(*root, settings, report);
      complete(settings, report);
    }
  }
  Loaded loaded = std::move(report).finish(std::move(settings));
  if (!loaded.settings) loaded.salvaged = salvage(text);
  return loaded;
}

}  // namespace

Loaded load(const std::string& path, const User& user) {
  struct stat status{};
  auto text = read_file(path, kLargestFile, &status);
  const Readers readers = text && (status.st_mode & S_IROTH) != 0 ? Readers::everybody : Readers::few;
  Report report(path, readers, user);
  // The same reading once more says whose right is missing, and which commands give it.
  const auto allowed = readable(report, Thing::settings, path, path);
  if (!allowed) {
    report.error(Mark{}, allowed.error().text);
  } else if (!text) {
    report.error(Mark{}, text.error().text);
  }
  check_openings(report, Mark{}, Thing::settings, path);
  check_sight(report, Mark{}, path);
  // From a file that others can change, or that is not there, no door is opened and no place for mail taken.
  const bool trusted = report.clean();
  Loaded loaded;
  if (text) {
    loaded = parse(*text, std::move(report));
    wipe(*text);  // a password may stand in it
  } else {
    loaded = std::move(report).finish(Settings{});
  }
  if (!trusted) loaded.salvaged = salvage("");
  return loaded;
}

Loaded parse(const std::string& text, const std::string& file) { return parse(text, Report(file)); }

}  // namespace postern::settings
