#include "kernel.h"

#include <math.h>
#include <string.h>

#pragma GCC optimize("O3", "no-math-errno", "fp-contract=fast")

enum { LANES = 8, STEP = 288, PAD = 32, WINDOW = 128, HOP = 64, BINS = 65, FRAMES = 4, STATE = 128, GATES = 4 * STATE };

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int ivec __attribute__((vector_size(4 * LANES)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec chosen(ivec which, vec a, vec b) { return (vec)((which & (ivec)a) | (~which & (ivec)b)); }
INLINE vec larger(vec a, vec b) { return chosen(a > b, a, b); }
INLINE vec smaller(vec a, vec b) { return chosen(a < b, a, b); }
INLINE vec every(float a) { return (vec){} + a; }

// dense adds the product of w with inputs from..to of x to y: outs outputs, of which w has ins inputs each.
INLINE void dense(const float *w, int ins, int outs, int from, int to, const vec *x, vec *y) {
	for (int o = 0; o < outs; o += 8, w += 8 * ins) {
		vec a0 = y[o], a1 = y[o + 1], a2 = y[o + 2], a3 = y[o + 3], a4 = y[o + 4], a5 = y[o + 5], a6 = y[o + 6], a7 = y[o + 7];
		for (int k = from; k < to; k++) {
			const float *p = w + 8 * k;
			vec v = x[k];
			a0 += p[0] * v, a1 += p[1] * v, a2 += p[2] * v, a3 += p[3] * v;
			a4 += p[4] * v, a5 += p[5] * v, a6 += p[6] * v, a7 += p[7] * v;
		}
		y[o] = a0, y[o + 1] = a1, y[o + 2] = a2, y[o + 3] = a3, y[o + 4] = a4, y[o + 5] = a5, y[o + 6] = a6, y[o + 7] = a7;
	}
}

// conv is a convolution of three taps, padded by one frame of zeros, then a rectifier. x and y are frame by frame.
INLINE void conv(const float *w, const float *bias, int ins, int outs, int stride, int frames, int made, const vec *x, vec *y) {
	for (int f = 0; f < made; f++) {
		vec *to = y + f * outs;
		for (int o = 0; o < outs; o++) to[o] = every(bias[o]);
		int first = f * stride - 1; // frame under the first tap
		int from = first < 0 ? 1 : 0, end = first + 3 > frames ? frames - first : 3;
		dense(w, 3 * ins, outs, from * ins, end * ins, x + first * ins, to);
		for (int o = 0; o < outs; o++) to[o] = larger(to[o], every(0));
	}
}

// exponential by powers of two and a polynomial (Cephes); relative error below 2e-7.
INLINE vec exponential(vec x) {
	x = larger(smaller(x, every(88)), every(-87));
	ivec n = __builtin_convertvector(x * 1.44269504088896341f + chosen(x > every(0), every(0.5f), every(-0.5f)), ivec);
	vec k = __builtin_convertvector(n, vec);
	x = x - k * 0.693359375f + k * 2.12194440e-4f;
	vec p = x * 1.9875691500e-4f + 1.3981999507e-3f;
	p = p * x + 8.3334519073e-3f;
	p = p * x + 4.1665795894e-2f;
	p = p * x + 1.6666665459e-1f;
	p = p * x + 5.0000001201e-1f;
	p = p * x * x + x + 1.0f;
	return p * (vec)((n + 127) << 23);
}

INLINE vec sigmoid(vec x) { return 1.0f / (1.0f + exponential(-x)); }
INLINE vec tangent(vec x) { return 1.0f - 2.0f / (exponential(2.0f * x) + 1.0f); }

INLINE void run(const struct silero_weights *w, int lanes, const float *input, float *h, float *c, float *probability) {
	vec x[STEP + PAD], spectrum[136], magnitude[FRAMES * BINS], a[FRAMES * 128], b[2 * 64], d[64], z[2 * STATE], g[GATES];
	memset(x, 0, sizeof x);
	for (int l = 0; l < lanes; l++)
		for (int i = 0; i < STEP; i++) x[i][l] = input[l * STEP + i];
	for (int i = 0; i < PAD; i++) x[STEP + i] = x[STEP - 2 - i]; // reflected
	for (int f = 0; f < FRAMES; f++) {
		memset(spectrum, 0, sizeof spectrum);
		dense(w->stft, WINDOW, 136, 0, WINDOW, x + f * HOP, spectrum);
		for (int k = 0; k < BINS; k++) {
			vec re = spectrum[k], im = spectrum[BINS + k], power = re * re + im * im;
			for (int l = 0; l < LANES; l++) magnitude[f * BINS + k][l] = sqrtf(power[l]);
		}
	}
	conv(w->conv[0], w->bias[0], BINS, 128, 1, FRAMES, FRAMES, magnitude, a);
	conv(w->conv[1], w->bias[1], 128, 64, 2, FRAMES, 2, a, b);
	conv(w->conv[2], w->bias[2], 64, 64, 2, 2, 1, b, d);
	conv(w->conv[3], w->bias[3], 64, STATE, 1, 1, 1, d, z);
	memset(z + STATE, 0, STATE * sizeof *z);
	for (int l = 0; l < lanes; l++)
		for (int i = 0; i < STATE; i++) z[STATE + i][l] = h[l * STATE + i];
	for (int i = 0; i < GATES; i++) g[i] = every(w->lstm_bias[i]);
	dense(w->lstm, 2 * STATE, GATES, 0, 2 * STATE, z, g);
	vec out = every(w->out_bias);
	for (int i = 0; i < STATE; i++) {
		vec cell = {};
		for (int l = 0; l < lanes; l++) cell[l] = c[l * STATE + i];
		cell = sigmoid(g[STATE + i]) * cell + sigmoid(g[i]) * tangent(g[2 * STATE + i]);
		vec hidden = sigmoid(g[3 * STATE + i]) * tangent(cell);
		for (int l = 0; l < lanes; l++) c[l * STATE + i] = cell[l], h[l * STATE + i] = hidden[l];
		out += w->out[i] * larger(hidden, every(0));
	}
	out = sigmoid(out);
	for (int l = 0; l < lanes; l++) probability[l] = out[l];
}

INLINE void all(const struct silero_weights *w, int n, const float *input, float *state, float *probability) {
	for (int l = 0; l < n; l += LANES)
		run(w, n - l < LANES ? n - l : LANES, input + l * STEP, state + l * STATE, state + (n + l) * STATE, probability + l);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void fast(const struct silero_weights *w, int n, const float *input, float *state, float *probability) {
	all(w, n, input, state, probability);
}
#endif

void silero_run(const struct silero_weights *w, int n, const float *input, float *state, float *probability) {
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
		fast(w, n, input, state, probability);
		return;
	}
#endif
	all(w, n, input, state, probability);
}
