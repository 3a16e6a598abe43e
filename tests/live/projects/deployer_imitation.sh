#!/bin/sh
# An imitation of Deployer 7 (`dep deploy HOST`, `dep rollback HOST`) for machines that cannot have it: the file operations of
# its recipes, in their order (recipe/common.php, recipe/deploy/{setup,lock,release,update_code,shared,symlink,cleanup,rollback}.php).
# Of deploy.php it reads: shared_dirs, shared_files, keep_releases, release_name, and the task deploy:vendors, which here is ./build.
# The log is written, and .dep/latest_release counted up, before anything is built; BAD_RELEASE marks what a rollback leaves.
set -eu

setting() { sed -n "s/^set('$1', *\[*\([^]]*\)\]*);\$/\1/p" "$project/deploy.php" | tr -d "',"; }
now() { date -u +%Y-%m-%dT%H:%M:%S+0000; }
listed() { # releases_list: those in the log whose folders are there, newest first
  tail -n 300 .dep/releases_log | sed -n 's/.*"release_name":"\([^"]*\)".*/\1/p' | sed '1!G;h;$!d' |
    while read -r name; do if [ -d "releases/$name" ]; then echo "$name"; fi; done
}

deploy() {
  mkdir -p "$SITE"
  cd "$SITE"
  mkdir -p .dep releases shared
  [ ! -f .dep/deploy.lock ] || { echo "Deploy locked by $(cat .dep/deploy.lock)." >&2 && exit 1; }
  echo "$user" >.dep/deploy.lock
  trap 'rm -f .dep/deploy.lock' EXIT # after('deploy:failed', 'deploy:unlock')

  # deploy:release
  rm -f release
  case $(setting release_name) in
    *YmdHis*) name=$(date +%Y%m%d%H%M%S) ;;
    *) name=$(($(cat .dep/latest_release 2>/dev/null || echo 0) + 1)) ;;
  esac
  echo "$name" >.dep/latest_release
  printf '{"created_at":"%s","release_name":"%s","user":"%s","target":"%s"}\n' "$(now)" "$name" "$user" "${VERSION:-HEAD}" >>.dep/releases_log
  mkdir "releases/$name"
  ln -nfs "releases/$name" release

  # deploy:update_code
  [ -d .dep/repo ] || git clone -q --mirror "$REPO" .dep/repo
  git --git-dir .dep/repo remote update >/dev/null
  git --git-dir .dep/repo archive "${VERSION:-HEAD}" | tar -x -C "releases/$name"
  git --git-dir .dep/repo rev-list "${VERSION:-HEAD}" -1 >"releases/$name/REVISION"

  # deploy:shared
  for shared in $(setting shared_dirs); do
    mkdir -p "shared/$shared"
    rm -rf "releases/$name/$shared"
    ln -nfs "../../shared/$shared" "releases/$name/$shared"
  done
  for shared in $(setting shared_files); do
    touch "shared/$shared"
    ln -nfs "../../shared/$shared" "releases/$name/$shared"
  done

  (cd "releases/$name" && sh ./build) # deploy:vendors and what else builds
  mv -T release current               # deploy:symlink
  rm -f .dep/deploy.lock
  listed | tail -n +$(($(setting keep_releases) + 1)) | while read -r old; do rm -rf "releases/$old"; done
}

rollback() {
  cd "$SITE"
  left=$(basename "$(readlink current)")
  to=$(listed | awk -v left="$left" 'found { print } $0 == left { found = 1 }' | while read -r name; do if [ ! -f "releases/$name/BAD_RELEASE" ]; then echo "$name"; fi; done | head -n 1)
  [ -n "$to" ] || { echo "No more releases you can revert to." >&2 && exit 1; }
  ln -nfs "releases/$to" current
  echo "$(now),$user" >"releases/$left/BAD_RELEASE"
}

project=$PWD user=dora
case ${1:-} in
  deploy | rollback) "$1" ;;
  *) echo "dep deploy|rollback" >&2 && exit 64 ;;
esac
