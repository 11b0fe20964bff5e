// A page of metrics as text, in one of the two forms that Prometheus reads. Pure.
//
// OpenMetrics 1.0 is what a scraper asks for today; the older text format 0.0.4 is what `promtool check metrics` and
// the textfile collector of node_exporter read. They differ in the names of counters, in the units and in the end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::metrics {

enum class Format { openmetrics, prometheus };

/// By name; nothing for any other.
[[nodiscard]] std::optional<Format> format_named(std::string_view name);
[[nodiscard]] std::string_view content_type(Format format);

enum class Kind { counter, gauge, histogram };

struct Family {
  std::string_view name;  ///< without "_total"; ends in the unit, if there is one
  Kind kind = Kind::gauge;
  std::string_view unit;  ///< "seconds", "bytes" or empty
  std::string_view help;
};

/// How often a value lay at or below each bound.
class Histogram {
 public:
  /// `bounds` ascend and outlive it.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}
  void observe(double value);

  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return counts_[bucket]; }  ///< of this bucket alone
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;  ///< the last one: above every bound
  double sum_ = 0;
};

class Page {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  explicit Page(Format format) : format_(format) {}

  /// What follows belongs to it. A family without samples does not appear.
  void family(const Family& family);
  void sample(Labels labels, double value);
  void sample(Labels labels, std::uint64_t value);
  void histogram(Labels labels, const Histogram& histogram);
  [[nodiscard]] std::string take();

 private:
  void line(std::string_view suffix, Labels labels, std::string_view bound, const std::string& value);
  void heading();

  Format format_;
  Family family_;
  bool announced_ = false;
  std::string text_;
};

}  // namespace postern::metrics
