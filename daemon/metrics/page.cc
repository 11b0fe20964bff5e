#include "metrics/page.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern::metrics {
namespace {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
  }
  return "unknown";
}

/// OpenMetrics: the label's value may hold anything but these three unescaped.
void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\': text += "\\\\"; break;
      case '"': text += "\\\""; break;
      case '\n': text += "\\n"; break;
      default: text += c;
    }
  }
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  if (name == "openmetrics") return Format::openmetrics;
  if (name == "prometheus") return Format::prometheus;
  return {};
}

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

void Histogram::observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  sum_ += value;
}

void Page::family(const Family& family) {
  family_ = family;
  announced_ = false;
}

void Page::heading() {
  if (std::exchange(announced_, true)) return;
  const bool open = format_ == Format::openmetrics;
  const std::string name = std::string(family_.name) + (!open && family_.kind == Kind::counter ? "_total" : "");
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family_.help, name, kind_name(family_.kind));
  if (open && !family_.unit.empty()) text_ += fmt::format("# UNIT {} {}\n", name, family_.unit);
}

void Page::line(std::string_view suffix, Labels labels, std::string_view bound, const std::string& value) {
  text_ += family_.name;
  text_ += suffix;
  char before = '{';
  const auto add = [&](std::string_view name, std::string_view text) {
    text_ += std::exchange(before, ',');
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, text);
    text_ += '"';
  };
  for (const auto& [name, text] : labels) add(name, text);
  if (!bound.empty()) add("le", bound);
  if (before == ',') text_ += '}';
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void Page::sample(Labels labels, double value) {
  heading();
  line(family_.kind == Kind::counter ? "_total" : "", labels, {}, fmt::format("{}", value));
}

void Page::sample(Labels labels, std::uint64_t value) {
  heading();
  line(family_.kind == Kind::counter ? "_total" : "", labels, {}, std::to_string(value));
}

void Page::histogram(Labels labels, const Histogram& histogram) {
  heading();
  std::uint64_t below = 0;
  const auto bounds = histogram.bounds();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    below += histogram.count(i);
    // OpenMetrics wants a float here: "1.0", not "1".
    std::string bound = fmt::format("{}", bounds[i]);
    if (bound.find_first_of(".e") == std::string::npos) bound += ".0";
    line("_bucket", labels, bound, std::to_string(below));
  }
  below += histogram.count(bounds.size());
  line("_bucket", labels, "+Inf", std::to_string(below));
  line("_sum", labels, {}, fmt::format("{}", histogram.sum()));
  line("_count", labels, {}, std::to_string(below));
}

std::string Page::take() {
  if (format_ == Format::openmetrics) text_ += "# EOF\n";
  return std::exchange(text_, {});
}

}  // namespace postern::metrics
