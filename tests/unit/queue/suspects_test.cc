// The table of what was under way at a crash.
#include "queue/suspects.h"

#include "queue/storms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace postern::queue {
namespace {

QueueId id_of(unsigned number) {
  return QueueId::make(std::chrono::sys_time<std::chrono::microseconds>(std::chrono::hours(24 * 365 * 50)), number);
}

/// The memory, and what happens to it between two processes.
struct Memory {
  std::vector<char> bytes = std::vector<char>(Suspects::kMemory);
  Memory& crash() {
    bytes.at(Suspects::kCrashedAt) = 1;
    return *this;
  }
  Suspects next() { return Suspects(bytes); }
};

/// A table in which messages 0, 1, 2, 3 crashed as often as their number says.
Memory example() {
  Memory memory;
  for (unsigned crashes = 0; crashes < 3; ++crashes) {
    Suspects table = memory.next();
    for (unsigned number = crashes + 1; number <= 3; ++number) table.begin(id_of(number));
    memory.crash();
  }
  return memory;
}

TEST(Suspects, P35_EachCrashWithTheMessageUnderWayCountsAndTheThirdMakesItGuilty) {
  Memory memory;
  for (unsigned crashes = 0; crashes < 10; ++crashes) {
    Suspects table = memory.next();
    EXPECT_EQ(table.count(id_of(1)), std::min(crashes, Suspects::kGuilty));
    EXPECT_EQ(table.guilty(id_of(1)), crashes >= Suspects::kGuilty);
    table.begin(id_of(1));
    EXPECT_EQ(table.count(id_of(1)), std::min(crashes, Suspects::kGuilty)) << "the count is of crashes, not attempts";
    memory.crash();
  }
}

TEST(Suspects, EndsThatAreNoCrashDoNotCount) {
  Memory memory = example();
  for (int end = 0; end < 5; ++end) {
    Suspects table = memory.next();
    for (unsigned number = 0; number <= 3; ++number) {
      EXPECT_EQ(table.count(id_of(number)), number);
      table.begin(id_of(number));
    }
  }
}

TEST(Suspects, ASuspectThatWasNotUnderWayIsNotToBlame) {
  Memory memory = example();
  for (int crash = 0; crash < 5; ++crash) {
    Suspects table = memory.next();
    for (unsigned number = 0; number <= 3; ++number) EXPECT_EQ(table.count(id_of(number)), number);
    table.begin(id_of(1));
    table.returned(id_of(1));
    memory.crash();
  }
}

TEST(Suspects, AResultClearsAndAnAttemptThatCameToNothingDoesNot) {
  for (unsigned number = 0; number <= 3; ++number) {
    Memory memory = example();
    Suspects table = memory.next();
    table.begin(id_of(number));
    table.returned(id_of(number));
    EXPECT_EQ(table.count(id_of(number)), number);
    table.begin(id_of(number));
    table.ended(id_of(number));
    EXPECT_EQ(table.count(id_of(number)), 0U);
    memory.crash();
    EXPECT_EQ(memory.next().count(id_of(number)), 0U);
  }
}

TEST(Suspects, EveryMessageUnderWayAtTheCrashIsASuspectUpToTheRoomThereIs) {
  for (const std::size_t size : {std::size_t{16 + 18}, std::size_t{16 + 3 * 18 + 17}, Suspects::kMemory}) {
    const unsigned room = static_cast<unsigned>((size - 16) / 18);
    Memory memory;
    memory.bytes.resize(size);
    Suspects before = memory.next();
    for (unsigned number = 0; number < room + 5; ++number) before.begin(id_of(number));
    Suspects after = memory.crash().next();
    for (unsigned number = 0; number < room + 5; ++number) {
      EXPECT_EQ(after.count(id_of(number)), number < room ? 1U : 0U);
    }
  }
}

TEST(Suspects, ASuspectThatOnlyWaitsGivesWayWhereThereIsNoRoom) {
  Memory memory;
  memory.bytes.resize(16 + 18);
  memory.next().begin(id_of(1));
  Suspects table = memory.crash().next();
  EXPECT_EQ(table.count(id_of(1)), 1U);
  table.begin(id_of(2));
  EXPECT_EQ(table.count(id_of(1)), 0U);
  table = memory.crash().next();
  EXPECT_EQ(table.count(id_of(2)), 1U);
}

TEST(Suspects, WhatNeedNotBeLookedAtHasAFreePlaceOrNone) {
  for (const unsigned room : {1U, 3U, 4U, 7U, 8U, 40U}) {
    const unsigned beside = room - room / 4;
    Memory memory;
    memory.bytes.resize(16 + room * 18);
    Suspects table = memory.next();
    for (unsigned number = 0; number < beside; ++number) {
      EXPECT_TRUE(table.begin_beside(id_of(number))) << number << " of " << room;
      EXPECT_TRUE(table.begin_beside(id_of(number))) << "it has a place";
    }
    EXPECT_FALSE(table.begin_beside(id_of(beside))) << room;
    // What must be done has the rest, and what ends makes room.
    for (unsigned number = beside; number < room; ++number) table.begin(id_of(number));
    table.returned(id_of(0));
    EXPECT_TRUE(table.begin_beside(id_of(1000)));
    EXPECT_FALSE(table.begin_beside(id_of(1001)));
    const Suspects after = memory.crash().next();
    for (unsigned number = 1; number < room; ++number) EXPECT_EQ(after.count(id_of(number)), 1U) << number;
    EXPECT_EQ(after.count(id_of(1000)), 1U);
    EXPECT_EQ(after.count(id_of(1001)), 0U);
  }
}

TEST(Suspects, ASuspectThatWaitsKeepsItsPlaceFromWhatNeedNotBeLookedAt) {
  Memory memory;
  memory.bytes.resize(16 + 4 * 18);
  Suspects before = memory.next();
  for (unsigned number = 0; number < 4; ++number) before.begin(id_of(number));
  Suspects table = memory.crash().next();
  EXPECT_FALSE(table.begin_beside(id_of(9)));
  EXPECT_TRUE(table.begin_beside(id_of(3))) << "its own";
  for (unsigned number = 0; number < 4; ++number) EXPECT_EQ(table.count(id_of(number)), 1U);
}

TEST(Suspects, WhereNothingIsRememberedAllMayBeLookedAt) {
  Suspects table{std::span<char>()};
  for (unsigned number = 0; number < 1000; ++number) EXPECT_TRUE(table.begin_beside(id_of(number)));
}

TEST(Suspects, ADigestHasAPlaceForEachAndSoHaveDeliveriesBesideIt) {
  Memory memory;
  Suspects table = memory.next();
  for (unsigned number = 0; number < kMostInDigest; ++number) ASSERT_TRUE(table.begin_beside(id_of(number)));
  for (unsigned number = 0; number < 100; ++number) table.begin(id_of(1000 + number));
  const Suspects after = memory.crash().next();
  for (unsigned number = 0; number < kMostInDigest; ++number) EXPECT_EQ(after.count(id_of(number)), 1U);
  for (unsigned number = 0; number < 100; ++number) EXPECT_EQ(after.count(id_of(1000 + number)), 1U);
}

TEST(Suspects, IsWhatItWouldBeWhateverComesAndGoes) {
  // Against a model, since free places are looked for from the front and none behind the last that is used.
  std::mt19937 random(7);
  Memory memory;
  memory.bytes.resize(16 + 12 * 18);
  Suspects table = memory.next();
  std::map<unsigned, std::pair<unsigned, bool>> model;  // crashes, and whether it is under way
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<unsigned>(random() % 12);
    const QueueId id = id_of(number);
    switch (random() % 9) {
      case 0:
        for (auto& [one, known] : model) {
          if (known.second) known.first = std::min(known.first + 1, Suspects::kGuilty);
          known.second = false;
        }
        table = memory.crash().next();
        break;
      case 1:
        table.ended(id);
        model.erase(number);
        break;
      case 2:
      case 3:
      case 4:
        table.returned(id);
        if (model.contains(number)) model[number].second = false;
        break;
      default: table.begin(id); model[number].second = true;
    }
    std::erase_if(model, [](const auto& one) { return one.second.first == 0 && !one.second.second; });
    for (unsigned one = 0; one < 12; ++one) {
      ASSERT_EQ(table.count(id_of(one)), model.contains(one) ? model[one].first : 0U) << one << " in step " << step;
    }
  }
}

TEST(Suspects, WithoutRoomNobodyIsASuspect) {
  for (std::size_t size = 0; size < 16 + 18; ++size) {
    std::vector<char> bytes(size, 1);
    Suspects table{std::span<char>(bytes)};
    table.begin(id_of(1));
    table.returned(id_of(1));
    table.begin(id_of(1));
    EXPECT_EQ(table.count(id_of(1)), 0U);
    table.ended(id_of(1));
    EXPECT_EQ(std::ranges::count(bytes, 1), static_cast<std::ptrdiff_t>(size)) << "nothing was written";
  }
}

TEST(Suspects, EveryTruncationLeavesTheTableOrPartOfIt) {
  const Memory whole = example();
  for (std::size_t size = 0; size <= 200; ++size) {
    Memory memory;
    std::copy_n(whole.bytes.begin(), size, memory.bytes.begin());
    const Suspects table = memory.next();
    for (unsigned number = 0; number <= 3; ++number) {
      EXPECT_LE(table.count(id_of(number)), number) << size;
    }
  }
}

TEST(Suspects, EveryByteWithEveryValueBlamesNobodyElse) {
  Memory whole = example();
  whole.bytes.resize(16 + 5 * 18);
  const QueueId other = id_of(123456789);  // no single byte makes another one it
  for (std::size_t place = 0; place < whole.bytes.size(); ++place) {
    for (int value = 0; value < 256; ++value) {
      Memory memory = whole;
      memory.bytes[place] = static_cast<char>(value);
      Suspects table = memory.next();
      EXPECT_EQ(table.count(other), 0U);
      EXPECT_EQ(memory.bytes[Suspects::kCrashedAt], 0);
      for (unsigned number = 0; number <= 3; ++number) EXPECT_LE(table.count(id_of(number)), 3U);
      table.begin(other);
      EXPECT_EQ(memory.crash().next().count(other), 1U) << place << " " << value;
    }
  }
}

TEST(Suspects, GarbageAndOtherVersionsAreAnEmptyTable) {
  for (int value = 1; value < 256; ++value) {
    Memory memory;
    std::ranges::fill(memory.bytes, static_cast<char>(value));
    EXPECT_EQ(memory.next().count(id_of(1)), 0U);
    EXPECT_EQ(std::ranges::count(memory.bytes, '\0'), static_cast<std::ptrdiff_t>(memory.bytes.size() - 8));
  }
  Memory newer = example();
  ++newer.bytes[7];
  const Suspects table = newer.crash().next();
  for (unsigned number = 0; number <= 3; ++number) EXPECT_EQ(table.count(id_of(number)), 0U);
}

}  // namespace
}  // namespace postern::queue
