#!/usr/bin/env bash
# The documents and the reference of the API as a static site in artifacts/site/html: open index.html there, or serve the folder.
# A link that leads nowhere is an error. Needs the build (dotnet build -c Release) and the package registry.
set -euo pipefail
cd "$(dirname "$0")/../.."

source=artifacts/site/source
rm -rf artifacts/site
mkdir -p "$source"
# The pages, and what they link to, in the same places.
git ls-files -z --cached --others --exclude-standard -- '*.md' docs recipes studies samples bench src LICENSE CITATION.cff Containerfile ':!docs/site' | xargs -0 cp --parents -t "$source"
cp -r docs/site/docfx.json docs/site/toc.yml docs/site/index.md docs/site/template "$source"
dotnet tool restore
dotnet docfx "$source/docfx.json" --warningsAsErrors
[ -s artifacts/site/html/index.html ] && [ -s artifacts/site/html/api/Arow.Attacks.Pgd.html ]
echo "site: $(find artifacts/site/html -name '*.html' | wc -l) pages in artifacts/site/html"
