"""Makes of a clean 16 kHz clip what a telephone would deliver at 8 kHz: other throats, old voices, rooms, noise, codecs, loss."""
import ctypes
import ctypes.util

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt


def throat(x, rng, low=0.86, high=1.18):
    """Resampling moves pitch and formants together: a larger or smaller speaker (and a slower or quicker one)."""
    up = int(round(100 / rng.uniform(low, high)))
    return resample_poly(x, up, 100) if up != 100 else x


def old(x, rng, rate=16000):
    """Jitter and tremor of the pitch, tremor of the loudness, breath."""
    n = len(x)
    t = np.arange(n) / rate
    shift = np.zeros(n)
    if rng.random() < 0.7:
        f = rng.uniform(3.5, 8)
        shift += rng.uniform(0.003, 0.025) / (2 * np.pi * f) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6.3))
    if rng.random() < 0.6:
        slow = np.interp(np.arange(n), np.arange(0, n + 400, 400), rng.standard_normal(n // 400 + 2)[:len(np.arange(0, n + 400, 400))])
        shift += np.cumsum(slow - slow.mean()) / rate * rng.uniform(0.003, 0.02)
    x = np.interp(t + shift, t, x)
    if rng.random() < 0.5:
        x = x * (1 + rng.uniform(0.05, 0.3) * np.sin(2 * np.pi * rng.uniform(3, 8) * t + rng.uniform(0, 6.3)))
    if rng.random() < 0.5:
        envelope = lfilter([0.01], [1, -0.99], np.abs(x))
        x = x + envelope * rng.standard_normal(n) * 10 ** (rng.uniform(-22, -6) / 20)
    return x


def room(x, rng, rate=16000):
    n = int(rng.uniform(0.05, 0.35) * rate)
    tail = rng.standard_normal(n) * np.exp(-np.arange(n) / n * 6.9)
    tail[:int(0.002 * rate)] = 0
    wet = fftconvolve(x, tail)[:len(x)]
    return x + wet * np.sqrt((x ** 2).mean() / max(1e-12, (wet ** 2).mean())) * 10 ** (rng.uniform(-20, -4) / 20)


def tilt(x, rng):
    """A handset's or a microphone's colour."""
    a = rng.uniform(-0.4, 0.5)
    return lfilter([1, -a], [1], x) if a > 0 else lfilter([1], [1, a], x)


def noise(n, rng, babble=None, rate=16000):
    """Noise of one of several kinds, power 1."""
    kind = rng.choice(["white", "pink", "brown", "hum", "street", "babble"], p=[0.2, 0.2, 0.1, 0.1, 0.2, 0.2])
    if kind == "babble" and babble is not None:
        y = sum(babble(n) for _ in range(rng.integers(2, 6)))
    elif kind == "hum":
        t = np.arange(n) / rate
        y = sum(rng.uniform(0, 1) / k * np.sin(2 * np.pi * 50 * k * t + rng.uniform(0, 6.3)) for k in range(1, 20)) + 0.1 * rng.standard_normal(n)
    else:
        w = rng.standard_normal(n)
        f = np.fft.rfft(w)
        k = np.maximum(1, np.arange(len(f)))
        y = np.fft.irfft(f / k ** {"white": 0, "pink": 0.5, "brown": 1}.get(kind, 0.4), n)
        if kind == "street":
            m = np.interp(np.arange(n), np.linspace(0, n, 2 + n // 8000), rng.uniform(0.1, 1, 2 + n // 8000))
            y = lfilter([0.2], [1, -0.8], y) * m
    return y / np.sqrt((y ** 2).mean() + 1e-12)


def active(x):
    """Mean power where the clip is loud."""
    p = x ** 2
    return p[p > p.max() * 1e-3].mean() if len(x) and p.max() > 0 else 1e-9


def alaw(x):
    """G.711 A-law there and back (A = 87.6, 8 bits)."""
    a = 87.6
    s = np.clip(np.abs(x), 0, 1)
    c = np.where(s < 1 / a, a * s, 1 + np.log(np.maximum(a * s, 1))) / (1 + np.log(a))
    c = (np.floor(c * 128) + 0.5) / 128
    c = np.minimum(c, 127.5 / 128)
    y = np.where(c < 1 / (1 + np.log(a)), c * (1 + np.log(a)) / a, np.exp(c * (1 + np.log(a)) - 1) / a)
    return np.sign(x) * y


_gsm = None


def gsm(x):
    """GSM 06.10 there and back, by libgsm; 8 kHz."""
    global _gsm
    if _gsm is None:
        _gsm = ctypes.CDLL(ctypes.util.find_library("gsm") or "libgsm.so.1")
        _gsm.gsm_create.restype = ctypes.c_void_p
    coder, decoder = ctypes.c_void_p(_gsm.gsm_create()), ctypes.c_void_p(_gsm.gsm_create())
    pcm = (np.clip(np.pad(x, (0, -len(x) % 160)), -1, 1) * 32767).astype(np.int16)
    out = np.empty_like(pcm)
    frame = (ctypes.c_ubyte * 33)()
    for i in range(0, len(pcm), 160):
        _gsm.gsm_encode(coder, pcm[i:i + 160].ctypes.data_as(ctypes.c_void_p), frame)
        _gsm.gsm_decode(decoder, frame, out[i:i + 160].ctypes.data_as(ctypes.c_void_p))
    _gsm.gsm_destroy(coder)
    _gsm.gsm_destroy(decoder)
    return out[:len(x)] / 32768


BAND = {}


def band(x, low, high, rate):
    key = (round(low / 20), round(high / 50), rate)
    if key not in BAND:
        BAND[key] = butter(4, [low, high], "bandpass", fs=rate, output="sos")
    return sosfilt(BAND[key], x)


def telephone(x16, low=300, high=3400):
    """The plain channel of the measurements: 300 to 3400 Hz, 8 kHz, A-law; nothing random."""
    return alaw(resample_poly(band(x16, low, high, 16000), 1, 2))


def call(x, rng, babble=None, shift=True, dull=False):
    """A training clip: 16 kHz in, 8 kHz out, with what telephones, homes and ages do to it; dull: mostly mobile codecs and muffled microphones,
    in which "s" and "ch" are hard to tell apart."""
    x = np.asarray(x, np.float64)
    if shift:
        x = throat(x, rng)
    if rng.random() < 0.35:
        x = old(x, rng)
    x = np.concatenate([np.zeros(int(rng.uniform(0.05, 0.45) * 16000)), x, np.zeros(int(rng.uniform(0.15, 0.6) * 16000))])
    if rng.random() < 0.3:
        x = room(x, rng)
    if rng.random() < 0.6:
        x = tilt(x, rng)
    p = active(x)
    if rng.random() < 0.8:
        x = x + noise(len(x), rng, babble) * np.sqrt(p) * 10 ** (-rng.triangular(6, 25, 42) / 20)
    else:
        x = x + rng.standard_normal(len(x)) * np.sqrt(p) * 1e-3
    if rng.random() < 0.9:
        x = band(x, rng.uniform(120, 400 if dull else 350), rng.uniform(2300 if dull else 3100, 3600), 16000)
    y = resample_poly(x, 1, 2)
    y = y * np.sqrt(10 ** (rng.uniform(-40, -10) / 10) / active(y))
    if rng.random() < 0.06:
        y = np.clip(y * 10 ** (rng.uniform(6, 18) / 20), -rng.uniform(0.2, 1), rng.uniform(0.2, 1))
    y = np.clip(y, -1, 1)
    codec = rng.random()
    for _ in range(rng.integers(1, 3) if dull else codec < 0.22):
        y = gsm(y)
    if codec < 0.95:
        y = alaw(y)
    if rng.random() < 0.08:
        for at in range(0, len(y) - 160, 160):
            if rng.random() < 0.03:
                y[at:at + 160] = 0 if at < 160 or rng.random() < 0.5 else y[at - 160:at] * 0.7
    return y
