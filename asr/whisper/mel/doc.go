// Package mel computes the spectrogram that Whisper's encoder reads (A. Radford et al., "Robust Speech Recognition via Large-Scale Weak
// Supervision", 2022): 16 kHz sound, windows of 25 ms (Hann) every 10 ms, mel bands after Slaney, logarithm to base 10, the range cut at 8
// below the loudest, then (x + 4) / 4. The edges are mirrored, as in the original.
package mel
