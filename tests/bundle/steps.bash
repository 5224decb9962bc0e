# Steps that share a time: run-on-gpu sources this, and steps-test, whose steps move the clock themselves. Set before:
#   output    the folder:  log.txt  what steps print, as they print it;  done/  a file for each step that ended by
#             itself;  steps.txt  the table of the last call;  cache/  what need not be kept
#   deadline  when all must have ended, in seconds of bash's own clock
#   least     seconds that must be left for a step to begin; empty: all that are planned for it
#   pack      the file that everything but cache/ is packed into after each step; empty: none
verdicts=() running='' name=''
pack_bytes=$((16 << 20)) pack_files=8  # what a machine that is lent gives back

exec 3>&1 4>&2  # a signal is heard while the output of a step goes elsewhere
say() { printf '%s\n' "$*" >&4; }

left() { echo $((deadline > SECONDS ? deadline - SECONDS : 0)); }

# step NAME SECONDS FUNCTION…: what it calls through `timed` ends after so many seconds, or when all must end. A step is
# done, and not done again, when it ended by itself, well or not.
step() {
  local name=$1 planned=$2 status=0 begin=$SECONDS took
  shift 2
  if [ -f "$output/done/$name" ]; then
    verdict "$name" "$(cat "$output/done/$name") (before)"
    return 0
  fi
  if [ "$(left)" -lt "${least:-$planned}" ]; then
    verdict "$name" "not done: $planned s are planned, $(left) s are left"
    return 0
  fi
  if [ "$planned" -gt "$(left)" ]; then planned=$(left); fi
  step_ends=$((SECONDS + planned))
  say "$name, up to $planned s …"
  printf '== %s\n' "$name" >>"$output/log.txt"
  "$@" >>"$output/log.txt" 2>&1 </dev/null || status=$?
  took="$((SECONDS - begin)) of $planned s"
  case $status in
    0) finish "$name" "ok, $took" ;;
    77) verdict "$name" "skipped: $(tail -n 1 "$output/log.txt")" ;;
    124 | 137) verdict "$name" "not done in $planned s" ;;
    *) finish "$name" "FAILED with exit status $status, $took" ;;
  esac
  pack
}

timed() {  # in the background, so that a signal is heard at once
  local status=0 rest=$((step_ends - SECONDS))
  [ "$rest" -gt 0 ] || return 124
  timeout --kill-after=5 --signal=INT "$rest" "$@" &
  running=$!
  wait "$running" || status=$?
  running=''
  return "$status"
}

interrupted() {
  if [ -n "$running" ]; then kill -INT "$running" 2>/dev/null; wait "$running"; fi
  verdict "${name:-start}" interrupted
  summary 130
}

finish() {
  printf '%s\n' "$2" >"$output/done/$1"
  verdict "$1" "$2"
}

verdict() {
  verdicts+=("$(printf '%-16s %s' "$1" "$2")")
  printf '%s\n' "${verdicts[@]}" >"$output/steps.txt"
}

# Small files first, so that what there is no room for is the largest. A file may take a KiB more in the pack than by
# itself. The pack before it stands until the new one is whole.
pack() {
  [ -n "$pack" ] || return 0
  local new=$output/cache/pack chosen
  chosen=$(cd "$output" && find . -path ./cache -prune -o -type f -printf '%s\t%P\n' | sort -n |
    awk -F'\t' -v most=$(((pack_files - 1) * pack_bytes)) '
      { sum += $1 + 1024; print (sum > most ? "out" : "in") "\t" $2 }')
  sed -n 's/^out\t/no room in the pack for /p' <<<"$chosen" >&4
  sed -n 's/^in\t//p' <<<"$chosen" | tar -C "$output" -cf - -T - | gzip -1 >"$new" || return 0
  rm -f "$pack" "$pack".[0-9]
  if [ "$(stat -c %s "$new")" -le "$pack_bytes" ]; then
    mv "$new" "$pack"
  else
    split -b "$pack_bytes" -d -a 1 "$new" "$pack." && rm "$new"
  fi
}

# The table of all steps last; ends the script: 1 a step failed, 124 one is not done.
summary() {
  local text status=${1:-0}
  text=$(cat "$output/steps.txt")
  pack
  say "Results: $output/results, what the steps said: $output/log.txt${pack:+, packed: $(echo "$pack"*)}"
  case $status$text in
    0*FAILED*) status=1 ;;
    0*'not done'*) status=124; say 'The same command does the rest.' ;;
  esac
  printf '%s\n' "$text" >&3
  exit "$status"
}
