#!/usr/bin/env bash
# Checks Arow on a machine with a GPU, and says how fast it is there: one table, exit code 1 if a check fails. Builds
# nothing there and needs neither the .NET SDK nor a package registry: docs/gpu.md.
#
#   bench/gpu.sh pack                 here, with the SDK: writes artifacts/arow-gpu.tar.xz, program and checks without libtorch
#   ./gpu.sh [--device cuda|cpu] [--small]   there, in the unpacked folder; with the CPU everything but the device is tried
#
# AROW_LIBTORCH    folder of libtorch; by default torch/lib of the Python that PYTHON names (python3)
# AROW_PUBLISHED   a checkout of the published ARoW code, to be timed under bfloat16 autocast by that Python; without it the row is left out
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

pack() {
  local root target
  root=$(dirname "$here")
  target=$root/artifacts/gpu
  rm -rf "$target"
  mkdir -p "$target"
  # Both into one folder: they share the runtime and the library.
  for project in src/Arow.Cli bench/Arow.Bench; do
    dotnet publish "$root/$project" -c Release -r linux-x64 --self-contained -p:Torch=none -p:Onnx=none \
      -p:DebugType=none --artifacts-path "$root/artifacts/gpu-build" -o "$target/bin" --nologo -v q
  done
  rm -f "$target"/bin/*.xml
  cp "$here/gpu.sh" "$here/published_step.py" "$target"
  if find "$target" -name 'libtorch*' -o -name 'libc10*' | grep -q .; then
    echo "gpu.sh: libtorch got into the archive" >&2
    exit 1
  fi
  tar -C "$root/artifacts" -cJf "$root/artifacts/arow-gpu.tar.xz" gpu
  local size
  size=$(stat -c %s "$root/artifacts/arow-gpu.tar.xz")
  printf '%s: %d.%d MB\n' "$root/artifacts/arow-gpu.tar.xz" $((size / 1000000)) $((size / 100000 % 10))
  [ "$size" -lt 60000000 ] || { echo "gpu.sh: more than 60 MB" >&2; exit 1; }
}

if [ "${1-}" = pack ]; then
  pack
  exit
fi

device=cuda
small=()
while [ $# -gt 0 ]; do
  case $1 in
    --device) device=${2:?--device cuda or cpu}; shift 2 ;;
    --small) small=(--small); shift ;;
    *) echo "usage: gpu.sh [pack | [--device cuda|cpu] [--small]]" >&2; exit 2 ;;
  esac
done
case $device in cuda | cpu) ;; *) echo "gpu.sh: --device is cuda or cpu, not '$device'" >&2; exit 2 ;; esac

bin=$here/bin
[ -d "$bin" ] || bin=$(dirname "$here")/artifacts/gpu/bin
[ -x "$bin/Arow.Bench" ] || { echo "gpu.sh: no program in $here/bin: 'bench/gpu.sh pack' makes it" >&2; exit 2; }

python=${PYTHON:-python3}
if [ -z "${AROW_LIBTORCH-}" ]; then
  AROW_LIBTORCH=$("$python" -c 'import importlib.util, os; s = importlib.util.find_spec("torch"); print(os.path.join(os.path.dirname(s.origin), "lib") if s else "")' || true)
  [ -n "$AROW_LIBTORCH" ] || { echo "gpu.sh: $python has no PyTorch; let AROW_LIBTORCH name a folder with libtorch, or PYTHON another Python" >&2; exit 2; }
fi
export AROW_LIBTORCH
# PyTorch's CUDA libraries lie in packages beside it, and it finds them by itself; where it does not, they are found here.
for folder in "$AROW_LIBTORCH"/../../nvidia/*/lib; do
  [ -d "$folder" ] && export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"
done

echo "libtorch: $AROW_LIBTORCH"
if [ "$device" = cuda ]; then
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo "nvidia-smi is missing or finds no GPU"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
published=()
if [ -n "${AROW_PUBLISHED-}" ]; then
  echo "timing the published Python" >&2
  if rate=$("$python" "$here/published_step.py" "$AROW_PUBLISHED" "$device" ${small[@]+"${small[@]}"}); then published=(--published "$rate")
  else echo "gpu.sh: the published Python did not run; its row is left out" >&2; fi
fi

failed=0
"$bin/Arow.Bench" --card --device "$device" ${small[@]+"${small[@]}"} ${published[@]+"${published[@]}"} > "$work/table" 2> >(tee "$work/told" >&2) || failed=$?
if [ ! -s "$work/table" ]; then
  # libtorch ends a process that calls what is not there; the rows until then have been told.
  { printf '| check | found | wanted | |\n|---|---|---|---|\n'; grep '^|' "$work/told" || true; printf '| the checks | ended with code %s | run to their end | FAILED |\n' "$failed"; } > "$work/table"
fi

# The program as a user runs it.
row() {
  local name=$1
  shift
  if "$@" > "$work/said" 2>&1; then printf '| %s | ran | | ok |\n' "$name"
  else
    printf '| %s | %s | runs | FAILED |\n' "$name" "$(tr '|\n' '/ ' < "$work/said" | tail -c 300)"
    return 1
  fi
}
arow=$bin/arow
{
  row "arow train" "$arow" train --dataset glyphs --limit-train 500 --limit-test 100 --model small-cnn --epochs 2 --batch-size 50 --lr 0.05 \
    --device "$device" --output "$work/run" || failed=1
  row "arow evaluate, autoattack" "$arow" evaluate "$work/run" --attack autoattack --limit 20 --device "$device" --steps 10 --queries 100 || failed=1
  row "arow analyze" "$arow" analyze "$work/run" --limit 40 --device "$device" || failed=1
  # Two processes that share the device, beside one that accumulates as many parts: docs/distributed.md.
  if command -v mpirun > "$work/said"; then
    pair=(train --dataset glyphs --limit-train 300 --limit-test 50 --model small-cnn --dropout 0 --epochs 1 --lr 0.05 --precision exact
      --test-attack clean --threads 1 --device "$device")
    mpirun=(mpirun -n 2)
    if mpirun --version | grep -q 'Open MPI'; then mpirun+=(--oversubscribe --allow-run-as-root); fi
    row "mpirun -n 2 arow train" "${mpirun[@]}" "$arow" "${pair[@]}" --batch-size 50 --output "$work/two" || failed=1
    row "arow train --accumulate 2" "$arow" "${pair[@]}" --batch-size 25 --accumulate 2 --output "$work/parts" || failed=1
    if cmp "$work/two/weights.safetensors" "$work/parts/weights.safetensors" > "$work/said" 2>&1; then bits='the same bits'; else bits='other bits'; fi
    printf '| their weights | %s | | |\n' "$bits"
    # Sums from card to card, which need one for each process.
    if [ "$device" = cuda ] && [ "$(nvidia-smi -L | wc -l)" -ge 2 ]; then
      row "AROW_NCCL=1 mpirun -n 2 arow train" env AROW_NCCL=1 "${mpirun[@]}" "$arow" "${pair[@]}" --batch-size 50 --output "$work/nccl" || failed=1
      if cmp "$work/nccl/weights.safetensors" "$work/two/weights.safetensors" > "$work/said" 2>&1; then bits='the same bits'; else bits='other bits'; fi
      printf '| its weights, beside those of sums by the host | %s | | |\n' "$bits"
    else
      printf '| AROW_NCCL=1 mpirun -n 2 arow train | skipped: needs two cards | | |\n'
    fi
  else
    printf '| mpirun -n 2 arow train | skipped: no mpirun | | |\n'
  fi
} > "$work/rows"
cat "$work/table" "$work/rows"
exit "$failed"
