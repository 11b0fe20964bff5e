#include "metrics/page.h"

#include <gtest/gtest.h>

#include <array>
#include <sstream>

namespace postern::metrics {
namespace {

constexpr Family kAccepted{"postern_accepted_messages", Kind::counter, "", "Messages taken."};
constexpr Family kAge{"postern_age_seconds", Kind::gauge, "seconds", "An age."};
constexpr Family kDelay{"postern_delay_seconds", Kind::histogram, "seconds", "A delay."};
constexpr std::array kBounds{0.5, 1.0, 60.0};

TEST(Page, NamesACounterAsEachFormatWantsIt) {
  Page open(Format::openmetrics);
  open.family(kAccepted);
  open.sample({}, std::uint64_t{3});
  EXPECT_EQ(open.take(),
            "# HELP postern_accepted_messages Messages taken.\n# TYPE postern_accepted_messages counter\n"
            "postern_accepted_messages_total 3\n# EOF\n");
  Page classic(Format::prometheus);
  classic.family(kAccepted);
  classic.sample({}, std::uint64_t{3});
  EXPECT_EQ(classic.take(),
            "# HELP postern_accepted_messages_total Messages taken.\n# TYPE postern_accepted_messages_total counter\n"
            "postern_accepted_messages_total 3\n");
}

TEST(Page, TellsTheUnitInOpenMetricsOnly) {
  for (const Format format : {Format::openmetrics, Format::prometheus}) {
    Page page(format);
    page.family(kAge);
    page.sample({}, 1.5);
    const bool told = page.take().find("# UNIT postern_age_seconds seconds\n") != std::string::npos;
    EXPECT_EQ(told, format == Format::openmetrics);
  }
}

TEST(Page, LeavesAFamilyWithoutSamplesOut) {
  Page page(Format::openmetrics);
  page.family(kAge);
  page.family(kAccepted);
  EXPECT_EQ(page.take(), "# EOF\n");
}

TEST(Page, EscapesALabelSoThatALineStaysALine) {
  Page page(Format::prometheus);
  page.family(kAge);
  page.sample({{"site", "a\"b\\c\nd"}, {"x", "y"}}, std::uint64_t{1});
  EXPECT_NE(page.take().find("postern_age_seconds{site=\"a\\\"b\\\\c\\nd\",x=\"y\"} 1\n"), std::string::npos);
}

TEST(Page, CountsAHistogramUpwards) {
  Histogram histogram(kBounds);
  for (const double value : {0.1, 0.5, 0.6, 1.0, 59.0, 61.0, 1e6}) histogram.observe(value);
  Page page(Format::openmetrics);
  page.family(kDelay);
  page.histogram({{"site", "main"}}, histogram);
  EXPECT_EQ(page.take(),
            "# HELP postern_delay_seconds A delay.\n# TYPE postern_delay_seconds histogram\n"
            "# UNIT postern_delay_seconds seconds\n"
            "postern_delay_seconds_bucket{site=\"main\",le=\"0.5\"} 2\n"
            "postern_delay_seconds_bucket{site=\"main\",le=\"1.0\"} 4\n"
            "postern_delay_seconds_bucket{site=\"main\",le=\"60.0\"} 5\n"
            "postern_delay_seconds_bucket{site=\"main\",le=\"+Inf\"} 7\n"
            "postern_delay_seconds_sum{site=\"main\"} 1000122.2\n"
            "postern_delay_seconds_count{site=\"main\"} 7\n# EOF\n");
}

TEST(Page, KnowsItsFormatsByName) {
  EXPECT_EQ(format_named("openmetrics"), Format::openmetrics);
  EXPECT_EQ(format_named("prometheus"), Format::prometheus);
  EXPECT_FALSE(format_named("json"));
  EXPECT_FALSE(format_named(""));
}

}  // namespace
}  // namespace postern::metrics
