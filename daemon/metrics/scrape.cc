#include "metrics/scrape.h"

#include "net/http_head.h"

#include <algorithm>
#include <utility>

namespace postern::metrics {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kRequestLimit = 8U << 10U;

std::string refusal(std::string_view status, std::string_view more = {}) {
  return net::http_refusal(status, guards() + std::string(more));
}

/// One that says what to do.
std::string refusal_in_words(std::string_view status, std::string_view words) {
  return net::http_answer(status, "text/plain; charset=utf-8", guards(), words);
}

/// Empty: it is for us. A request without the field is of HTTP/1.0, which no browser speaks (RFC 9112 3.2).
std::string misdirected(const net::HttpHead& head, HostCheck& hosts, SteadyTime now) {
  const auto& request = head.get();
  if (request.count(http::field::host) == 0 && request.version() < 11) return {};
  const auto host = net::http_host(head);
  if (!host) return refusal("400 Bad Request");
  if (hosts.is_ours(*host, now)) return {};
  return refusal_in_words(
      "421 Misdirected Request",
      "This host is not known to be this machine. Ask by localhost, by an address or a name of this machine, or "
      "name the host in metrics_hosts in the settings file.\n");
}

std::string not_made() {
  return refusal_in_words("503 Service Unavailable",
                          "This could not be gathered, or not in time. Ask again in a moment; if that does not help, "
                          "see the log of posternd.\n");
}

std::string shown(const std::shared_ptr<const Views>& views, View view) {
  if (!views) return not_made();
  const std::string* const body = views->of(view);
  if (body == nullptr) {
    return refusal_in_words("403 Forbidden",
                            "The history says whose mail it was: it is shown where the settings have metrics.page: "
                            "all, and by postern history.\n");
  }
  return net::http_answer("200 OK", content_type(view), guards(view), *body);
}

Task<std::string> answer_to(const net::HttpHead& head, const Source& source, HostCheck& hosts, SteadyTime now) {
  const auto& request = head.get();
  if (std::string words = misdirected(head, hosts, now); !words.empty()) co_return words;
  const std::string_view target = net::http_target(head);
  const std::string_view path = target.substr(0, target.find('?'));
  const std::optional<View> view = view_at(path);
  if (!view && path != "/metrics") co_return refusal("404 Not Found");
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    co_return refusal("405 Method Not Allowed", "Allow: GET, HEAD\r\n");
  }
  // Whoever asks for a part would take the whole for it.
  if (view && *view != View::page && target.size() > path.size() + 1) {
    co_return refusal_in_words("400 Bad Request",
                               "Nothing can be chosen here, and there are no parameters: leave out what stands behind "
                               "the ?. postern history --json and postern queue list --json find what is asked for.\n");
  }
  if (view) {
    const std::shared_ptr<const Views> views = co_await source.views();
    co_return shown(views, *view);
  }
  const auto accept = request[http::field::accept];
  const Format format = format_for(std::string_view(accept.data(), accept.size()));
  const std::shared_ptr<const std::string> text = co_await source.metrics(format);
  if (!text) co_return not_made();
  co_return net::http_answer("200 OK", content_type(format), guards(), *text);
}

/// What is answered to HEAD: the same without its body (RFC 9110 9.3.2).
void leave_head(std::string& answer) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  answer.erase(std::min(answer.find(kEnd), answer.size() - kEnd.size()) + kEnd.size());
}

}  // namespace

Format format_for(std::string_view accept) {
  const bool open = accept.find("application/openmetrics-text") != std::string_view::npos;
  const bool other =
      accept.find("text/plain") != std::string_view::npos || accept.find("text/html") != std::string_view::npos;
  return other && !open ? Format::prometheus : Format::openmetrics;
}

Task<void> serve_scrape(std::shared_ptr<net::Stream> stream, Source source, HostCheck& hosts, Clock& clock,
                        std::shared_ptr<ScrapeTimes> times) {
  net::HttpHead head;
  const std::string fields = guards();
  stream->expires_after(kRequestPatience);
  const auto read = co_await net::read_http_head(*stream, head, kRequestLimit, fields);
  std::string text;
  if (read) {
    times->asked = clock.steady();
    stream->expires_after(kScrapePatience);
    text = co_await answer_to(head, source, hosts, *times->asked);
    if (head.get().method() == http::verb::head) leave_head(text);
  } else if (read.error().failure == Failure::limit || read.error().failure == Failure::protocol) {
    text = read.error().text;
  } else {
    co_return;
  }
  times->answered = clock.steady();
  stream->expires_after(kScrapePatience);
  static_cast<void>(co_await stream->write(text));
}

}  // namespace postern::metrics
