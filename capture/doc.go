// Package capture writes the signalling and the sound of one chosen call into a file that Wireshark reads (pcapng), for a diagnosis.
//
// Nothing is captured unless someone asks for it: by a request in the data folder, which only who may write there can make
// (acotel-sbc capture). It chooses the next call, or the next of a line or of a caller, holds for a while, and is used up. The file is
// readable by its owner alone, bounded in size and time, and is deleted when its time has come (requirement G1). Each step is logged.
//
// Messages and packets come from the calls' goroutines through bounded queues: who brings them never waits, what finds the queue full is
// counted and lost. What was carried by TCP or TLS, or protected as SRTP, is written in clear, as UDP datagrams.
package capture
