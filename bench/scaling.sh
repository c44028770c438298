#!/usr/bin/env bash
# What training in several processes costs, as far as one machine of two cores can tell: see docs/distributed.md. Needs mpirun (openmpi-bin) and the
# built program and bench/Arow.Bench; writes Markdown. The machine should have nothing else to do; where it has, processor time says more than the clock.
#
#   bench/scaling.sh [PAIRS]     PAIRS of trainings: two processes of one thread beside one of two threads [7]
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-7}
arow=$PWD/artifacts/bin/Arow.Cli/release/arow
bench=$PWD/artifacts/bin/Arow.Bench/release/Arow.Bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun=(mpirun --oversubscribe --bind-to none -n 2)
# As said before each line of processes: an idle machine has few that want to run.
load() { printf '%s, %s waiting or running' "$(cut -d ' ' -f 1-3 /proc/loadavg)" "$(cut -d ' ' -f 4 /proc/loadavg | cut -d / -f 1)"; }

echo "# The cost of several processes, $(date +%F)"
echo
echo "\`bench/scaling.sh $pairs\`, library as of the commit of this file, on $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores,"
echo "$(. /etc/os-release; echo "$PRETTY_NAME"), $(mpirun --version | head -n 1). Load at the start: $(load)."
echo
OMP_NUM_THREADS=1 "${mpirun[@]}" "$bench" --sums | sed $'s/\e\\[?1h\e=//; s/\r$//' | tee "$work/sums" # Open MPI lends its processes a terminal
echo

# Counted is the faster of two epochs of 4 steps, from the log, without the start of the processes; and the processor time of the command.
images=256 batch=64
train=(train --dataset glyphs-colour --model resnet18-w16 --objective arow --attack-steps 10 --limit-train $((images + 64)) --validation 64 --limit-test 20
  --test-attack clean --batch-size $batch --epochs 2 --evaluate-every 2)
TIMEFORMAT='%U %S'
run() {
  local name=$1
  shift
  rm -rf "${work:?}/$name"
  { time "$@" --output "$work/$name" > "$work/$name.log" 2>&1; } 2> "$work/$name.time" || { cat "$work/$name.log" >&2; exit 1; }
  printf '%s %s\n' "$(sed -n 's/.*"seconds":\([0-9.]*\).*/\1/p' "$work/$name/log.jsonl" | sort -g | head -n 1)" "$(awk '{ print $1 + $2 }' "$work/$name.time")"
}
one() { run one "$arow" "${train[@]}" --threads 2; }
two() { OMP_NUM_THREADS=1 run two "${mpirun[@]}" "$arow" "${train[@]}" --threads 1; }
for i in $(seq "$pairs"); do
  if [ $((i % 2)) = 1 ]; then first=$(one) second=$(two); else second=$(two) first=$(one); fi
  echo "$first $second" >> "$work/pairs"
done
# Of the values of an expression of a pair: $1 and $2, epoch and processor time of one process; $3 and $4, of two.
spread() { awk "{ print $1 }" "$work/pairs" | sort -g | awk '{ r[NR] = $1 } END { printf "%.2f (%.2f to %.2f, n %d)", r[int((NR + 1) / 2)], r[1], r[NR], NR }'; }
echo "## Two processes of one thread by one process of two threads"
echo
echo "resnet18-w16, ARoW with PGD-10, batch $batch; pairs in turns. Above 1 the two processes take longer. Median (least to most, n)."
echo
echo "| | ratio |"
echo "|---|---|"
# shellcheck disable=SC2016
echo "| an epoch by the clock | $(spread '$3 / $1') |"
# shellcheck disable=SC2016
echo "| the command in processor time, starts and evaluation included | $(spread '$4 / $2') |"
echo
# The columns of the row: clock of an image in brackets, clock of the sum in brackets.
read -r image sum < <(sed -n 's/^| resnet18-w16 |[^|]*|[^(]*(\([0-9.]*\))[^|]*|[^(]*(\([0-9.]*\)).*/\1 \2/p' "$work/sums")
expected=$(awk -v i="$image" -v s="$sum" "BEGIN { print $images / $batch * ($batch / 2 * i + s) }")
echo "The model, held against these epochs: $((images / batch)) steps of $((batch / 2)) images' parts and a sum make $(printf %.2f "$expected") s by the clock;"
echo "an epoch of two processes took $(spread '$3') s, $(spread "\$3 / $expected") of it. What the model leaves out: making the batches, and waiting"
echo "for the slower process."
echo
echo "## Readings"
echo
echo "Seconds: an epoch and the processor time of one process, the same of two."
echo
echo '```'
cat "$work/pairs"
echo '```'
echo
echo "Load at the end: $(load)."
