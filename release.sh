#!/usr/bin/env bash
# release.sh VERSION [FOLDER]: all files of a release in FOLDER (artifacts/release by default), with their checksums.
#   Arow, Arow.Onnx     the library, for projects
#   Arow.Cli            the program as a .NET tool: a small package that points to that of the platform
#   arow-VERSION-linux-x64.tar.xz   the program for machines without .NET
set -euo pipefail
cd "$(dirname "$0")"

version=${1:?usage: release.sh VERSION [FOLDER]}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "release.sh: $version is not a version such as 1.2.3 or 1.2.3-beta.1" >&2; exit 2; }
out=$(realpath -m "${2:-artifacts/release}")
mkdir -p "$out"
[ -z "$(ls -A "$out")" ] || { echo "release.sh: $out is not empty" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# In a place of their own: the settings of a tool that an earlier build left would be taken for those of the pointer.
build=(-c Release --nologo -v quiet "-p:Version=$version" --artifacts-path "$work/artifacts")
pack() { dotnet pack "${build[@]}" -o "$out" "$@"; }
pack src/Arow
pack src/Arow.Onnx
pack src/Arow.Cli -p:ByPlatform=true -p:Pointer=true

name=arow-$version-linux-x64
dotnet publish src/Arow.Cli "${build[@]}" -r linux-x64 -p:SelfContained=true -p:DebugType=none -o "$work/$name"
rm -f "$work/$name"/*.xml
cp LICENSE README.md "$work/$name"
tar -C "$work" -c "$name" | xz -T0 -1 > "$out/$name.tar.xz"

cd "$out"
sha256sum -- * > "$work/SHA256SUMS"
mv "$work/SHA256SUMS" .
ls -l
