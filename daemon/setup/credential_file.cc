#include "setup/credential_file.h"

#include "base/ascii.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "settings/user.h"
#include "setup/settings_edit.h"

#include <grp.h>
#include <unistd.h>

#include <algorithm>

namespace postern::setup {
namespace {

/// A name of a host or of a smarthost as part of a file's name.
std::string file_word(std::string_view name) {
  return hex_escaped(name, '_', [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

std::string free_path(const std::string& directory, const settings::Smarthost& smarthost, const Proposal& proposal) {
  // A file that another smarthost names, written or not, is for the password of that one alone.
  const auto is_taken = [&proposal](const std::string& path) {
    return std::ranges::any_of(proposal.smarthosts,
                               [&path](const settings::Smarthost& other) { return other.password_file == path; });
  };
  const std::string first = directory + "/password";
  if (!is_taken(first)) return first;
  const std::string named = first + "-" + file_word(smarthost.name.empty() ? smarthost.host : smarthost.name);
  std::string path = named;
  for (int i = 2; is_taken(path); ++i) path = named + "-" + std::to_string(i);
  return path;
}

}  // namespace

std::vector<CredentialFile> take_passwords(Proposal& proposal, const std::string& directory) {
  std::vector<CredentialFile> files;
  std::vector<std::string> users;  // of the files, in their order
  for (settings::Smarthost& smarthost : proposal.smarthosts) {
    if (smarthost.password.empty()) continue;
    std::size_t which = 0;
    while (which < files.size() && (users[which] != smarthost.user || files[which].secret != smarthost.password)) {
      ++which;
    }
    if (which == files.size()) {
      files.push_back(CredentialFile{free_path(directory, smarthost, proposal), smarthost.password});
      users.push_back(smarthost.user);
    }
    smarthost.password_file = files[which].path;
    smarthost.password = Secret();
  }
  return files;
}

std::string password_path(const settings::Smarthost& smarthost, const std::vector<settings::Smarthost>& there,
                          const std::string& directory) {
  const auto place = replaced_index(smarthost, there);
  const auto used_otherwise = [&](const std::string& path) {
    for (std::size_t i = 0; i < there.size(); ++i) {
      const settings::Smarthost& other = there[i];
      for (const std::string* file :
           {&other.token_file, &other.client_certificate, &other.client_key, &other.tls_ca_file,
            &other.oauth2.client_secret_file, &other.oauth2.refresh_token_file, &other.oauth2.ca_file}) {
        if (*file == path) return true;
      }
      if (i != place && other.password_file == path) return true;
    }
    return false;
  };
  if (place && !there[*place].password_file.empty() && !used_otherwise(there[*place].password_file)) {
    return there[*place].password_file;
  }
  const std::string first = directory + "/password";
  std::string path = first;
  for (int i = 1; used_otherwise(path); ++i) {
    path = first + "-" + file_word(smarthost.host) + (i > 1 ? "-" + std::to_string(i) : std::string());
  }
  return path;
}

std::string how_to_make(const std::string& path) {
  return "install -m 640 -g postern /dev/null " + path + "\ncat >" + path + "    # the password, Enter, Ctrl-D";
}

Result<FileAccess> credential_access(const std::string& path, const std::string& group) {
  FileAccess access;
  if (geteuid() != 0) return access;
  const struct group* found = getgrnam(group.c_str());
  if (found != nullptr) {
    access.mode = 0640;
    access.group = found->gr_gid;
    return access;
  }
  // In a container there may be no other user than root.
  if (!settings::is_systems(path)) return access;
  return Error{Failure::not_found, "there is no group " + group + " that may read " + path +
                                       ": install Postern's package, or run: systemd-sysusers postern.conf"};
}

Result<void> write_credential(const CredentialFile& file, const std::string& group) {
  if (file.secret.empty() || file.secret.reveal().find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
    return Error{Failure::invalid, "the secret for " + file.path + " is not one line"};
  }
  const auto access = credential_access(file.path, group);
  if (!access) return access.error();
  std::string line;
  line.reserve(file.secret.reveal().size() + 1);
  line += file.secret.reveal();
  line += '\n';
  auto done = replace_file(file.path, line, *access);
  wipe(line);
  return done;
}

}  // namespace postern::setup
