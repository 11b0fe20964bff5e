// Private to setup/: config/providers.yaml as it was when the program was built.
#pragma once

#include <string_view>

namespace postern::setup {

[[nodiscard]] std::string_view providers_text();

}  // namespace postern::setup
