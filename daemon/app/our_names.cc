#include "app/our_names.h"

#include "settings/own_sender.h"

namespace postern::app {

OurNames our_names(const settings::Settings& settings, const settings::Smarthost& smarthost) {
  OurNames names;
  names.machine = settings.names.host_names();
  names.own_sender = settings::own_sender(settings, smarthost);
  return names;
}

}  // namespace postern::app
