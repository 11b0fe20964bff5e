#include "app/doors.h"

#include "app/supervisor.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "settings/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace postern::app {
namespace {

// Who may do what is decided by the kernel's word on the caller (SO_PEERCRED), not by the mode.
constexpr unsigned kSocketMode = 0666;

/// No client could be served then, whichever door it came to, and no waiting changes the limit.
bool out_of_descriptors(const std::vector<std::unique_ptr<Door>>& doors) {
  return std::ranges::any_of(doors,
                             [](const auto& door) { return door->trouble() && door->trouble()->code == EMFILE; });
}

/// Where nobody can connect and why; the words of the trouble begin with the address as a rule, and it is said once.
std::string nobody_at(const std::string& address, std::string_view why) {
  const std::string named = address + ": ";
  if (const std::size_t found = why.find(named); found != std::string_view::npos) {
    why.remove_prefix(found + named.size());
  }
  return fmt::format("nobody can connect to {}: {}", address, why);
}

}  // namespace

Result<void> Doors::open(const net::ListenOptions& listen, const std::vector<Network>& networks) {
  wanted_ = listen;
  open_inherited();
  if (submit_.empty()) add_local(submit_, listen.submit, serve_.submission);
  if (control_.empty()) add_local(control_, listen.control, serve_.control);
  if (!smtp_inherited_) {
    for (const std::string& address : listen.smtp) add_smtp(address);
  }
  Result<void> opened = open_all();
  if (opened) warn_of_inherited(listen, networks);
  return opened;
}

Result<void> Doors::open_all() {
  for (List* doors : {&submit_, &control_, &smtp_}) {
    for (const auto& door : *doors) door->open();
  }
  const auto shut = [](const auto& door) { return door->trouble().has_value(); };
  const bool starved = out_of_descriptors(submit_) || out_of_descriptors(control_) || out_of_descriptors(smtp_);
  if (!starved && (!std::ranges::all_of(submit_, shut) || !std::ranges::all_of(smtp_, shut))) return {};
  const std::string why = starved ? "too few file descriptors for all sockets: " : "no mail can come in: ";
  Error error{Failure::io, ""};
  for (const List* doors : {&submit_, &control_, &smtp_}) {
    for (const auto& door : *doors) {
      if (!door->trouble()) continue;
      if (error.text.empty()) error.failure = door->trouble()->failure;
      error.text += (error.text.empty() ? why : "; ") + door->trouble()->text;
    }
  }
  return error;
}

/// A broken environment, or a socket that does not listen, is a fault of the unit, and keeps no door shut: those of the
/// settings stand in for it.
void Doors::open_inherited() {
  auto sockets = inherited_sockets();
  if (!sockets) return unusable("the sockets of the service manager: " + sockets.error().text);
  for (auto& [name, descriptors] : *sockets) {
    List* doors = name == "submit" ? &submit_ : name == "control" ? &control_ : name == "smtp" ? &smtp_ : nullptr;
    if (doors == nullptr) {
      log(Level::warning,
          "a socket of the service manager is not used: its FileDescriptorName= is none of submit, control, smtp",
          {{"name", name}});
      continue;
    }
    for (UniqueFd& descriptor : descriptors) {
      auto listener = net::Listener::inherited(loop_, std::move(descriptor));
      if (!listener) {
        unusable("the service manager's socket " + name + ": " + listener.error().text);
        continue;
      }
      const net::Accepted& serve = doors == &control_ ? serve_.control : serve_.submission;
      doors->push_back(std::make_unique<Door>(loop_, std::move(*listener), serve));
    }
  }
  smtp_inherited_ = !smtp_.empty();
}

void Doors::unusable(std::string what) {
  log(Level::error, "a socket cannot be used", {{"why", what}});
  unusable_.push_back("nobody can connect to " + std::move(what));
}

void Doors::add_local(List& doors, const std::string& path, const net::Accepted& serve) {
  auto open = [loop = loop_, path] { return net::Listener::local(loop, path, kSocketMode); };
  doors.push_back(std::make_unique<Door>(loop_, path, std::move(open), serve));
}

void Doors::add_smtp(const std::string& address) {
  auto open = [loop = loop_, address] { return net::Listener::tcp(loop, address); };
  smtp_.push_back(std::make_unique<Door>(loop_, address, std::move(open), serve_.submission));
}

void Doors::start() {
  for (List* doors : {&submit_, &control_, &smtp_}) {
    for (const auto& door : *doors) door->start();
  }
}

void Doors::reconfigure(const net::ListenOptions& listen, const std::vector<Network>& networks) {
  wanted_ = listen;
  reconfigure_local(submit_, listen.submit, serve_.submission);
  reconfigure_local(control_, listen.control, serve_.control);
  if (smtp_inherited_) return warn_of_inherited(listen, networks);
  std::erase_if(smtp_, [&](const auto& door) {
    if (std::ranges::find(listen.smtp, door->address()) != listen.smtp.end()) return false;
    log(Level::info, "no longer listening", {{"address", door->address()}});
    door->close();
    return true;
  });
  for (const auto& door : smtp_) door->hurry();
  for (const std::string& address : listen.smtp) {
    if (std::ranges::any_of(smtp_, [&](const auto& door) { return door->address() == address; })) continue;
    add_smtp(address);
    smtp_.back()->open();
    smtp_.back()->start();
  }
}

/// Those of the service manager have no address here.
bool Doors::is_moved(const List& doors, const std::string& wanted) {
  return !doors.empty() && !doors.front()->address().empty() && doors.front()->address() != wanted;
}

/// One that is open stays where it is; one that never could be had may be wanted elsewhere.
void Doors::reconfigure_local(List& doors, const std::string& wanted, const net::Accepted& serve) {
  if (doors.empty() || doors.front()->address().empty()) return;
  if (!is_moved(doors, wanted)) return doors.front()->hurry();
  if (!doors.front()->trouble()) {
    log(Level::warning, "a changed socket needs a restart", {{"in_use", doors.front()->address()}, {"wanted", wanted}});
    return;
  }
  doors.clear();
  add_local(doors, wanted, serve);
  doors.front()->open();
  doors.front()->start();
}

void Doors::close() {
  for (List* doors : {&submit_, &control_, &smtp_}) {
    for (const auto& door : *doors) door->close();
    doors->clear();
  }
}

/// Those of the settings were told of when they were read.
void Doors::warn_of_inherited(const net::ListenOptions& listen, const std::vector<Network>& networks) const {
  if (!smtp_inherited_) return;
  if (const std::string sentence = overridden(); !sentence.empty()) {
    log(Level::warning, "the service manager's sockets stand in for listen.smtp", {{"why", sentence}});
  }
  for (const auto& door : smtp_) {
    const std::string address = door->listens_at();
    const bool ours = std::ranges::find(listen.smtp, address) != listen.smtp.end();
    const auto endpoint = NumericEndpoint::parse(address);
    if (ours || !endpoint) continue;
    const auto who = settings::senders(networks, *endpoint, settings::Families::both);
    if (who == settings::Senders::nobody) {
      log(Level::warning, "nobody can send to a socket of the service manager: listen.networks admits no client of it",
          {{"address", address}});
    } else if (who == settings::Senders::this_machine && !endpoint->loopback()) {
      log(Level::warning,
          "only this machine can send to a socket of the service manager: listen.networks admits no client from "
          "elsewhere",
          {{"address", address}});
    }
  }
}

/// Who changes `listen.smtp` where a socket unit holds the sockets would wait for ever on the new address.
std::string Doors::overridden() const {
  if (!smtp_inherited_) return {};
  std::vector<std::string> open;
  open.reserve(smtp_.size());
  for (const auto& door : smtp_) open.push_back(door->listens_at());
  std::vector<std::string> wanted = wanted_.smtp;
  std::ranges::sort(open);
  std::ranges::sort(wanted);
  if (open == wanted) return {};
  const std::string said = wanted.empty() ? "nowhere" : fmt::format("{}", fmt::join(wanted, " and "));
  return fmt::format(
      "SMTP is taken at {} and not, as listen.smtp says, {}: the socket unit decides (`systemctl edit "
      "postern-smtp.socket`, or `systemctl disable --now` it)",
      fmt::join(open, " and "), said);
}

std::vector<std::string> Doors::troubles() const {
  std::vector<std::string> sentences = unusable_;
  if (std::string sentence = overridden(); !sentence.empty()) sentences.push_back(std::move(sentence));
  for (const List* doors : {&submit_, &control_, &smtp_}) {
    for (const auto& door : *doors) {
      if (door->trouble()) sentences.push_back(nobody_at(door->address(), door->trouble()->text));
    }
  }
  for (std::string& sentence : moved()) sentences.push_back(std::move(sentence));
  return sentences;
}

std::vector<std::string> Doors::moved() const {
  std::vector<std::string> sentences;
  for (const auto& [doors, wanted] : {std::pair(&submit_, &wanted_.submit), std::pair(&control_, &wanted_.control)}) {
    if (!is_moved(*doors, *wanted)) continue;
    sentences.push_back(fmt::format("the socket {} is in use, and {} after a restart: restart postern",
                                    doors->front()->address(), *wanted));
  }
  return sentences;
}

}  // namespace postern::app
