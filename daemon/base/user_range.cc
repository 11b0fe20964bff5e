#include "base/user_range.h"

#include "base/text.h"

#include <fstream>
#include <iterator>
#include <string>

namespace postern {
namespace {

constexpr std::uint32_t kUsual = 65534;

std::uint32_t read_overflow_uid() {
  std::ifstream file("/proc/sys/kernel/overflowuid");
  std::uint32_t uid = kUsual;
  return file >> uid ? uid : kUsual;
}

}  // namespace

std::uint32_t overflow_uid() {
  static const std::uint32_t uid = read_overflow_uid();
  return uid;
}

bool maps_every_user(std::string_view uid_map) {
  const auto words = split_words(uid_map.substr(0, uid_map.find('\n')));
  return words.size() == 3 && words[2] == "4294967295";
}

bool knows_every_user() {
  std::ifstream file("/proc/self/uid_map");
  if (!file) return true;  // nothing says otherwise
  return maps_every_user(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace postern
