#include "credentials/members.h"

#include "base/text.h"

#include <boost/json/memory_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>

namespace postern::credentials {
namespace {

namespace json = boost::json;

constexpr std::size_t kDeepest = 8;
constexpr Seconds kLongest = std::chrono::hours(24 * 3650);
constexpr std::size_t kWords = 300;
constexpr std::size_t kShortestSecret = 8;

/// The parsed values hold tokens: wiped before they go back to the heap.
class WipingMemory final : public json::memory_resource {
  // No value of JSON needs more than the alignment of operator new, and the alignments that Boost 1.81 names when it
  // gives a key back are not those that it asked for.
  void* do_allocate(std::size_t size, std::size_t) override { return ::operator new(size); }
  void do_deallocate(void* memory, std::size_t size, std::size_t) override {
    ::explicit_bzero(memory, size);
    ::operator delete(memory);
  }
  [[nodiscard]] bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

std::optional<std::string> text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  // 3600.0 is a number of seconds, too.
  const auto* number = value.if_double();
  if (number != nullptr && *number >= 0 && *number < 1e15) {
    return std::to_string(static_cast<std::int64_t>(std::floor(*number)));
  }
  return std::nullopt;
}

}  // namespace

Result<Members> Members::parse(const Secret& json_text) {
  WipingMemory memory;
  json::parse_options options;
  options.max_depth = kDeepest;
  json::error_code code;
  const std::string_view bytes = json_text.reveal();
  const json::value value = json::parse(json::string_view(bytes.data(), bytes.size()), code, &memory, options);
  if (code) return Error{Failure::protocol, "its answer is not JSON: " + code.message()};
  const auto* object = value.if_object();
  if (object == nullptr) return Error{Failure::protocol, "its answer is not a JSON object"};
  Members members;
  for (const auto& member : *object) {
    const std::string name(member.key().data(), member.key().size());
    const auto* truth = member.value().if_bool();
    if (truth != nullptr && *truth) members.true_.insert(name);
    auto found = text_of(member.value());
    if (!found) continue;
    members.members_.insert_or_assign(name, Secret(std::move(*found)));
  }
  return members;
}

std::string_view Members::text(std::string_view name) const {
  const auto found = members_.find(name);
  return found == members_.end() ? std::string_view() : found->second.reveal();
}

bool Members::is_true(std::string_view name) const { return true_.contains(name); }

std::optional<Seconds> Members::seconds(std::string_view name) const {
  const auto number = parse_number(text(name));
  if (!number) return std::nullopt;
  const auto longest = static_cast<std::uint64_t>(kLongest.count());
  return Seconds(static_cast<std::int64_t>(std::min(*number, longest)));
}

bool Members::is_secret(std::string_view name) {
  constexpr std::array<std::string_view, 5> kSecrets{"access_token", "refresh_token", "id_token", "device_code",
                                                     "client_secret"};
  return std::ranges::find(kSecrets, name) != kSecrets.end();
}

std::string Members::words(std::string_view name, const Redactor& redactor) const {
  return redactor.shown(text(name), kWords);
}

void Members::teach(Redactor& redactor) const {
  for (const auto& [name, value] : members_) {
    if (is_secret(name) && value.reveal().size() >= kShortestSecret) redactor.learn(value.reveal());
  }
}

}  // namespace postern::credentials
