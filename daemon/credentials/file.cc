#include "credentials/file.h"

#include "base/durable_file.h"
#include "base/text.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

namespace postern::credentials {
namespace {

std::string credentials_directory() {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory == nullptr ? std::string() : std::string(directory);
}

bool is_inside(const std::string& path, const std::string& directory) {
  if (directory.empty()) return false;
  const auto relative = std::filesystem::path(path).lexically_normal().lexically_relative(directory);
  return !relative.empty() && *relative.begin() != "..";
}

Result<std::string> read_bytes(const SecretFile& file, const std::string& trusted) {
  const std::string where = "the " + file.what + " " + file.path;
  // Of the very file that was read: another one may have its name by now. Two bytes more for the line end.
  struct stat status{};
  auto bytes = read_file(file.path, kLongestSecret + 2, &status);
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0 && !is_inside(file.path, trusted)) {
    if (bytes) wipe(*bytes);
    return Error{Failure::denied, where + " is open to every user; run: chmod o-rwx " + file.path};
  }
  if (bytes) return bytes;
  const Error& error = bytes.error();
  if (error.failure == Failure::limit) return Error{error.failure, where + " is larger than 64 KiB"};
  if (error.failure == Failure::invalid) return Error{error.failure, where + " is not a file"};
  return system_error(error.code, "cannot read " + where);
}

class FileOrigin final : public SecretOrigin {
 public:
  FileOrigin(Blocking blocking, SecretFile file) : blocking_(std::move(blocking)), file_(std::move(file)) {}
  Task<Result<Secret>> get(Source::Want) override { return read_secret(blocking_, file_); }

 private:
  Blocking blocking_;
  SecretFile file_;
};

class CredentialOrigin final : public SecretOrigin {
 public:
  CredentialOrigin(Blocking blocking, std::string name) : blocking_(std::move(blocking)), name_(std::move(name)) {}

  Task<Result<Secret>> get(Source::Want) override {
    const std::string directory = credentials_directory();
    if (directory.empty()) {
      co_return Error{Failure::not_found, "the credential " + printable(name_) +
                                              " was not handed over: CREDENTIALS_DIRECTORY is not set; add "
                                              "LoadCredential=" +
                                              printable(name_) + ":FILE to the service"};
    }
    if (name_.empty() || name_ == "." || name_ == ".." || name_.find('/') != std::string::npos) {
      co_return Error{Failure::invalid, "the credential's name " + printable(name_) + " must be a plain file name"};
    }
    SecretFile file;
    file.what = "credential";
    file.path = directory + "/" + name_;
    co_return co_await read_secret(blocking_, std::move(file));
  }

 private:
  Blocking blocking_;
  std::string name_;
};

}  // namespace

Result<Secret> one_line(std::string bytes, const std::string& where) {
  if (bytes.ends_with('\n')) {
    bytes.pop_back();
    if (bytes.ends_with('\r')) bytes.pop_back();
  }
  const char* reason = nullptr;
  if (bytes.empty()) reason = " is empty";
  if (bytes.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
    reason = " must hold one line, the secret and nothing else";
  }
  if (bytes.size() > kLongestSecret) reason = " is larger than 64 KiB";
  Secret secret(std::move(bytes));
  if (reason != nullptr) return Error{Failure::invalid, where + reason};
  return secret;
}

Task<Result<Secret>> read_secret(Blocking blocking, SecretFile file) {
  const std::string where = "the " + file.what + " " + file.path;
  std::function<Result<std::string>()> read = [file = std::move(file), trusted = credentials_directory()] {
    return read_bytes(file, trusted);
  };
  auto bytes = co_await blocking(std::move(read));
  if (!bytes) co_return bytes.error();
  co_return one_line(std::move(*bytes), where);
}

Task<Result<void>> store_secret(Blocking blocking, std::string path, Secret secret) {
  std::function<Result<std::string>()> write = [path = std::move(path), secret = std::move(secret)] {
    std::string line;
    line.reserve(secret.reveal().size() + 1);
    line += secret.reveal();
    line += '\n';
    const auto done = replace_file(path, line);
    wipe(line);
    return done ? Result<std::string>(std::string()) : Result<std::string>(done.error());
  };
  const auto done = co_await blocking(std::move(write));
  co_return done ? Result<void>() : Result<void>(done.error());
}

std::shared_ptr<SecretOrigin> make_file_origin(Blocking blocking, SecretFile file) {
  return std::make_shared<FileOrigin>(std::move(blocking), std::move(file));
}

std::shared_ptr<SecretOrigin> make_credential_origin(Blocking blocking, std::string name) {
  return std::make_shared<CredentialOrigin>(std::move(blocking), std::move(name));
}

}  // namespace postern::credentials
