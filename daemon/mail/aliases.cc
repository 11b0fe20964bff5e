#include "mail/aliases.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>

namespace postern::mail {
namespace {

// A file made to be slow has a chain of all names, each of which leads back to all before it.
constexpr std::size_t kMostWork = 10'000'000;

/// One walk over all names, without recursion: a file may hold a chain of as many aliases as it has lines.
class CircleSearch {
 public:
  explicit CircleSearch(const std::map<std::string, std::vector<std::string>>& next) : next_(next) {}

  std::vector<Circle> run() {
    for (const auto& [name, targets] : next_) {
      if (!states_.contains(name)) walk_from(name);
    }
    return std::move(found_);
  }

 private:
  enum class State { on_path, done };
  struct Step {
    const std::string* name;
    bool keeps_copy = false;  ///< it stands for itself beside others
    std::size_t target = 0;   ///< the one to be looked at next
  };

  void walk_from(const std::string& first) {
    enter(first);
    while (!path_.empty()) {
      Step& step = path_.back();
      const std::vector<std::string>& targets = next_.at(*step.name);
      if (step.target == targets.size()) {
        states_[*step.name] = State::done;
        path_.pop_back();
        continue;
      }
      const std::string& target = targets[step.target++];
      if (target == *step.name && step.keeps_copy) continue;
      const auto known = next_.find(target);
      if (known == next_.end()) continue;
      const auto state = states_.find(target);
      if (state == states_.end()) {
        enter(known->first);
      } else if (state->second == State::on_path) {
        note(target);
      }
    }
  }

  void enter(const std::string& name) {
    states_.emplace(name, State::on_path);
    const bool others = std::ranges::any_of(next_.at(name), [&](const auto& one) { return one != name; });
    path_.push_back(Step{&name, others});
  }

  /// What leads back to `target` is the end of the path.
  void note(const std::string& target) {
    if (in_circle_.contains(target) || in_circle_.contains(*path_.back().name) || work_ > kMostWork) return;
    work_ += path_.size();
    Circle circle;
    const auto begin = std::ranges::find_if(path_, [&](const Step& step) { return *step.name == target; });
    for (auto step = begin; step != path_.end(); ++step) circle.push_back(*step->name);
    const bool known = std::ranges::any_of(circle, [&](const std::string& name) { return in_circle_.contains(name); });
    if (known) return;
    for (const std::string& name : circle) in_circle_.emplace(name, true);
    std::ranges::rotate(circle, std::ranges::min_element(circle));
    found_.push_back(std::move(circle));
  }

  const std::map<std::string, std::vector<std::string>>& next_;
  std::map<std::string, State> states_;
  std::map<std::string, bool> in_circle_;
  std::vector<Step> path_;
  std::size_t work_ = 0;
  std::vector<Circle> found_;
};

}  // namespace

std::string alias_key(std::string_view local_part) {
  if (local_part.size() < 2 || !local_part.starts_with('"') || !local_part.ends_with('"')) return to_lower(local_part);
  std::string key;
  const std::string_view inside = local_part.substr(1, local_part.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
    key += to_lower(inside[i]);
  }
  return key;
}

std::vector<Circle> find_circles(const std::map<std::string, std::vector<std::string>>& next) {
  return CircleSearch(next).run();
}

std::string words_of(const Circle& circle) {
  std::string words;
  for (const std::string& name : circle) words += name + " -> ";
  return circle.empty() ? words : words + circle.front();
}

}  // namespace postern::mail
