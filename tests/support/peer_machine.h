// A machine on which other programs that send mail are set up, for the tests of importers.
#pragma once

#include "setup/importer.h"
#include "support/scratch_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace postern::setup {

using Files = std::map<std::string, std::string>;  // "/etc/x" -> contents

/// The machine of a test: a directory with the files of other programs.
class Machine {
 public:
  explicit Machine(const Files& files) {
    for (const auto& [path, text] : files) {
      std::filesystem::create_directories(std::filesystem::path(dir_.path() + path).parent_path());
      dir_.write(path.substr(1), text);
    }
  }

  [[nodiscard]] Place place() const { return Place{dir_.path(), "/root"}; }
  [[nodiscard]] Result<Proposal> read(std::string_view program) const {
    for (const Importer& importer : importers()) {
      if (importer.name == program) return importer.read(place());
    }
    return Error{Failure::invalid, "no such importer"};
  }
  /// Without the directory, which has another name each time.
  [[nodiscard]] std::string shown(std::string text) const {
    for (std::size_t at = text.find(dir_.path()); at != std::string::npos; at = text.find(dir_.path())) {
      text.erase(at, dir_.path().size());
    }
    return text;
  }
  [[nodiscard]] std::string error(std::string_view program) const {
    const auto proposal = read(program);
    return proposal ? std::string("no error") : shown(proposal.error().text);
  }
  [[nodiscard]] std::string notes(const Proposal& proposal) const {
    std::string text;
    for (const Note& note : proposal.notes) text += shown(note.str()) + "\n";
    return text;
  }

 private:
  test::ScratchDir dir_;
};

inline Proposal good(std::string_view program, const Files& files) {
  const Machine machine(files);
  auto proposal = machine.read(program);
  EXPECT_TRUE(proposal) << proposal.error().text;
  return proposal ? std::move(*proposal) : Proposal{};
}

inline settings::Smarthost only(std::string_view program, const Files& files) {
  Proposal proposal = good(program, files);
  EXPECT_EQ(proposal.smarthosts.size(), 1U);
  return proposal.smarthosts.empty() ? settings::Smarthost{} : proposal.smarthosts.front();
}

inline std::string all_notes(std::string_view program, const Files& files) {
  const Machine machine(files);
  const auto proposal = machine.read(program);
  EXPECT_TRUE(proposal) << proposal.error().text;
  return proposal ? machine.notes(*proposal) : std::string();
}

}  // namespace postern::setup
