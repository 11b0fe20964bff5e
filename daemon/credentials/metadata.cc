#include "credentials/metadata.h"

#include "base/clock.h"
#include "base/log.h"
#include "credentials/url.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::credentials {
namespace {

constexpr std::size_t kIssuersOfOne = 5;  // beginnings of an endpoint's path: "/auth/realms/NAME" is the fourth
constexpr std::size_t kShownOtherIssuer = 200;

std::string without_query(const std::string& url) { return url.substr(0, url.find('?')); }

void add_places(std::vector<MetadataPlace>& places, const Url& endpoint) {
  const std::string origin = endpoint.origin();
  const std::string path = without_query(endpoint.target);
  std::size_t slash = 0;
  for (std::size_t i = 0; i < kIssuersOfOne && slash != std::string::npos; ++i, slash = path.find('/', slash + 1)) {
    const std::string beginning = path.substr(0, slash);
    const std::string issuer = origin + beginning;
    const auto known = [&](const MetadataPlace& place) { return place.issuer == issuer; };
    if (std::ranges::any_of(places, known)) continue;
    places.push_back({origin, issuer, issuer + "/.well-known/openid-configuration"});
    std::string inserted = origin + "/.well-known/oauth-authorization-server";
    inserted += beginning;
    places.push_back({origin, issuer, std::move(inserted)});
  }
}

/// RFC 8414 3.3: what another issuer says of itself here is not used. Some end in the slash that their places leave
/// out.
bool is_from(const Members& members, const MetadataPlace& place) {
  const std::string_view issuer = members.text("issuer");
  return issuer == place.issuer || issuer == place.issuer + "/";
}

Metadata read_metadata(const Members& members, const Redactor& redactor) {
  Metadata found;
  found.device_url = members.text("device_authorization_endpoint");
  found.auth_url = members.text("authorization_endpoint");
  for (std::string* url : {&found.device_url, &found.auth_url}) {
    if (redactor.contains(*url)) url->clear();
  }
  found.issuer = members.text("issuer");
  found.names_itself = members.is_true("authorization_response_iss_parameter_supported");
  return found;
}

/// Metadata of another issuer on the same host is not about this server. Its page is not compared: one server's has
/// several names (Google's).
bool is_of(const Members& members, const OAuth2& client) { return members.text("token_endpoint") == client.token_url; }

}  // namespace

Result<std::vector<MetadataPlace>> metadata_places(const OAuth2& client) {
  std::vector<MetadataPlace> places;
  for (const std::string* endpoint : {&client.token_url, &client.auth_url}) {
    if (endpoint->empty()) continue;
    const auto url = parse_url(*endpoint);
    if (!url) return url.error();
    add_places(places, *url);
  }
  return places;
}

Task<Result<Metadata>> find_metadata(AuthorizationServer& server, const OAuth2& client, const Redactor& redactor,
                                     bool (*good)(const Metadata&), Milliseconds time) {
  const auto places = metadata_places(client);
  if (!places) co_return places.error();
  const SteadyTime end = system_clock().steady() + time;
  std::string out_of_order;  ///< the origin that does not answer
  std::optional<Error> trouble;
  std::string why = "no metadata of the authorization server was found";
  for (const MetadataPlace& place : *places) {
    if (place.origin == out_of_order) continue;
    const auto left = std::chrono::duration_cast<Milliseconds>(end - system_clock().steady());
    if (left.count() <= 0) break;
    const auto members = co_await server.get(place.url, left);
    if (!members) {
      const Failure failure = members.error().failure;
      if (failure == Failure::not_found || failure == Failure::protocol) continue;
      // The browser may reach what we do not, and the other endpoint may be elsewhere.
      out_of_order = place.origin;
      trouble = members.error();
      continue;
    }
    if (!is_of(*members, client)) continue;
    if (!is_from(*members, place)) {
      log(Level::info, "metadata of the authorization server is passed over: it names another issuer than its place",
          {{"url", place.url}});
      why = "the metadata at " + place.url + " says that it is of " +
            redactor.shown(members->text("issuer"), kShownOtherIssuer) + ", which is not its place, and is not used";
      continue;
    }
    Metadata found = read_metadata(*members, redactor);
    if (good(found)) co_return found;
    why = "the metadata at " + place.url + " does not tell it";
  }
  if (trouble) co_return *trouble;
  co_return Error{Failure::not_found, why};
}

}  // namespace postern::credentials
