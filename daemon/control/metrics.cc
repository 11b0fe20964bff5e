// `metrics`: the page a scraper would get.
#include "base/json_text.h"
#include "control/commands.h"
#include "control/exits.h"
#include "control/members.h"
#include "control/requests.h"

namespace postern::control {

Task<Result<int>> run_metrics(Call& call) {
  const Result<std::string> format = text_of(call.request, members::kFormat, "openmetrics");
  if (!format) co_return format.error();
  const Result<std::string> page = co_await call.context.metrics(*format);
  if (!page) co_return page.error();
  boost::json::object line;
  line["kind"] = "metrics";
  line["text"] = json_text(*page);
  const Result<void> sent = co_await call.answer.line(line);
  if (!sent) co_return sent.error();
  co_return exits::kWell;
}

}  // namespace postern::control
