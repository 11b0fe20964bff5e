// Private to setup/: the functions behind the rows of importer.cc, one a program.
#pragma once

#include "setup/importer.h"

namespace postern::setup {

Result<Proposal> import_msmtp(const Place& place);
Result<Proposal> import_ssmtp(const Place& place);
Result<Proposal> import_nullmailer(const Place& place);
Result<Proposal> import_dma(const Place& place);
Result<Proposal> import_postfix(const Place& place);
Result<Proposal> import_exim(const Place& place);

}  // namespace postern::setup
