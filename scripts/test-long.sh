#!/usr/bin/env bash
# What make test leaves out because it is long or big: peers over 100 MB, soaks, campaigns. Each part on its own.
set -euo pipefail
cd "$(dirname "$0")/.."

start=$SECONDS
export CI=true TEST_LONG=1
echo "== test-long: recognisers of other makes"
scripts/wyoming-peer.sh
go test -count 1 -timeout 10m -run Long ./asr/wyoming ./speech
echo "== test-long: two services on one recogniser; a voice that dies in mid-sentence; slower and louder on the wire"
go test -count 1 -timeout 10m -run 'TestTwoServicesShareOneRecogniser|TestSlowerAndLouder|TestAVoiceThatDiesInMidSentence' ./e2e
echo "== test-long: the figures of a campaign of 2,000 calls, counted again, on SQLite and PostgreSQL"
go test -count 1 -timeout 10m -run TestStatsOfACampaign ./record
scripts/postgres.sh go test -count 1 -timeout 10m -run TestStatsOfACampaign ./record
echo "== test-long: 200 spoken calls, memory flat"
make --no-print-directory build
scripts/talk-soak.sh
echo "== test-long: the database, the disk and the SMS provider broken in mid-call"
go test -count 1 -parallel 8 -timeout 10m -run 'TestDatabase(Stopped|Locked)InMidCall|TestDiskFullInMidCall|TestSMSProviderGoneInMidCall' ./e2e
echo "== test-long: everything handed over, nothing kept in clear, the copy of the data gone, killed without its database, an own call that speaks"
scripts/postgres.sh go test -count 1 -parallel 8 -timeout 10m -run 'TestDataGoneInMidCall|TestHandover|TestNothingOfCallersIsKeptInClear|TestCheckSpeaksAndIsUnderstood|TestOwnCallThatIsNotUnderstood|TestKilledWithoutItsDatabase' ./e2e
echo "== test-long: ten calls from a browser beside fifteen SIP calls; what the way through the browser adds to the delay"
go test -count 1 -timeout 10m -v -run TestTenBrowserCallsBesideFifteen ./e2e
go test -run '^$' -bench MouthToEar -benchtime 1x ./softphone
echo "== test-long: ten tabs of a browser beside fifteen SIP calls; mouth to ear in a browser; calls through a STUN and TURN server of another make"
scripts/coturn.sh
go test -count 1 -timeout 10m -v -run 'TestTenTabsBesideFifteen|TestWhatACallCostsTheBrowser|TestBrowserMouthToEar|TestBrowserThroughARelay' ./e2e
echo "== test-long: all passed in $((SECONDS - start)) s"
