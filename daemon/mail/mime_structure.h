// The structure of a message (RFC 2045, 2046) while it passes in pieces: where entities begin and end, what their
// headers say of their contents, and what stands between them. It holds one header and one delimiter line at a time,
// and goes to a fixed depth; what is deeper is one content. Every octet of the text is in exactly one call to the
// visitor, in order, and the calls do not depend on how it is cut but for the pieces of contents and frames.
//
// A delimiter is a line of nothing but "--", the boundary, "--" if it is the last, and blanks. That of an outer
// multipart ends all in it. The line end before it is its own. What follows a header without an empty line begins its
// content.
#pragma once

#include "mail/content_type.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

inline constexpr std::size_t kLongestHeader = std::size_t{512} * 1024;  ///< a longer one is not looked into
inline constexpr std::size_t kLongestBoundary = 200;                    ///< RFC 2046 5.1.1 has 70
inline constexpr std::size_t kDeepestEntity = 32;
inline constexpr std::size_t kMostEntities = 4096;  ///< all further ones are told as one

enum class EntityKind {
  leaf,
  multipart,  ///< frames and entities follow
  message,    ///< an entity follows
  closed,     ///< a content that nobody may change, or whose structure is not known
};

enum class Closed {
  no,
  signature,    ///< multipart/signed (RFC 1847): all of it
  encryption,   ///< multipart/encrypted (RFC 1847)
  enveloped,    ///< application/pkcs7-mime (RFC 8551): one object, mostly in base64
  fragment,     ///< message/partial, message/external-body: they may not be encoded (RFC 2046 5.2)
  no_boundary,  ///< a multipart without a boundary that can be used
  too_deep,
  too_many,
  long_header,  ///< its header is content, too
};

struct MimeEntity {
  std::size_t index = 0;        ///< in order; kMostEntities for all that are too many
  std::size_t parent = 0;       ///< whose part it is; its own index: nobody's
  bool is_message = false;      ///< MIME-Version belongs into its header
  bool has_type = false;        ///< it says what it is
  bool has_version = false;     ///< MIME-Version is there
  bool dkim = false;            ///< DKIM-Signature is there
  bool seven_bit_only = false;  ///< of a type for programs that may not be encoded
  EntityKind kind = EntityKind::leaf;
  Closed closed = Closed::no;
  TransferEncoding encoding = TransferEncoding::none;
};

/// What follows the fields of a header.
enum class HeaderEnd { empty_line, text, nothing };

class MimeVisitor {
 public:
  virtual ~MimeVisitor() = default;
  /// The fields without the empty line, which is in no other call.
  virtual void header(const MimeEntity& entity, std::string_view fields, HeaderEnd end) = 0;
  /// Of the leaf or closed entity whose header came last.
  virtual void content(std::string_view piece) = 0;
  /// `end_of_text`: that is why it ends.
  virtual void end_content(bool end_of_text) = 0;
  /// What belongs to no part of the multipart `owner`: delimiters with their line ends, preamble and epilogue.
  virtual void frame(std::size_t owner, std::string_view piece) = 0;

 protected:
  MimeVisitor() = default;
  MimeVisitor(const MimeVisitor&) = default;
  MimeVisitor(MimeVisitor&&) = default;
  MimeVisitor& operator=(const MimeVisitor&) = default;
  MimeVisitor& operator=(MimeVisitor&&) = default;
};

class MimeWalker {
 public:
  /// `open_signed`: signed and encrypted parts are like all others.
  explicit MimeWalker(bool open_signed);

  void feed(std::string_view text, MimeVisitor& to);
  void finish(MimeVisitor& to);

 private:
  struct Level {
    std::string boundary;
    std::size_t owner = 0;
    std::size_t depth = 0;
    bool digest = false;
  };
  struct Delimiter {
    std::size_t level = 0;
    bool last = false;
  };
  enum class State { header, content, frame };

  void begin_entity(std::size_t parent, std::size_t depth, bool is_message, bool in_digest);
  [[nodiscard]] MimeEntity read_header(ContentType& type) const;
  void end_header(HeaderEnd end, MimeVisitor& to);
  void give_up_header(MimeVisitor& to);
  void gather_line(std::string_view& text, MimeVisitor& to);
  void judge_line(std::string_view line, MimeVisitor& to);
  void header_line(std::string_view line, MimeVisitor& to);
  void delimiter_line(const Delimiter& found, std::string_view line, MimeVisitor& to);
  [[nodiscard]] bool find_delimiter(std::string_view line, Delimiter& found) const;
  [[nodiscard]] bool may_be_delimiter(std::string_view text) const;
  void pass_lines(std::string_view& text, MimeVisitor& to);
  void pass(std::string_view text, MimeVisitor& to);
  void put(std::string_view text, MimeVisitor& to);

  bool open_signed_;
  State state_ = State::header;
  std::vector<Level> levels_;
  std::string header_;  ///< whole lines of the header at hand
  std::string line_;    ///< the beginning of a line that must be seen whole
  bool line_start_ = true;
  bool line_end_held_ = false;  ///< the last line end may be a delimiter's
  std::size_t entities_ = 0;
  MimeEntity entity_;  ///< whose header is at hand
  std::size_t depth_ = 0;
  bool in_digest_ = false;
  std::size_t frame_owner_ = 0;
};

}  // namespace postern::mail
