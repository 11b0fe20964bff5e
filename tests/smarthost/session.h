// One client of the practice smarthost: smtp::Dialogue and the server side of the mechanisms over a Stream, with the
// script of misbehaviour between the client's lines and the answers.
#pragma once

#include "accounts.h"
#include "base/task.h"
#include "maildir.h"
#include "net/connection.h"
#include "script.h"

#include <memory>
#include <string>
#include <vector>

namespace postern::practice {

/// What all sessions share.
struct Server {
  std::string hostname = "localhost";
  bool starttls = false;
  Accounts accounts;
  std::vector<std::string> mechanisms;
  Maildir maildir;
  Script script;
};

Task<void> serve(std::unique_ptr<net::Stream> stream, net::Peer peer, std::shared_ptr<Server> server);

}  // namespace postern::practice
