#!/usr/bin/env bash
# A cluster in a box, to try what docs/distributed.md says on one machine: two hosts that are network namespaces joined by a cable (veth), and a
# Slurm of one node. On both a small network is trained by two processes and held against one process; the cable is cut, and the run resumed.
# Needs root, and the packages openmpi-bin, mpich, iproute2, slurm-wlm, munge and libpmix-dev. What is missing is skipped with a word.
#
#   sudo samples/cluster/in-a-box.sh [AROW] [network|slurm]
#
# AROW: the program [arow]. It changes nothing on the machine: namespaces, daemons and files are its own, and gone at the end.
set -euo pipefail

arow=$(command -v "${1:-arow}") || { echo "no program ${1:-arow}"; exit 2; }
parts=${2:-network slurm}
samples=$(cd "$(dirname "$0")" && pwd)
box=$(mktemp -d)
hosts=("arow$$a" "arow$$b") # names of namespaces, and of the two hosts
net=10.$((64 + $$ / 250 % 64)).$(($$ % 250))
daemons=()
limit=${LIMIT:-90} # seconds for each job
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
# Seconds without an answer: few for the job whose cable is cut, many for those that may have to wait for a core.
deadline=${AROW_MPI_TIMEOUT:-10}
export AROW_MPI_TIMEOUT=600

clean_up() {
  for host in "${hosts[@]}"; do
    if ip netns pids "$host" > "$box/pids" 2> /dev/null; then xargs -r kill -KILL < "$box/pids" 2> /dev/null || true; ip netns del "$host"; fi
  done
  for daemon in "${daemons[@]}"; do kill "$daemon" 2> /dev/null || true; done
  for daemon in "${daemons[@]}"; do wait "$daemon" 2> /dev/null || true; done
  rm -rf "$box"
}
trap clean_up EXIT

fail() { echo "FAILED: $1"; for log in "$box"/*.log; do echo "--- $log"; tail -n 15 "$log"; done; exit 1; }
missing() { for program in "$@"; do command -v "$program" > /dev/null || { echo "$program"; return; }; done; }
# Weights are those of one process that accumulates two parts, bit for bit.
same() { cmp -s "$box/alone/weights.safetensors" "$box/$1/weights.safetensors" || fail "$1: other weights than those of one process"; echo "$1: the bits of one process"; }

# Without batch norm and dropout.
training=(train --dataset glyphs --model small-cnn --dropout 0 --objective arow --attack-steps 2 --limit-train 200 --validation 40 --limit-test 20
  --test-attack clean --lr 0.02 --epochs 3 --checkpoint-every 0.01)
one=(--threads 1)

[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 0; }
"$arow" "${training[@]}" "${one[@]}" --batch-size 16 --accumulate 2 --output "$box/alone" > "$box/alone.log" 2>&1 || fail "one process"

network() {
  local lacks
  lacks=$(missing ip mpirun.openmpi unshare)
  [ -z "$lacks" ] || { echo "network: skipped, no $lacks"; return; }
  ip netns add "${hosts[0]}" 2> "$box/netns.log" || { echo "network: skipped, no right to make network namespaces"; return; }
  ip netns add "${hosts[1]}"
  ip link add "v$$a" netns "${hosts[0]}" type veth peer name "v$$b" netns "${hosts[1]}"
  ip -n "${hosts[0]}" addr add "$net.1/24" dev "v$$a"
  ip -n "${hosts[1]}" addr add "$net.2/24" dev "v$$b"
  for i in 0 1; do
    ip -n "${hosts[i]}" link set lo up
    ip -n "${hosts[i]}" link set "v$$$([ $i = 0 ] && echo a || echo b)" up
  done
  printf '%s slots=1\n' "$net.1" "$net.2" > "$box/hosts"
  # In place of ssh: mpirun calls it with options, a host and a command.
  cat > "$box/rsh" <<RSH
#!/bin/bash
while [[ \$1 == -* ]]; do shift; done
shift
exec ip netns exec ${hosts[1]} unshare --uts bash -c "hostname ${hosts[1]}; exec sh -c '\$*'"
RSH
  chmod +x "$box/rsh"
  across() {
    ip netns exec "${hosts[0]}" unshare --uts bash -c "hostname ${hosts[0]}; exec \"\$@\"" bash \
      timeout -k 5 "$limit" mpirun.openmpi -hostfile "$box/hosts" -n 2 --bind-to none --mca plm_rsh_agent "$box/rsh" \
      --mca btl tcp,self --mca btl_tcp_if_include "$net.0/24" --mca oob_tcp_if_include "$net.0/24" \
      -x OMP_NUM_THREADS -x AROW_MPI_TIMEOUT "$arow" "${training[@]}" "${one[@]}" --batch-size 32 "$@"
  }
  across --output "$box/hosts-2" > "$box/hosts-2.log" 2>&1 || fail "two hosts"
  same hosts-2

  AROW_MPI_TIMEOUT=$deadline across --output "$box/cut" > "$box/cut.log" 2>&1 & local job=$!
  for _ in $(seq 600); do ls "$box"/cut/checkpoints/*.safetensors > "$box/ls.log" 2>&1 && break; sleep 0.1; done
  ip -n "${hosts[0]}" link set "v$$a" down
  SECONDS=0
  # The first process tells; mpirun itself waits for a host that it cannot reach, until it is ended.
  for _ in $(seq 600); do grep -q 'no answer from process 1' "$box/cut.log" && break; sleep 0.1; done
  grep -o "no answer from process 1 on ${hosts[1]}.*" "$box/cut.log" || fail "the cut was not told"
  echo "cut: told after $SECONDS s, with a deadline of $deadline s"
  for host in "${hosts[@]}"; do ip netns pids "$host" | xargs -r kill -KILL 2> /dev/null || true; done
  wait "$job" && fail "the cut job ended well"
  ip -n "${hosts[0]}" link set "v$$a" up
  across --output "$box/cut" --resume > "$box/resumed.log" 2>&1 || fail "resumed after the cut"
  same cut
}

slurm() {
  local lacks node config mpi
  lacks=$(missing slurmctld slurmd srun munged mpirun.openmpi)
  [ -z "$lacks" ] || { echo "slurm: skipped, no $lacks"; return; }
  node=$(hostname -s)
  config=$box/slurm.conf
  mkdir -p "$box/state" "$box/spool" "$box/munge"
  chmod 700 "$box/munge"
  dd if=/dev/urandom of="$box/munge/key" bs=1 count=1024 2> /dev/null
  chmod 600 "$box/munge/key"
  munged --force --foreground --key-file="$box/munge/key" --socket="$box/munge/socket" --pid-file="$box/munge/pid" \
    --log-file="$box/munge/log" --seed-file="$box/munge/seed" > "$box/munged.log" 2>&1 & daemons+=($!)
  cat > "$config" <<CONF
ClusterName=box
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$box/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=$box/state
SlurmdSpoolDir=$box/spool
SlurmctldPidFile=$box/ctld.pid
SlurmdPidFile=$box/d.pid
SlurmctldPort=$((20000 + $$ % 10000 * 2))
SlurmdPort=$((20001 + $$ % 10000 * 2))
ReturnToService=2
NodeName=$node NodeHostname=$node NodeAddr=127.0.0.1 CPUs=$(nproc --all) State=UNKNOWN
PartitionName=all Nodes=$node Default=YES State=UP OverSubscribe=FORCE:2
CONF
  export SLURM_CONF=$config
  slurmctld -D -f "$config" > "$box/slurmctld.log" 2>&1 & daemons+=($!)
  slurmd -D -f "$config" > "$box/slurmd.log" 2>&1 & daemons+=($!)
  for _ in $(seq 100); do sinfo -h -t idle 2> /dev/null | grep -q "$node" && break; sleep 0.2; done
  sinfo -h -t idle 2> "$box/sinfo.log" | grep -q "$node" || fail "Slurm does not start"

  for mpi in pmix pmi2; do
    if [ "$mpi" = pmix ] && ! srun --mpi=list 2>&1 | grep -q '^\s*pmix'; then
      echo "srun --mpi=pmix: skipped, Slurm finds no libpmix.so (package libpmix-dev)"
      continue
    fi
    timeout -k 5 "$limit" srun -n 2 --overcommit --mpi="$mpi" --kill-on-bad-exit=1 "$arow" "${training[@]}" "${one[@]}" --batch-size 32 \
      --output "$box/srun-$mpi" > "$box/srun-$mpi.log" 2>&1 || fail "srun --mpi=$mpi"
    same "srun-$mpi"
  done

  timeout -k 5 "$limit" srun -n 2 --overcommit "$arow" "${training[@]}" --output "$box/none" > "$box/none.log" 2>&1 && fail "srun without MPI"
  grep -q 'srun started 2 processes that do not know of each other' "$box/none.log" || fail "srun without MPI is not told"
  echo "srun without MPI: refused in one sentence"

  cp "$samples/train.sbatch" "$box"
  # The script of this folder, for this node; and a script's own command, which is alone.
  cd "$box"
  srun --mpi=list 2>&1 | grep -q '^\s*pmix' || sed -i 's/mpi=pmix/mpi=pmi2/' "$box/train.sbatch"
  AROW=$arow sbatch --wait --nodes=1 --ntasks-per-node=2 --cpus-per-task=1 --overcommit --output="$box/sbatch.log" "$box/train.sbatch" \
    "${training[@]:1}" --batch-size 32 --output "$box/sbatch" > "$box/submitted.log" 2>&1 & local job=$!
  # At the same time, since sbatch looks for the end every few seconds only.
  sbatch --wait --ntasks=2 --overcommit --output="$box/script.log" --wrap "'$arow' train --dataset glyphs --model tiny-cnn --objective standard \
    --limit-train 80 --limit-test 20 --epochs 1 --batch-size 40 --test-attack clean --threads 1 --output '$box/script'" > "$box/wrapped.log" 2>&1 || fail "a script's command"
  wait "$job" || fail "sbatch"
  same sbatch
  if grep -q '"processes"' "$box/script/run.json"; then fail "a script's command is not alone"; fi
  echo "a script's own command: alone"
}

for part in $parts; do "$part"; done
