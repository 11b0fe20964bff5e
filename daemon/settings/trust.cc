#include "settings/trust.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace postern::settings {
namespace {

struct Judgement {
  Thing thing;
  Gravity everybody;
  Gravity others;      ///< one other user, or the members of a group
  Gravity next_comer;  ///< as Opening has it
};

// A program runs with the service's rights, so whoever can change it has them. Settings name programs; that every user
// can change them is never meant, but a group of administrators or another owner may be (a file from outside, in a
// container), so that alone does not keep a machine from its mail. The others let one read along (authorities, aliases)
// or stop the mail.
constexpr std::array<Judgement, 6> kJudgements{{
    {Thing::settings, Gravity::error, Gravity::warning, Gravity::none},
    {Thing::program, Gravity::error, Gravity::error, Gravity::error},
    {Thing::secret, Gravity::error, Gravity::warning, Gravity::none},
    {Thing::authorities, Gravity::error, Gravity::warning, Gravity::none},
    {Thing::certificate, Gravity::warning, Gravity::warning, Gravity::none},
    {Thing::aliases, Gravity::error, Gravity::warning, Gravity::none},
}};

}  // namespace

std::vector<Opening> openings(const std::vector<Step>& steps, uid_t user) {
  std::vector<Opening> found;
  const auto open = [&found](Opening::Who who, const Step& step) { found.push_back(Opening{who, step}); };
  bool sticky = false;  // the directory before this step is open, and sticky
  for (const Step& step : steps) {
    const bool trusted = step.uid == 0 || step.uid == user || step.outside;
    const bool link = step.kind == Step::Kind::link;
    // The owner of a link can do nothing with it that the directory does not permit, except in a sticky one.
    if (!trusted && !step.read_only && (!link || sticky)) open(Opening::Who::owner, step);
    if (trusted && sticky && step.kind != Step::Kind::directory) open(Opening::Who::next_comer, step);
    sticky = false;
    if (link || step.read_only) continue;
    const bool everybody = (step.mode & S_IWOTH) != 0;
    const bool group = (step.mode & S_IWGRP) != 0 && step.shared_group;
    if (!everybody && !group) continue;
    // In a sticky directory nobody can take away what belongs to another.
    sticky = step.kind == Step::Kind::directory && (step.mode & S_ISVTX) != 0;
    if (!sticky) open(everybody ? Opening::Who::everybody : Opening::Who::group, step);
  }
  return found;
}

Gravity gravity(Thing thing, Opening::Who who) {
  const auto* const row = std::ranges::find(kJudgements, thing, &Judgement::thing);
  switch (who) {
    case Opening::Who::everybody: return row->everybody;
    case Opening::Who::group:
    case Opening::Who::owner: return row->others;
    case Opening::Who::next_comer: break;
  }
  return row->next_comer;
}

}  // namespace postern::settings
