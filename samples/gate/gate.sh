#!/usr/bin/env bash
# A gate of a pipeline: gate.sh MODEL ROBUST FOLDER ends with 0 if the robust accuracy of MODEL is at least ROBUST with 95 % confidence, with 3 if it is not, and with
# 2 where the question is wrong. The report in FOLDER is the artifact to keep. The evaluation ends early where the bound is out of reach.
set -euo pipefail
arow evaluate "$1" --attack pgd20 --limit 100 --fail-under "$2" --stop-below "$2" --output "$3" --resume
