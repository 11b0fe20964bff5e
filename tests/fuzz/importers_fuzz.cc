// The files of other programs as damaged disks, editors and hostile hands leave them: whatever they hold, each importer
// says what is wrong or makes settings that the settings take, in a bounded number of words and without a password.
//
// An input is one text for every file, or has lines "== /etc/path" before the text of each.
#include "base/text.h"
#include "fuzz.h"
#include "settings/load.h"
#include "setup/credential_file.h"
#include "setup/importer.h"
#include "setup/peer_files.h"
#include "setup/settings_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>

namespace {

using namespace postern;
using fuzz::check;

/// Every file that an importer reads by itself, and some more that main.cf and its like may name.
constexpr auto kFiles = std::to_array<std::string_view>({"/etc/msmtprc",
                                                         "/root/.msmtprc",
                                                         "/etc/aliases",
                                                         "/etc/mailname",
                                                         "/etc/email-addresses",
                                                         "/etc/ssmtp/ssmtp.conf",
                                                         "/etc/ssmtp/revaliases",
                                                         "/etc/nullmailer/remotes",
                                                         "/etc/nullmailer/adminaddr",
                                                         "/etc/nullmailer/allmailfrom",
                                                         "/etc/nullmailer/me",
                                                         "/etc/nullmailer/defaultdomain",
                                                         "/etc/nullmailer/defaulthost",
                                                         "/etc/nullmailer/helohost",
                                                         "/etc/dma/dma.conf",
                                                         "/etc/dma/auth.conf",
                                                         "/etc/postfix/main.cf",
                                                         "/etc/postfix/sasl_passwd",
                                                         "/etc/postfix/generic",
                                                         "/etc/exim4/update-exim4.conf.conf",
                                                         "/etc/exim4/passwd.client",
                                                         "/etc/exim4/exim4.conf.localmacros"});

/// In the corpus the end of each password; that of an input that has it once is looked for.
constexpr std::string_view kMarker = "Hun9Secret";

/// A machine in memory, the same for all inputs.
class Machine {
 public:
  Machine() {
    const bool memory = access("/dev/shm", W_OK) == 0;
    root_ = (memory ? "/dev/shm/postern-fuzz-" : "/tmp/postern-fuzz-") + std::to_string(getpid());
    for (const std::string_view file : kFiles) {
      std::filesystem::create_directories(std::filesystem::path(root_ + std::string(file)).parent_path());
    }
  }
  ~Machine() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void write(std::string_view file, std::string_view text) const {
    const std::string path = root_ + std::string(file);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "a file is written");
    close(fd);
  }
  void remove(std::string_view file) const { unlink((root_ + std::string(file)).c_str()); }
  [[nodiscard]] setup::Place place() const { return {root_, "/root"}; }

 private:
  std::string root_;
};

using Files = std::map<std::string_view, std::string>;

/// The texts of an input by their files; empty: it names none.
Files named_files(std::string_view input) {
  Files files;
  std::string* now = nullptr;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size() - 1) + 1;
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end);
    const bool head = line.starts_with("== ") && line.ends_with('\n');
    const auto* file = head ? std::ranges::find(kFiles, line.substr(3, line.size() - 4)) : kFiles.end();
    if (file != kFiles.end()) {
      now = &files[*file];
    } else if (now != nullptr) {
      *now += line;
    }
  }
  return files;
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

/// The input has one password, and nothing that would make another thing of the place where it stands: a name that
/// stands for it, or its file read as one of another kind.
bool has_one_secret(std::string_view input, const Files& files) {
  if (count(input, kMarker) != 1 || input.find('$') != std::string_view::npos) return false;
  const auto holder =
      std::ranges::find_if(files, [](const auto& file) { return file.second.find(kMarker) != std::string::npos; });
  if (holder == files.end()) return false;
  std::size_t named = 0;
  for (const auto& [path, text] : files) named += count(text, holder->first);
  return named <= 1;
}

/// That a file of the settings is not on this machine, or that the server is this machine, is no fault of the importer.
bool is_of_this_machine(const std::string& problem) {
  return problem.find("cannot read") != std::string::npos || problem.find("cannot run") != std::string::npos ||
         problem.find("own listener") != std::string::npos;
}

void check_proposal(setup::Proposal proposal, bool secret, std::size_t size) {
  check(proposal.notes.size() <= setup::kMostNotes + 1, "notes are bounded");
  const auto files = setup::take_passwords(proposal, "/etc/postern");
  for (const settings::Smarthost& smarthost : proposal.smarthosts)
    check(smarthost.password.empty(), "no password stays");
  const std::string text = setup::settings_text(proposal);
  check(text.size() <= 32 * size + (std::size_t{256} << 10U), "the settings are bounded");
  check(is_utf8(text), "the settings are UTF-8");
  const bool carried = std::ranges::any_of(
      files, [](const auto& file) { return file.secret.reveal().find(kMarker) != std::string_view::npos; });
  if (secret && carried) check(text.find(kMarker) == std::string::npos, "no password stands in the settings");
  if (text.size() > setup::kLargestFile) return;
  for (const settings::Problem& problem : settings::parse(text, "made.yaml").problems) {
    if (is_of_this_machine(problem.text)) continue;
    std::fprintf(stderr, "%s\n%s\n", problem.str().c_str(), text.c_str());
    check(false, "the settings take what an importer makes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Machine machine;
  const std::string_view input = fuzz::text_of(data, size);
  const Files files = named_files(input);
  for (const std::string_view file : kFiles) {
    const auto named = files.find(file);
    if (named != files.end()) {
      machine.write(file, named->second);
    } else if (files.empty()) {
      machine.write(file, input);
    } else {
      machine.remove(file);
    }
  }
  const bool secret = has_one_secret(input, files);
  for (const setup::Importer& importer : setup::importers()) {
    auto proposal = importer.read(machine.place());
    if (proposal) {
      check_proposal(std::move(*proposal), secret, size * kFiles.size());
    } else {
      check(!proposal.error().text.empty(), "a failure says what is wrong");
      if (secret) check(proposal.error().text.find(kMarker) == std::string::npos, "no password stands in a failure");
    }
  }
  return 0;
}
