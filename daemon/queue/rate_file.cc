#include "queue/rate_file.h"

namespace postern::queue {
namespace {

constexpr std::size_t kLongestRateFile = std::size_t{16} << 20U;

KeptText::About rate_file(const std::string& spool) {
  return {spool + "/rates", kLongestRateFile, "what was noted of the rates of smarthosts cannot be read",
          "what smarthosts were given cannot be noted; after a restart they may get more than `rate`"};
}

}  // namespace

RateFile::RateFile(spool::DiskPool& pool, const std::string& spool) : text_(pool, rate_file(spool)) {}

std::string RateFile::read() { return text_.read().value_or(std::string()); }

void RateFile::keep(std::string text) { text_.keep(std::move(text)); }

}  // namespace postern::queue
