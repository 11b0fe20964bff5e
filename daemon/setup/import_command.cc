#include "setup/import_command.h"

#include "base/text.h"
#include "settings/load.h"
#include "settings/local_names.h"
#include "settings/user.h"
#include "setup/aliases_file.h"
#include "setup/credential_file.h"
#include "setup/importer.h"
#include "setup/peer_files.h"
#include "setup/settings_text.h"
#include "setup/written_files.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <sysexits.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

namespace postern::setup {
namespace {

constexpr int kNotWhole = 1;  // the settings are written, but the check finds faults

struct ImportOptions {
  std::string from;
  std::string root = "/";
  std::string output;
  bool write = false;
};

int exit_of(Failure failure) {
  switch (failure) {
    case Failure::not_found: return EX_NOINPUT;
    case Failure::denied: return EX_NOPERM;
    case Failure::invalid:
    case Failure::limit: return EX_DATAERR;
    default: return EX_IOERR;
  }
}

int tell(const Error& error) {
  fmt::print(stderr, "postern: {}\n", printable(error.text));
  return exit_of(error.failure);
}

Place place_of(const ImportOptions& options) {
  Place place;
  place.root = options.root;
  while (place.root.ends_with('/')) place.root.pop_back();
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') place.home = home;
  while (place.home.ends_with('/')) place.home.pop_back();
  return place;
}

std::string names_of_importers() {
  std::string names;
  for (const Importer& importer : importers()) names += (names.empty() ? "" : ", ") + std::string(importer.name);
  return names;
}

/// The program that is meant: the named one, or the only one that is set up here. Nothing, and what to do about it is
/// told.
std::optional<Found> choose(const ImportOptions& options, const Place& place, int& exit) {
  const std::vector<Found> programs = found(place);
  exit = EX_NOINPUT;
  if (!options.from.empty()) {
    for (const Found& program : programs) {
      if (program.importer->name == options.from) return program;
    }
    for (const Importer& importer : importers()) {
      if (importer.name != options.from) continue;
      std::string files;
      for (const std::string_view file : importer.files) files += (files.empty() ? "" : ", ") + std::string(file);
      fmt::print(stderr, "postern: {} is not set up here: there is none of {}\n", importer.title, files);
    }
    return std::nullopt;
  }
  if (programs.size() == 1) return programs.front();
  if (programs.empty()) {
    fmt::print(stderr, "postern: no program that sends mail is set up here, of {}\n", names_of_importers());
    return std::nullopt;
  }
  exit = EX_USAGE;
  fmt::print(stderr, "postern: several programs are set up here; say which with --from:\n");
  for (const Found& program : programs) {
    fmt::print(stderr, "  --from {:<11} {}\n", program.importer->name, printable(program.file));
  }
  return std::nullopt;
}

void tell_notes(const Proposal& proposal) {
  for (const Note& note : proposal.notes) fmt::print(stderr, "{}\n", note.str());
}

/// The files for passwords that somebody has yet to write, by the number of the smarthost.
std::vector<std::string> unwritten_files(const Proposal& proposal) {
  std::vector<std::string> files;
  files.reserve(proposal.smarthosts.size());
  for (const settings::Smarthost& smarthost : proposal.smarthosts) files.push_back(smarthost.password_file);
  return files;
}

void tell_unwritten(const Proposal& proposal, const std::vector<std::string>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const settings::Smarthost& smarthost = proposal.smarthosts[i];
    if (files[i].empty()) continue;
    if (access(files[i].c_str(), F_OK) == 0) {
      fmt::print(stderr,
                 "{} is there already: see whether it holds the password of {} at {}, before that server gets it\n",
                 files[i], printable(smarthost.user), printable(smarthost.host));
      continue;
    }
    fmt::print(stderr, "The password of {} goes into {}:\n{}\n", printable(smarthost.user), files[i],
               how_to_make(files[i]));
  }
}

/// Absolute, since the settings name the files of passwords beside them, and are read in other directories; what a
/// link leads to is written, and the link stays. Failures: invalid (something else than a file is there), those of the
/// file system.
Result<std::string> output_path(const ImportOptions& options) {
  const std::string output = options.output.empty() ? std::string(settings::kSystemSettings) : options.output;
  std::error_code error;
  const auto status = std::filesystem::status(output, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Error{Failure::invalid,
                 output + " is no file that could be replaced; without --output the settings are printed"};
  }
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(output, error), error);
  if (error) return system_error(error.value(), "cannot tell where " + output + " is");
  return path.string();
}

void tell_lost(const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  std::string names;
  for (const std::string& key : keys) names += (names.empty() ? "" : ", ") + printable(key);
  fmt::print(stderr, "not in the new settings any more: {}; carry over what you need\n", names);
  if (keys.front() == "spool") {
    fmt::print(stderr, "mail that waits in the spool of the old settings is sent only if 'spool' is carried over\n");
  }
}

/// Failure: limit, where the settings would not be read.
Result<std::string> text_of(const Proposal& proposal) {
  std::string text = settings_text(proposal);
  if (text.size() <= kLargestFile) return text;
  return Error{Failure::limit,
               "the settings would be larger than 1 MiB, which posternd does not read: leave aliases out"};
}

int write_out(const ImportOptions& options, Proposal& proposal) {
  const auto output = output_path(options);
  if (!output) return tell(output.error());
  const std::string& settings = *output;
  const std::string directory = settings.substr(0, settings.rfind('/'));
  const std::vector<std::string> unwritten = unwritten_files(proposal);
  const std::vector<CredentialFile> credentials =
      take_passwords(proposal, options.write ? directory : std::string("/etc/postern"));
  const std::vector<CredentialFile> none;
  const auto text = text_of(proposal);
  if (!text) return tell(text.error());
  const auto written = write_files(settings, *text, options.write ? credentials : none);
  if (!written) return tell(written.error());
  tell_notes(proposal);
  for (const std::string& file : written->kept) fmt::print(stderr, "kept the old file as {}\n", file);
  tell_lost(written->lost);
  for (const std::string& file : written->files) fmt::print(stderr, "wrote {}\n", file);
  tell_unwritten(proposal, unwritten);
  if (!options.write) return EX_OK;
  const settings::Loaded loaded = settings::load(settings, settings::reader_of(settings));
  for (const settings::Problem& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.str());
  if (!loaded.settings) return kNotWhole;
  if (settings == settings::kSystemSettings) {
    fmt::print(stderr, "Now run: posternd --check && postern reload && postern check\n");
  }
  return EX_OK;
}

int import_settings(const ImportOptions& options) {
  const Place place = place_of(options);
  int exit = EX_OK;
  const std::optional<Found> program = choose(options, place, exit);
  if (!program) return exit;
  auto proposal = program->importer->read(place);
  if (!proposal) return tell(proposal.error());
  const settings::User reader = settings::reader_of(settings::kSystemSettings);
  settle_aliases(*proposal, settings::completed({}, reader).of_file);
  proposal->origin = "postern import from " + std::string(program->importer->title) + " (" + program->file + ")";
  if (options.write || !options.output.empty()) return write_out(options, *proposal);
  const std::vector<std::string> unwritten = unwritten_files(*proposal);
  (void)take_passwords(*proposal, "/etc/postern");
  const auto text = text_of(*proposal);
  if (!text) return tell(text.error());
  std::fwrite(text->data(), 1, text->size(), stdout);
  if (std::fflush(stdout) != 0) return EX_IOERR;
  tell_unwritten(*proposal, unwritten);
  return EX_OK;
}

}  // namespace

void add_import(CLI::App& app, std::function<int()>& chosen) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand("import", "take over the settings of another program that sends mail");
  std::vector<std::string> names;
  for (const Importer& importer : importers()) names.emplace_back(importer.name);
  command
      ->add_option("--from", options->from,
                   "the program: " + names_of_importers() + "; without it the one that is set up here")
      ->type_name("PROGRAM")
      ->check([names](const std::string& name) {
        for (const std::string& each : names) {
          if (each == name) return std::string();
        }
        return "the programs are " + names_of_importers();
      });
  command->add_option("--root", options->root, "the directory in which the program's /etc is")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_option("--output", options->output, "write the settings into this file instead of printing them")
      ->type_name("FILE");
  command->add_flag(
      "--write", options->write,
      "write the settings, into /etc/postern/postern.yaml unless told otherwise, and the passwords beside "
      "them");
  command->callback([options, &chosen] { chosen = [options] { return import_settings(*options); }; });
}

}  // namespace postern::setup
