/**
 * Brings one commit into the workspace. Everything that comes from outside is in the environment, quoted, and behind
 * `--`; the checks of source-policy.ts came before. The exact commit is asked for first, which most servers grant; where
 * one does not, the ref is fetched, and the commit must be in it.
 */
export const cloneScript = `set -eu
umask 0022
printf '[safe]\\n\\tdirectory = *\\n[advice]\\n\\tdetachedHead = false\\n[init]\\n\\tdefaultBranch = main\\n' > "$HOME/.gitconfig"
git init -q .
git remote add origin "$CYCLONE_CLONE_URL"
depth=\${CYCLONE_CLONE_DEPTH:+--depth=$CYCLONE_CLONE_DEPTH}
printf '+ git fetch %s %s\\n' "$CYCLONE_CLONE_URL" "$CYCLONE_CLONE_SHA"
if ! git fetch -q --no-tags --no-write-fetch-head $depth -- origin "+$CYCLONE_CLONE_SHA:refs/cyclone/commit" 2> "$HOME/fetch-error"; then
  printf 'the server gives no single commits, fetching %s\\n' "$CYCLONE_CLONE_REF"
  git fetch -q --no-tags --no-write-fetch-head -- origin "+$CYCLONE_CLONE_REF:refs/cyclone/ref" || { cat "$HOME/fetch-error" >&2; exit 128; }
  git update-ref refs/cyclone/commit "$CYCLONE_CLONE_SHA^{commit}" 2>/dev/null || git update-ref refs/cyclone/commit "$CYCLONE_CLONE_SHA"
fi
git checkout -q --detach refs/cyclone/commit --
found=$(git rev-parse HEAD)
if [ "$found" != "$CYCLONE_CLONE_SHA" ]; then
  printf 'expected commit %s, found %s\\n' "$CYCLONE_CLONE_SHA" "$found" >&2
  exit 128
fi
git log -1 --format='HEAD is now at %h %s' HEAD
chmod 0777 .
`;

/** Where a repository of the runner's machine appears in the container that clones. */
export const localSourcePath = '/cyclone/source';
