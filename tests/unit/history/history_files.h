// The files of a history as tests look at them.
#pragma once

#include "base/clock.h"
#include "base/text.h"
#include "history/search.h"
#include "history/segments.h"
#include "unit/history/a_record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace postern::history {

/// That of a_record(0).
inline constexpr WallTime kNow{Milliseconds(1'790'000'000'000)};

inline Record a_record_at(int number, WallTime at) {
  Record record = a_record(number);
  record[Field::at] = to_rfc3339(at);
  return record;
}

inline std::vector<Record> found(const std::string& directory, const Query& query = {}, std::size_t most = 100) {
  Search search(directory, query);
  std::vector<Record> all;
  for (;;) {
    const auto page = search.next(most);
    EXPECT_TRUE(page) << (page ? "" : page.error().text);
    if (!page) return all;
    EXPECT_LE(page->records.size(), most);
    all.insert(all.end(), page->records.begin(), page->records.end());
    if (page->ended) return all;
  }
}

/// What is left out of what is asked for, as far as marks tell it.
inline std::uint64_t left_out(Search& search) {
  std::uint64_t sum = 0;
  for (;;) {
    const auto page = search.next(100);
    EXPECT_TRUE(page);
    if (!page) return sum;
    for (const Record& mark : page->left_out) sum += parse_number(mark[Field::count]).value_or(0);
    if (page->ended) return sum;
  }
}
inline std::uint64_t left_out(const std::string& directory, const Query& query = {}) {
  Search search(directory, query);
  return left_out(search);
}

inline std::uint64_t bytes_in(const std::string& directory) {
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) sum += entry.file_size();
  return sum;
}

inline std::string newest_in(const std::string& directory) {
  const auto names = segment_names(directory);
  return directory + "/" + names->back();
}

}  // namespace postern::history
