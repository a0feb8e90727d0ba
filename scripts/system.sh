#!/bin/sh
# Installs from apt what this machine lacks: `system.sh run` what the product needs, `system.sh test` what the tests need too.
# Nothing is touched where all is there, and no question is asked.
set -eu

missing=""

# A virtual environment without its pip is what Debian gives where python3-venv is missing.
python3 -c "import ensurepip, venv" 2>/dev/null || missing="$missing python3-venv"

# Debian's nodejs conflicts with a newer one from elsewhere, so look for npm first and leave what is there.
command -v npm >/dev/null || missing="$missing nodejs npm"

# Lays out and writes PDF, with Chinese and Japanese names that the pages' own face does not have.
for library in libpango-1.0.so.0:libpango-1.0-0 libpangoft2-1.0.so.0:libpangoft2-1.0-0 libharfbuzz-subset.so.0:libharfbuzz-subset0; do
    found=$(find /usr/lib /lib -name "${library%%:*}" 2>/dev/null | head -n 1)
    [ -n "$found" ] || missing="$missing ${library##*:}"
done
found=$(find /usr/share/fonts /usr/local/share/fonts -name "NotoSansCJK*" -o -name "NotoSansKR*" 2>/dev/null | head -n 1)
[ -n "$found" ] || missing="$missing fonts-noto-cjk"

if [ "${1:-run}" = test ]; then
    found=$(find /usr/lib/postgresql -path "*/bin/initdb" 2>/dev/null | head -n 1)
    [ -n "$found" ] || missing="$missing postgresql"
    [ -x /usr/bin/chromium-headless-shell ] || missing="$missing chromium-headless-shell"
    # The browser driver's node is linked against it.
    found=$(find /usr/lib /lib -name "libatomic.so.1" 2>/dev/null | head -n 1)
    [ -n "$found" ] || missing="$missing libatomic1"
    # Opens and saves the workbooks that go out, as whoever edits them does.
    command -v soffice >/dev/null || missing="$missing libreoffice-calc-nogui"
    # Hands a PostgreSQL cluster to another user, and ends it with the tests.
    command -v setpriv >/dev/null || missing="$missing util-linux"
fi

[ -n "$missing" ] || exit 0

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Installing from apt:$missing"
# shellcheck disable=SC2086  # a list of packages, each a word
$as_root apt-get -q -o DPkg::Lock::Timeout=600 update
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends $missing
