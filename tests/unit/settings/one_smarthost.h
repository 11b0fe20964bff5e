// A file of settings with one smarthost, whose keys a test gives.
#pragma once

#include "settings/load.h"

#include <string>

namespace postern::settings {

inline const std::string kStart = "hostname: web1.example.net\nsmarthosts:\n  - host: h.example\n";

inline Loaded with(const std::string& keys) { return parse(kStart + keys, "f.yaml"); }

inline std::string problems(const std::string& keys) {
  std::string all;
  for (const Problem& problem : with(keys).problems) all += problem.str() + "\n";
  return all;
}

}  // namespace postern::settings
