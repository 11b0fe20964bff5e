#include "history/record_json.h"

#include "base/json_text.h"
#include "base/text.h"

#include <array>
#include <cstdint>

namespace postern::history {
namespace {

using boost::json::object;

struct Member {
  Field field;
  std::string_view name;
  bool number = false;
};
/// In the order of the answer; those of the recipients come behind the sender.
constexpr std::array kBefore{Member{Field::at, "time"},         Member{Field::kind, "state"},
                             Member{Field::id, "id"},           Member{Field::accepted, "accepted"},
                             Member{Field::size, "size", true}, Member{Field::uid, "uid", true},
                             Member{Field::client, "client"}};
constexpr std::array kBehind{Member{Field::subject, "subject"},     Member{Field::message_id, "message_id"},
                             Member{Field::site, "site"},           Member{Field::host, "host"},
                             Member{Field::remote_id, "remote_id"}, Member{Field::attempts, "attempts", true},
                             Member{Field::digest, "digest"},       Member{Field::reply, "reply"}};

void put(const Record& record, const Member& member, object& into) {
  const std::string& text = record[member.field];
  if (text.empty()) return;
  if (!member.number) {
    into[member.name] = json_text(text);
  } else if (const auto number = parse_number(text)) {
    into[member.name] = static_cast<std::int64_t>(*number);
  }
}

void put_recipients(const Record& record, object& into) {
  const std::vector<std::string> addresses = texts_in_row(record[Field::to]);
  const std::vector<std::string> originals = texts_in_row(record[Field::original]);
  boost::json::array recipients;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    object one;
    one["address"] = json_text(addresses[i]);
    if (i < originals.size() && !originals[i].empty()) one["original"] = json_text(originals[i]);
    recipients.emplace_back(std::move(one));
  }
  if (recipients.empty()) return;
  const auto count = parse_number(record[Field::count]).value_or(recipients.size());
  into["recipients"] = std::move(recipients);
  into["recipient_count"] = static_cast<std::int64_t>(count);
}

}  // namespace

object to_json(const Record& record) {
  object line;
  line["kind"] = "record";
  for (const Member& member : kBefore) put(record, member, line);
  const std::string& from = record[Field::from];
  if (!from.empty()) line["sender"] = from == "<>" ? boost::json::string() : json_text(from);
  put_recipients(record, line);
  for (const Member& member : kBehind) put(record, member, line);
  return line;
}

}  // namespace postern::history
