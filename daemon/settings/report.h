// Collects what is wrong with a configuration file, each with its place.
#pragma once

#include "settings/load.h"
#include "settings/user.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::settings {

/// A place in the file, both 1-based; line 0 means the file as a whole.
struct Mark {
  std::size_t line = 0;
  std::size_t column = 0;
};

/// Who may read the configuration file: a secret stands only in one that is not for everybody.
enum class Readers { few, everybody };

class Report {
 public:
  explicit Report(std::string file, Readers readers = Readers::few, User user = this_user())
      : file_(std::move(file)), readers_(readers), user_(std::move(user)) {}

  void error(Mark where, std::string text);
  void warning(Mark where, std::string text);
  /// Of another file, one that the settings name.
  void warning(Problem problem);

  /// Remembers where a value stands ("smarthosts[0].port"), for checks that come after the reading.
  void remember(const std::string& path, Mark where) { places_[path] = where; }
  /// Where the value stands, or the nearest thing around it that was written.
  [[nodiscard]] Mark place(std::string_view path) const;
  [[nodiscard]] bool was_written(const std::string& path) const { return places_.contains(path); }

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] Readers readers() const { return readers_; }

  /// As whom the files are judged that the settings name.
  [[nodiscard]] const User& user() const { return user_; }

  [[nodiscard]] bool clean() const { return errors_.empty(); }
  /// Everything in the order of the file; settings only if there was no error.
  [[nodiscard]] Loaded finish(Settings settings) &&;

 private:
  std::string file_;
  Readers readers_;
  User user_;
  std::map<std::string, Mark, std::less<>> places_;
  std::vector<Problem> errors_;
  std::vector<Problem> warnings_;
};

}  // namespace postern::settings
