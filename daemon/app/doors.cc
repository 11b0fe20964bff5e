#include "app/doors.h"

#include "app/supervisor.h"
#include "base/log.h"

#include <algorithm>
#include <utility>

namespace postern::app {
namespace {

// Who may do what is decided by the kernel's word on the caller (SO_PEERCRED), not by the mode.
constexpr unsigned kSocketMode = 0666;

}  // namespace

Result<void> Doors::open(const settings::Settings& settings) {
  const Result<void> inherited = open_inherited();
  if (!inherited) return inherited;
  if (submit_.empty()) {
    const Result<void> opened = open_local(submit_, settings.submit_socket);
    if (!opened) return opened;
  }
  if (control_.empty()) {
    const Result<void> opened = open_local(control_, settings.control_socket);
    if (!opened) return opened;
  }
  if (smtp_inherited_) return {};
  for (const std::string& address : settings.smtp_listen) {
    const Result<void> opened = open_smtp(address);
    if (!opened) return opened;
  }
  return {};
}

Result<void> Doors::open_inherited() {
  auto sockets = inherited_sockets();
  if (!sockets) return sockets.error();
  for (auto& [name, descriptors] : *sockets) {
    std::vector<Door>* doors = name == "submit"    ? &submit_
                               : name == "control" ? &control_
                               : name == "smtp"    ? &smtp_
                                                   : nullptr;
    if (doors == nullptr) {
      log(Level::warning,
          "a socket of the service manager is not used: its FileDescriptorName= is none of submit, control, smtp",
          {{"name", name}});
      continue;
    }
    for (UniqueFd& descriptor : descriptors) {
      auto listener = net::Listener::inherited(loop_, std::move(descriptor));
      if (!listener) return Error{listener.error().failure, "inherited socket " + name + ": " + listener.error().text};
      doors->push_back(Door{{}, std::move(*listener)});
    }
  }
  smtp_inherited_ = !smtp_.empty();
  return {};
}

Result<void> Doors::open_local(std::vector<Door>& doors, const std::string& path) {
  auto listener = net::Listener::local(loop_, path, kSocketMode);
  if (!listener) return listener.error();
  doors.push_back(Door{path, std::move(*listener)});
  return {};
}

Result<void> Doors::open_smtp(const std::string& address) {
  auto listener = net::Listener::tcp(loop_, address);
  if (!listener) return listener.error();
  smtp_.push_back(Door{address, std::move(*listener)});
  return {};
}

void Doors::start(std::vector<Door>& doors, const net::Accepted& serve) {
  for (Door& door : doors) {
    log(Level::info, "listening", {{"address", door.listener->address()}});
    door.listener->start(serve);
  }
}

void Doors::start() {
  start(submit_, serve_.submission);
  start(control_, serve_.control);
  start(smtp_, serve_.submission);
}

void Doors::reconfigure(const settings::Settings& settings) {
  for (const auto& [doors, wanted] :
       {std::pair(&submit_, settings.submit_socket), std::pair(&control_, settings.control_socket)}) {
    if (doors->empty() || doors->front().address.empty() || doors->front().address == wanted) continue;
    log(Level::warning, "a changed socket needs a restart", {{"in_use", doors->front().address}, {"wanted", wanted}});
  }
  if (smtp_inherited_) return;
  const auto unwanted = std::ranges::partition(smtp_, [&](const Door& door) {
    return std::ranges::find(settings.smtp_listen, door.address) != settings.smtp_listen.end();
  });
  for (Door& door : unwanted) {
    log(Level::info, "no longer listening", {{"address", door.address}});
    door.listener->close();
  }
  smtp_.erase(unwanted.begin(), unwanted.end());
  for (const std::string& address : settings.smtp_listen) {
    if (std::ranges::find(smtp_, address, &Door::address) != smtp_.end()) continue;
    const Result<void> opened = open_smtp(address);
    if (!opened) {
      log(Level::error, "cannot listen", {{"address", address}, {"why", opened.error().text}});
      continue;
    }
    log(Level::info, "listening", {{"address", smtp_.back().listener->address()}});
    smtp_.back().listener->start(serve_.submission);
  }
}

void Doors::close() {
  for (auto* doors : {&submit_, &control_, &smtp_}) {
    for (Door& door : *doors) door.listener->close();
    doors->clear();
  }
}

}  // namespace postern::app
