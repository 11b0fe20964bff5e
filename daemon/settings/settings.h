// The settings of posternd: the option structs of its rooms, each as the room declares it. What a key means stands in
// postern.yaml(5); which YAML key fills which member stands in keys.cc.
#pragma once

#include "base/log_options.h"
#include "credentials/credentials_options.h"
#include "history/history_options.h"
#include "mail/local_names.h"
#include "net/listen_options.h"
#include "queue/queue_options.h"
#include "relay/smarthost_options.h"
#include "submission/submission_options.h"

#include <string>
#include <vector>

namespace postern::settings {

/// One smarthost: what the relay reads of it, what it takes to log in there, and what the queue may ask of it.
struct Smarthost : relay::SmarthostOptions, credentials::CredentialsOptions, queue::SiteOptions {
  friend bool operator==(const Smarthost&, const Smarthost&) = default;
};

struct Settings {
  /// Hostname and domain by default: the machine's FQDN, and that again. What the machine and the file of aliases say
  /// is added by complete().
  mail::LocalNames names;
  std::string spool = "/var/spool/postern";
  net::ListenOptions listen;
  submission::SubmissionOptions submission;
  queue::QueueOptions queue;
  std::vector<Smarthost> smarthosts;
  history::HistoryOptions history;
  LogOptions log;

  bool operator==(const Settings&) const = default;
};

}  // namespace postern::settings
