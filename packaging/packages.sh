# What a build of the programs needs from Debian 12, and how it is installed. Sourced by packaging/quickstart,
# packaging/build-deb and tests/run.
build_packages=(cmake ninja-build g++ ccache pkg-config libboost1.81-dev libboost-json1.81-dev libssl-dev libyaml-cpp-dev
  libidn-dev libidn2-dev libsystemd-dev libfmt-dev libcli11-dev)
# And to make a package of them (packaging/build-deb).
deb_packages=(debhelper dpkg-dev dh-apparmor)

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    sudo "$@" # asks for the password
  fi
}

# install_packages LOG PACKAGE...: installs what is missing. On failure the end of apt-get's output, and status 1.
install_packages() {
  local log=$1 missing=() package
  shift
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  if [[ ${#missing[@]} == 0 ]]; then
    echo "all $# packages are there"
    return
  fi
  echo "installing ${missing[*]}"
  if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
    echo "not root, and there is no sudo: run this as root, or install these packages"
    return 1
  fi
  if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log"
    return 1
  fi
}
