#ifndef SILERO_KERNEL_H
#define SILERO_KERNEL_H

// The network at 8 kHz, for eight lines at once: each value is a vector with one lane for each line, so that a weight is read once for all.
// Weights are packed by eight outputs: [outputs/8][inputs][8].
struct silero_weights {
	const float *stft;       // 136 (130 used) × 128
	const float *conv[4];    // 128 × 3·65, 64 × 3·128, 64 × 3·64, 128 × 3·64; inputs by tap, then channel
	const float *bias[4];
	const float *lstm;       // 512 × 256: of the input, then of the state; gates in PyTorch's order i, f, g, o
	const float *lstm_bias;  // 512, both biases added
	const float *out;        // 128
	float out_bias;
};

// silero_run makes one step of n lines, n <= 16. input is n × 288; state is 2 × n × 128 (h, then c) and is brought forward.
void silero_run(const struct silero_weights *w, int n, const float *input, float *state, float *probability);

#endif
