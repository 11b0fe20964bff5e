#include "queue/gap_file.h"

namespace postern::queue {
namespace {

constexpr std::size_t kLongestGapFile = std::size_t{1} << 20U;

KeptText::About gap_file(const std::string& spool) {
  return {spool + "/gaps", kLongestGapFile, "what was noted of times when this program did not run cannot be read",
          "the time when this program runs cannot be noted; mail may seem older after a pause"};
}

}  // namespace

GapFile::GapFile(spool::DiskPool& pool, const std::string& spool) : text_(pool, gap_file(spool)) {}

GapKeeper::Kept GapFile::read() {
  Kept kept;
  auto text = text_.read();
  if (!text) return kept;
  kept.gaps = std::move(*text);
  kept.alive = text_.changed_at();
  return kept;
}

void GapFile::keep(std::string gaps, WallTime alive) { text_.keep(std::move(gaps), alive); }

}  // namespace postern::queue
