#!/usr/bin/env bash
# Install the Postfix of Debian releases beside that of the system, each into a folder of its own that chroot(8) enters:
#
#     tools/install_postfix.sh FOLDER SUITE...
#
# makes FOLDER/SUITE for suites such as bullseye (3.5), trixie (3.10) and sid (3.11). It asks the archive that the
# machine's own apt sources name, needs root and debootstrap, and leaves alone what is there already. No service is
# started. About 40 seconds and 270 MB a suite, with cdb:, lmdb: and pcre: tables; one without them is made
# again.
set -euo pipefail
folder=$1
shift

archive() {
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian \(http[^ ]*\)$/\1/p' |
    head -n 1
}

for suite in "$@"; do
  if [ -x "$folder/$suite/usr/sbin/postconf" ] && chroot "$folder/$suite" postconf -m | grep -x cdb >/dev/null; then continue; fi
  command -v debootstrap >/dev/null || { echo "$0: debootstrap is not installed" >&2; exit 1; }
  uri=$(archive)
  if [ -z "$uri" ]; then
    apt-get update -qq
    uri=$(archive)
  fi
  [ -n "$uri" ] || { echo "$0: no apt source names an archive of Debian" >&2; exit 1; }
  mkdir -p "$folder"
  # Not seen by the tests before it is whole.
  unfinished=$folder/.$suite
  rm -rf --one-file-system "$unfinished"
  debootstrap --variant=minbase --include=postfix,postfix-cdb,postfix-lmdb,postfix-pcre "$suite" "$unfinished" "$uri" >"$folder/$suite.log" 2>&1 || {
    tail -n 20 "$folder/$suite.log" >&2
    echo "$0: debootstrap failed for $suite" >&2
    exit 1
  }
  rm -f "$folder/$suite.log"
  rm -rf --one-file-system "${folder:?}/$suite"
  rm -rf "$unfinished/var/cache/apt/archives" "$unfinished/var/lib/apt/lists"
  mv "$unfinished" "$folder/$suite"
  echo "$suite: Postfix $(chroot "$folder/$suite" postconf -h mail_version)"
done
