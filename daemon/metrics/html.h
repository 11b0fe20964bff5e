// Writes HTML that is well formed and says what it was given, whoever wrote that: a subject, a sender or a server's
// words cannot leave the element they stand in. Pure.
//
// Names of elements and attributes are texts of this program, known when it is compiled (Literal), and each element
// that is opened is closed. Everything else is text: made visible by printable() (control characters, marks of
// direction and bytes that are no UTF-8 become \xNN), bounded, and with the characters that mean something in HTML
// escaped. That holds for text between tags and in double quotes, where alone it is written; no element is opened whose
// content is no text (script, style), but the one style sheet, which is a Literal.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace postern::metrics {

/// A text of this program.
class Literal {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor,hicpp-explicit-conversions): a text in quotes is one
  template <std::size_t kSize>
  consteval Literal(const char (&text)[kSize]) : text_(text, kSize - 1) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  /// Left out where it has no value.
  struct Attribute {
    Literal name;
    std::string_view value;
  };
  using Attributes = std::initializer_list<Attribute>;

  /// Octets of a text that stands in an element of its own, after printable(); what is longer ends in "...".
  static constexpr std::size_t kText = 400;

  Html() = default;
  Html(const Html&) = delete;
  Html& operator=(const Html&) = delete;

  /// An element, until it goes out of scope; inner ones go first.
  class [[nodiscard]] Element {
   public:
    Element(Html& html, Literal name, Attributes attributes) : html_(html), name_(name) {
      html_.open(name, attributes);
    }
    ~Element() { html_.close(name_); }
    Element(const Element&) = delete;
    Element& operator=(const Element&) = delete;

   private:
    Html& html_;
    Literal name_;
  };
  Element inside(Literal name, Attributes attributes = {}) { return {*this, name, attributes}; }
  /// An element of text alone; with attributes.
  void element(Literal name, Attributes attributes, std::string_view content, std::size_t limit = kText);
  void element(Literal name, std::string_view text) { element(name, {}, text); }
  /// One that has no content and no end: meta, link, br.
  void lone(Literal name, Attributes attributes);
  void text(std::string_view bytes, std::size_t limit = kText);
  /// Text with what stands between backquotes as <code>: words of ours alone, since nobody else may write our commands.
  void sentence(std::string_view bytes, std::size_t limit = kText);
  /// What somebody else wrote: letters that are written from the right turn nothing around that stands beside it.
  void quote(std::string_view bytes, std::size_t limit = kText);
  /// As it is.
  void raw(Literal html) { text_ += html.text(); }
  [[nodiscard]] std::string take();

 private:
  void open(Literal name, Attributes attributes);
  void close(Literal name);
  void escaped(std::string_view printable);

  std::string text_;
};

/// A text as it may stand between tags or in double quotes.
[[nodiscard]] std::string escaped_html(std::string_view printable);

}  // namespace postern::metrics
