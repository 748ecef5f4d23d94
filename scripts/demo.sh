#!/usr/bin/env bash
# Starts the service with demonstration data, places one call by speech alone (by
# keys where no recogniser is installed) and shows the conversation as it happens.
# In a terminal the service then stays up until Ctrl-C; DEMO_STAY=1 or 0 says so whatever the terminal.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=bin/acotel-sbc
sip=${DEMO_SIP:-127.0.0.1:5060}
http=${DEMO_HTTP:-127.0.0.1:8080}
stay=${DEMO_STAY:-$([ -t 0 ] && [ -t 1 ] && echo 1 || echo 0)}
log=$(mktemp)

echo "== demo: starting the service on sip $sip and http $http (its log: $log)"
"$bin" serve --demo --sip "$sip" --http "$http" 2>"$log" &
service=$!
stop() {
  kill "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT TERM

ready() { exec 3<>"/dev/tcp/${http%:*}/${http##*:}" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && head -1 <&3 | grep -q ' 200 '; }
for i in $(seq 900); do
  if ( ready ) 2>/dev/null; then break; fi
  if ! kill -0 "$service" 2>/dev/null; then
    echo "demo: the service did not start:" >&2
    cat "$log" >&2
    echo "demo: if the address is taken, choose others: DEMO_SIP=127.0.0.1:5070 DEMO_HTTP=127.0.0.1:8090 make demo" >&2
    exit 1
  fi
  [ "$i" -lt 900 ] || { echo "demo: the service is not ready after 90 s" >&2; exit 1; }
  sleep 0.1
done

steps=(--dtmf "84000#" --dtmf 1 --dtmf 1 --dtmf 3 --dtmf 1 --dtmf 2 --dtmf 4)
how="by keys: 84000 is Avignon"
if "$bin" models list --json 2>/dev/null | grep -q '"used":true'; then
  # The caller's voice is another than the service's, and one that the recogniser never learnt from.
  steps=(--set tts.voice=fr+Annie --say "Je cherche un atelier mémoire" --say "À Avignon" --say "Suivant" --say "Non" --say "Oui" --say "Non" --say "Quatre")
  how="without a key: a wish, a town, the next one, no more, yes to the message, no other search, a mark"
fi

echo
echo "== demo: a call from the mobile 06 39 98 00 01, $how; it takes about two minutes"
"$bin" call "sip:0970000000@$sip" --from 0639980001 "${steps[@]}" --linger 20s --json >"$log.call" ||
  { echo "demo: the call failed" >&2; cat "$log.call" "$log" >&2; exit 1; }
echo "== demo: what the caller's telephone saw"
sed 's/^/   /' "$log.call"

echo
if [ "$stay" = 1 ]; then
  echo "== demo: your turn. The service stays up; call it with a softphone on this machine:"
  echo "   sip:0970000000@$sip"
  echo "   or open  http://$http/telephone  in a browser on this machine, press Appeler and talk      (Ctrl-C ends)"
  wait "$service"
else
  echo "== demo: done. To dial in, start"
  echo "   $bin serve --demo --sip $sip --http $http"
  echo "   and open  http://$http/telephone  in a browser on this machine: press Appeler and talk."
  echo "   A softphone calls sip:0970000000@$sip."
fi
