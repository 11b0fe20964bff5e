// As whom a smarthost lets us send, as the settings say it: values alone.
#pragma once

#include <map>
#include <string>

namespace postern::relay {

struct SenderPolicyOptions {
  enum class Policy {
    keep,     ///< senders stay as they are
    account,  ///< all become `address`
    rewrite,  ///< those that a pattern matches become its address
  };

  Policy policy = Policy::keep;
  std::string address;                         ///< of account; for rewrite, what no pattern matches; empty: that stays
  std::map<std::string, std::string> rewrite;  ///< "anna@corp.example", "root", "*@corp.example" or "*": an address
  std::string name;                            ///< stands for the display names of changed senders; empty: where from

  friend bool operator==(const SenderPolicyOptions&, const SenderPolicyOptions&) = default;
};

}  // namespace postern::relay
