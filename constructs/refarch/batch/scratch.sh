#!/bin/bash
# Gives the instance its scratch folder: a filesystem with a label, on the disk that is meant for it, mounted by label.
# KIND is "Amazon Elastic Block Store" or "Amazon EC2 NVMe Instance Storage": what NVMe disks call themselves. Device
# names say nothing: /dev/sdb of a launch template is /dev/nvme1n1 or /dev/nvme2n1 on an instance, or another disk.
set -euo pipefail
: "${KIND:?}" "${FOLDER:?}" "${LABEL:=scratch}" "${WAIT_SECONDS:=60}"

say() { echo "refarch scratch: $*"; }

# Whole disks of the kind that hold nothing: no partitions, no filesystem, not mounted. The root disk never is one.
empty_disks() {
  lsblk --noheadings --nodeps --paths --output NAME,TYPE,MODEL | while read -r disk type model; do
    [ "$type" = disk ] || continue
    [ "$(echo "$model" | xargs)" = "$KIND" ] || continue
    [ "$(lsblk --noheadings --paths --output NAME "$disk" | wc -l)" = 1 ] || continue
    [ -z "$(lsblk --noheadings --nodeps --output MOUNTPOINT "$disk" | xargs)" ] || continue
    [ -z "$(blkid --probe --output value --match-tag TYPE "$disk" || true)" ] || continue
    echo "$disk"
  done
}

# A volume may be attached a little after the boot. The wait has an end: a boot that hangs is never seen.
wait_for_disks() {
  for _ in $(seq "$WAIT_SECONDS"); do
    found=$(empty_disks)
    [ -z "$found" ] || break
    sleep 1
  done
}

join_disks() {
  if [ "$#" = 1 ]; then
    target=$1
  elif command -v mdadm >/dev/null || dnf install --quiet --assumeyes mdadm >/dev/null 2>&1; then
    mdadm --create /dev/md0 --run --level=0 --raid-devices="$#" "$@" >/dev/null
    target=/dev/md0
  else
    say "mdadm is not to be had: of $# disks only $1 is used"
    target=$1
  fi
}

if ! blkid --label "$LABEL" >/dev/null; then
  wait_for_disks
  if [ -z "$found" ]; then
    say "no empty disk '$KIND' after $WAIT_SECONDS s. The instance joins no cluster and ends in 10 minutes"
    systemctl mask --now ecs
    shutdown --poweroff +10
    exit 1
  fi
  # shellcheck disable=SC2086 # one word a disk
  join_disks $found
  mkfs.xfs -q -f -L "$LABEL" "$target"
fi
mkdir --parents "$FOLDER"
grep -q "LABEL=$LABEL " "${FSTAB:=/etc/fstab}" ||
  echo "LABEL=$LABEL $FOLDER xfs defaults,noatime,nofail,x-systemd.device-timeout=30 0 2" >>"$FSTAB"
mountpoint -q "$FOLDER" || mount "$FOLDER"
chmod 1777 "$FOLDER"
say "$FOLDER is $(df --human-readable --output=size "$FOLDER" | tail -n 1 | xargs)"
