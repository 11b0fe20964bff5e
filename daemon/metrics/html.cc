#include "metrics/html.h"

#include "base/text.h"
#include "mail/wrap.h"

#include <utility>

namespace postern::metrics {

std::string escaped_html(std::string_view printable) {
  std::string text;
  text.reserve(printable.size());
  for (const char c : printable) {
    switch (c) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      case '"': text += "&quot;"; break;
      case '\'': text += "&#39;"; break;
      default: text += c;
    }
  }
  return text;
}

void Html::escaped(std::string_view printable) { text_ += escaped_html(printable); }

void Html::open(Literal name, Attributes attributes) {
  text_ += '<';
  text_ += name.text();
  for (const Attribute& attribute : attributes) {
    if (attribute.value.empty()) continue;
    text_ += ' ';
    text_ += attribute.name.text();
    text_ += "=\"";
    escaped(mail::cut(printable(attribute.value), kText));
    text_ += '"';
  }
  text_ += '>';
}

void Html::close(Literal name) {
  text_ += "</";
  text_ += name.text();
  text_ += '>';
}

void Html::lone(Literal name, Attributes attributes) { open(name, attributes); }

void Html::element(Literal name, Attributes attributes, std::string_view content, std::size_t limit) {
  open(name, attributes);
  text(content, limit);
  close(name);
}

void Html::text(std::string_view bytes, std::size_t limit) { escaped(mail::cut(printable(bytes), limit)); }

void Html::sentence(std::string_view bytes, std::size_t limit) {
  const std::string shown = mail::cut(printable(bytes), limit);
  std::string_view rest = shown;
  while (!rest.empty()) {
    const std::size_t begin = rest.find('`');
    const std::size_t end = begin == std::string_view::npos ? begin : rest.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    escaped(rest.substr(0, begin));
    const auto code = inside("code");
    escaped(rest.substr(begin + 1, end - begin - 1));
    rest.remove_prefix(end + 1);
  }
  escaped(rest);
}

void Html::quote(std::string_view bytes, std::size_t limit) { element("bdi", {{"dir", "ltr"}}, bytes, limit); }

std::string Html::take() { return std::exchange(text_, {}); }

}  // namespace postern::metrics
