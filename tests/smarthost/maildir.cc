#include "maildir.h"

#include <filesystem>
#include <fstream>

namespace postern::practice {

Result<void> Maildir::create() const {
  for (const char* part : {"tmp", "new", "cur"}) {
    std::error_code fault;
    std::filesystem::create_directories(directory_ + "/" + part, fault);
    if (fault) return system_error(fault.value(), directory_);
  }
  return {};
}

Result<void> Maildir::store(const QueueId& id, const mail::Envelope& envelope, const std::string& session,
                            const std::string& text) const {
  const std::string temporary = directory_ + "/tmp/" + id.str();
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << "X-Envelope-From: <" << envelope.sender << ">\n";
  for (const mail::Recipient& recipient : envelope.recipients) {
    file << "X-Envelope-To: <" << recipient.address << ">\n";
  }
  file << "X-Session: " << session << "\n" << text;
  file.close();
  if (!file) return Error{Failure::io, "cannot write " + temporary};
  std::error_code fault;
  std::filesystem::rename(temporary, directory_ + "/new/" + id.str(), fault);
  if (fault) return system_error(fault.value(), temporary);
  return {};
}

}  // namespace postern::practice
