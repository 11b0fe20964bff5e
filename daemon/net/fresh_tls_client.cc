#include "net/fresh_tls_client.h"

#include <sys/stat.h>

#include <cerrno>

namespace postern::net {
namespace {

/// Differs whenever the file is another one, or was written to, or its mode changed.
std::string state_of(const std::string& path) {
  struct stat status{};
  if (path.empty()) return "none;";
  if (::stat(path.c_str(), &status) != 0) return "error " + std::to_string(errno) + ';';
  std::string text;
  const auto add = [&text](auto number) { text += std::to_string(number) + ','; };
  add(status.st_dev);
  add(status.st_ino);
  add(status.st_size);
  add(status.st_mtim.tv_sec);
  add(status.st_mtim.tv_nsec);
  add(status.st_ctim.tv_sec);
  add(status.st_ctim.tv_nsec);
  return text + ';';
}

}  // namespace

Result<std::shared_ptr<TlsClient>> FreshTlsClient::get() {
  // Looked at before the reading: what changes meanwhile is read again the next time.
  std::string now = state_of(options_.certificate_file) + state_of(options_.key_file);
  if (!made_ || now != seen_) {
    made_.reset();
    auto made = TlsClient::make(options_);
    if (!made) return made.error();
    made_ = std::move(*made);
    seen_ = std::move(now);
  }
  if (auto valid = made_->check_dates(); !valid) return valid.error();
  return made_;
}

}  // namespace postern::net
