// Private to the page for browsers: its sections.
#pragma once

#include "metrics/html.h"
#include "metrics/status_page.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace postern::metrics {

/// So many findings are shown, and so many more can be unfolded.
inline constexpr std::size_t kShownFindings = 5;
inline constexpr std::size_t kFoldedFindings = 45;

struct Column {
  Literal name;
  Literal kind;  ///< class
};
/// The head of a table.
void add_head(Html& html, std::initializer_list<Column> columns);

/// A count of a document; what is not there is 0.
[[nodiscard]] std::uint64_t count_in(const boost::json::object& from, std::string_view key);

void add_smarthosts(Html& html, const PageContents& contents);
void add_waiting(Html& html, const PageContents& contents);
void add_failures(Html& html, const PageContents& contents);

}  // namespace postern::metrics
