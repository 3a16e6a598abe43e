#!/bin/sh
# from CI: unpack, build, switch
set -e
release=$SITE/releases/$(date -u +%Y%m%d%H%M%S)
mkdir -p "$release" "$SITE/shared"
git archive "$VERSION" | tar -x -C "$release"
ln -s ../../shared "$release/uploads"
(cd "$release" && sh ./build)
ln -sfn "$release" "$SITE/current"
