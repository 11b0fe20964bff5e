#include "setup/importer.h"

#include "setup/importers.h"

#include <unistd.h>

#include <array>

namespace postern::setup {
namespace {

// In the order in which they count: the first that is there is named, to who is asked and in the settings that are
// written.
constexpr auto kMsmtpFiles = std::to_array<std::string_view>({"~/.msmtprc", "~/.config/msmtp/config", "/etc/msmtprc"});
constexpr auto kSsmtpFiles = std::to_array<std::string_view>({"/etc/ssmtp/ssmtp.conf"});
constexpr auto kNullmailerFiles = std::to_array<std::string_view>({"/etc/nullmailer/remotes"});
constexpr auto kDmaFiles = std::to_array<std::string_view>({"/etc/dma/dma.conf"});
constexpr auto kPostfixFiles = std::to_array<std::string_view>({"/etc/postfix/main.cf"});
constexpr auto kEximFiles = std::to_array<std::string_view>({"/etc/exim4/update-exim4.conf.conf"});

constexpr auto kImporters = std::to_array<Importer>({
    {"msmtp", "msmtp", kMsmtpFiles, import_msmtp},
    {"ssmtp", "sSMTP", kSsmtpFiles, import_ssmtp},
    {"nullmailer", "nullmailer", kNullmailerFiles, import_nullmailer},
    {"dma", "the DragonFly Mail Agent", kDmaFiles, import_dma},
    {"postfix", "Postfix", kPostfixFiles, import_postfix},
    {"exim", "Exim, as Debian sets it up", kEximFiles, import_exim},
});

}  // namespace

std::span<const Importer> importers() { return kImporters; }

std::vector<Found> found(const Place& place) {
  std::vector<Found> programs;
  for (const Importer& importer : kImporters) {
    for (const std::string_view file : importer.files) {
      const bool own = file.starts_with('~');
      if (own && place.home.empty()) continue;
      const std::string path = place.root + (own ? place.home + std::string(file.substr(1)) : std::string(file));
      if (access(path.c_str(), F_OK) != 0) continue;
      programs.push_back(Found{&importer, path});
      break;
    }
  }
  return programs;
}

}  // namespace postern::setup
