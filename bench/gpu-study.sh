#!/usr/bin/env bash
# Trains and evaluates the GPU study (studies/gpu-resnet18.json) within a time limit, after a quick check of the device.
#
#   bench/gpu-study.sh pack CIFAR10.tar.gz   with the SDK: writes artifacts/arow-gpu-study.tar with the archive of gpu.sh pack, the study
#                                            and the images (cifar10/{train,test}/CLASS/*.jpg)
#   ./gpu-study.sh [--device cuda|cpu] [--seconds N] [--small] [--output DIR]   in the unpacked folder
#
# A study that is cut short goes on where it stopped when the same command runs again. DIR gets the report, the packed rows (study.zip),
# logs and the last weights of the first seed, in pieces of 15 MB (cat them together).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ "${1-}" = pack ]; then
  images=${2:?gpu-study.sh pack CIFAR10.tar.gz}
  root=$(dirname "$here")
  target=$root/artifacts/gpu-study
  "$here/gpu.sh" pack
  rm -rf "$target" && mkdir -p "$target"
  cp "$here/gpu-study.sh" "$root/studies/gpu-resnet18.json" "$root/artifacts/arow-gpu.tar.xz" "$target"
  cp "$images" "$target/images.tar.gz"
  tar -C "$root/artifacts" -cf "$root/artifacts/arow-gpu-study.tar" gpu-study
  printf '%s: %d MB\n' "$root/artifacts/arow-gpu-study.tar" $(($(stat -c %s "$root/artifacts/arow-gpu-study.tar") / 1000000))
  exit
fi

device=cuda
seconds=540
small=
output=$here/output
while [ $# -gt 0 ]; do
  case $1 in
    --device) device=${2:?--device cuda or cpu}; shift 2 ;;
    --seconds) seconds=${2:?--seconds N}; shift 2 ;;
    --output) output=$(mkdir -p "${2:?--output DIR}" && cd "$2" && pwd); shift 2 ;;
    --small) small=1; shift ;;
    *) echo "usage: gpu-study.sh [pack CIFAR10.tar.gz | [--device cuda|cpu] [--seconds N] [--small] [--output DIR]]" >&2; exit 2 ;;
  esac
done
mkdir -p "$output"
deadline=$((SECONDS + seconds))
cd "$here"

# A device that computes wrongly would train wrongly: the quick form of every check comes first.
[ -d gpu ] || tar -xf arow-gpu.tar.xz
check=(gpu/gpu.sh --small --device "$device")
status=0
timeout $((seconds / 3)) "${check[@]}" > "$output/checks.md" 2> "$output/checks.log" || status=$?
case $status in
  0) echo "$(grep -c '| ok |' "$output/checks.md") checks passed" ;;
  124) echo "gpu-study.sh: the checks did not end within $((seconds / 3)) s" >&2; exit 1 ;;
  *) cat "$output/checks.md"; echo "gpu-study.sh: a check failed" >&2; exit 1 ;;
esac

[ -d data/cifar10 ] || { mkdir -p data && tar -C data -xzf images.tar.gz; }
study=gpu-resnet18.json
if [ -n "$small" ]; then
  study=gpu-resnet18-small.json
  sed -e 's/"limit-train": 11000/"limit-train": 96/' -e 's/"validation": 1000/"validation": 32/' -e 's/"epochs": 40/"epochs": 2/' \
    -e 's/"milestones": \[20, 33\]/"milestones": [1]/' -e 's/"swa-start": 18/"swa-start": 1/' -e 's/"evaluate-every": 10/"evaluate-every": 1/' \
    -e 's/"batch-size": 128/"batch-size": 32/' -e 's/"resnet18"/"resnet18-w4"/' -e 's/\["pgd20"\]/["pgd20"], "images": 20/' \
    -e 's/"training-images": 1000/"training-images": 20/' gpu-resnet18.json > "$study"
fi

# A stop (SIGTERM) keeps what was done, and a report is made of what is complete.
AROW_LIBTORCH=${AROW_LIBTORCH:-$(python3 -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')}
export AROW_LIBTORCH
arow=$here/gpu/bin/arow
left=$((deadline - SECONDS - 30))
[ "$left" -gt 0 ] || { echo "gpu-study.sh: the checks took all the time" >&2; exit 1; }
timeout --kill-after 20 "$left" "$arow" compare "$study" --device "$device" --output runs/gpu-resnet18 > "$output/study.log" 2>&1 ||
  echo "stopped after $left s; the same command goes on"
"$arow" compare "$study" --device "$device" --output runs/gpu-resnet18 --report-only --pack >> "$output/study.log" 2>&1 ||
  tail -2 "$output/study.log"
find runs/gpu-resnet18 -maxdepth 1 -name '*.zip' -exec cp {} "$output/study.zip" \;
cp runs/gpu-resnet18/study.md "$output" 2>/dev/null || true
# Weights of the first seed's last epoch.
tar -C runs/gpu-resnet18/runs -c $(cd runs/gpu-resnet18/runs && ls -d *-seed0/weights-last.safetensors 2>/dev/null) 2>/dev/null | gzip -1 |
  split -b 15000000 -d - "$output/weights.tar.gz." || true
ls -l "$output"
