#include "metrics/views.h"

#include "metrics/page_style.h"

#include <algorithm>
#include <array>

namespace postern::metrics {
namespace {

struct Place {
  std::string_view path;
  View view;
};
constexpr std::array kPlaces{Place{"/", View::page}, Place{"/api/status", View::status},
                             Place{"/api/history", View::history}};

/// `own`: what its policy permits.
std::string guarded(const std::string& own) {
  return "Content-Security-Policy: default-src 'none'; " + own +
         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
         "X-Content-Type-Options: nosniff\r\n"
         "Referrer-Policy: no-referrer\r\n"
         "Cross-Origin-Resource-Policy: same-origin\r\n"
         "Cache-Control: no-store\r\n";
}

}  // namespace

std::optional<View> view_at(std::string_view path) {
  const auto place = std::ranges::find(kPlaces, path, &Place::path);
  return place == kPlaces.end() ? std::nullopt : std::optional(place->view);
}

std::string_view content_type(View view) {
  return view == View::page ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
}

std::string guards(View view) {
  return guarded(view == View::page ? "style-src " + page_style_source() + "; img-src data:; " : "");
}

std::string guards() { return guarded({}); }

const std::string* Views::of(View view) const {
  switch (view) {
    case View::status: return &status;
    case View::history: return history ? &*history : nullptr;
    case View::page: break;
  }
  return &page;
}

}  // namespace postern::metrics
