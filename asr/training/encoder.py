"""Whisper's encoder in PyTorch, read from the CTranslate2 file that the product itself uses, and the front end before it.

Frames: mel is [80, T] at 10 ms, the layers [T/2, 512] at 20 ms; layer_0 stands after the convolutions and positions, layer_i after block i,
`last` after the final norm: the names of the product's own encoder graph.
"""
import struct

import numpy as np
import torch
import torch.nn.functional as F
from scipy.signal import butter, resample_poly, sosfilt

from fast import Linear

TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def read_ct2(path):
    """Variables of a CTranslate2 model by name; int8 matrices are scaled back."""
    data = memoryview(open(path, "rb").read())
    at = 0

    def take(fmt):
        nonlocal at
        v = struct.unpack_from("<" + fmt, data, at)
        at += struct.calcsize("<" + fmt)
        return v[0]

    def text():
        nonlocal at
        n = take("H")
        s = bytes(data[at:at + n]).rstrip(b"\0").decode()
        at += n
        return s

    version = take("I")
    if version >= 2:
        text()
        take("I")
    out = {}
    for _ in range(take("I")):
        name, rank = text(), take("B")
        dims = [take("I") for _ in range(rank)]
        if version >= 4:
            kind, size = take("B"), take("I")
        else:
            kind, size = {4: 0, 1: 1, 2: 2}[take("B")], 0
        out[name] = np.frombuffer(data, TYPES[kind], size // np.dtype(TYPES[kind]).itemsize, at).reshape(dims)
        at += size
    for name in list(out):
        if name.endswith("weight") and name + "_scale" in out:
            scale = out[name + "_scale"].astype(np.float32)
            out[name] = out[name].astype(np.float32) / scale.reshape(-1, *[1] * (out[name].ndim - 1))
    return {k: v.astype(np.float32) for k, v in out.items()}


class Block(torch.nn.Module):
    """One transformer block of the encoder, d wide, with `heads` heads."""

    def __init__(self, d=512, heads=8):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = torch.nn.LayerNorm(d), torch.nn.LayerNorm(d)
        self.qkv, self.out = Linear(d, 3 * d), Linear(d, d)
        self.up, self.down = Linear(d, 4 * d), Linear(4 * d, d)

    def forward(self, x, mask=None):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = (q * (d // self.heads) ** -0.5) @ k.transpose(-1, -2)
        if mask is not None:
            a = a.masked_fill(mask[:, None, None, :], float("-inf"))
        x = x + self.out((a.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.norm2(x))))

    def load(self, w, prefix):
        pairs = {"self_attention/layer_norm": self.norm1, "self_attention/linear_0": self.qkv, "self_attention/linear_1": self.out,
                 "ffn/layer_norm": self.norm2, "ffn/linear_0": self.up, "ffn/linear_1": self.down}
        with torch.no_grad():
            for name, m in pairs.items():
                norm = isinstance(m, torch.nn.LayerNorm)
                m.weight.copy_(torch.tensor(w[f"{prefix}/{name}/{'gamma' if norm else 'weight'}"]))
                m.bias.copy_(torch.tensor(w[f"{prefix}/{name}/{'beta' if norm else 'bias'}"]))


class Encoder(torch.nn.Module):
    def __init__(self, w):
        super().__init__()
        w = {k.removeprefix("encoder/"): v for k, v in w.items() if k.startswith("encoder/")}
        self.conv1_w, self.conv1_b = torch.tensor(w["conv1/weight"]), torch.tensor(w["conv1/bias"])
        self.conv2_w, self.conv2_b = torch.tensor(w["conv2/weight"]), torch.tensor(w["conv2/bias"])
        d = self.conv1_w.shape[0]
        if "position_encodings/encodings" in w:
            self.positions = torch.tensor(w["position_encodings/encodings"])
        else:  # CTranslate2 computes the sinusoids where the file lacks them.
            inv = torch.exp(-np.log(10000) / (d // 2 - 1) * torch.arange(d // 2))
            p = torch.arange(1500)[:, None] * inv[None]
            self.positions = torch.cat([p.sin(), p.cos()], 1)
        self.blocks = torch.nn.ModuleList()
        while f"layer_{len(self.blocks)}/ffn/linear_0/weight" in w:
            b = Block(d)
            b.load(w, f"layer_{len(self.blocks)}")
            self.blocks.append(b)
        self.norm = torch.nn.LayerNorm(d)
        with torch.no_grad():
            self.norm.weight.copy_(torch.tensor(w["layer_norm/gamma"]))
            self.norm.bias.copy_(torch.tensor(w["layer_norm/beta"]))
        self.requires_grad_(False).eval()

    def forward(self, mel):
        """mel [B, 80, T] → {name: [B, T/2, d]}."""
        x = F.gelu(F.conv1d(mel, self.conv1_w, self.conv1_b, padding=1))
        x = F.gelu(F.conv1d(x, self.conv2_w, self.conv2_b, padding=1, stride=2)).transpose(1, 2)
        x = x + self.positions[:x.shape[1]]
        out = {"layer_0": x}
        for i, b in enumerate(self.blocks):
            x = b(x)
            out[f"layer_{i + 1}"] = x
        out["last"] = self.norm(x)
        return out


def mel_filters(rate=16000, n_fft=400, n_mels=80):
    """Slaney's mel filters, as librosa makes them and Whisper uses them."""
    def hz(m):
        m = np.asarray(m, np.float64)
        return np.where(m >= 15, 1000 * np.exp((m - 15) * np.log(6.4) / 27), m * 200 / 3)
    top = 15 + np.log(8000 / 1000) * 27 / np.log(6.4)
    edges = hz(np.linspace(0, top, n_mels + 2))
    freqs = np.fft.rfftfreq(n_fft, 1 / rate)
    lower = (freqs[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    upper = (edges[2:, None] - freqs[None]) / np.diff(edges)[1:, None]
    return (np.maximum(0, np.minimum(lower, upper)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


FILTERS = mel_filters()
WINDOW = np.hanning(401)[:400].astype(np.float32)


def log_mel(x):
    """x float [-1, 1] at 16 kHz → [80, T], T even: silence is added at the end to a whole 20 ms."""
    n = -(-len(x) // 320) * 320
    x = np.pad(np.asarray(x, np.float32), (0, n - len(x)))
    p = np.pad(x, 200, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(p, 400)[::160][:n // 160]
    power = np.abs(np.fft.rfft(frames * WINDOW, axis=1)) ** 2
    m = np.log10(np.maximum(power @ FILTERS.T, 1e-10)).T
    return ((np.maximum(m, m.max() - 8) + 4) / 4).astype(np.float32)


HIGH_PASS = butter(2, 80, "highpass", fs=16000, output="sos")


def front_end(x8):
    """8 kHz telephone audio (float) → 16 kHz as the product hands it to the mel: resampled, above 80 Hz, active level −20 dBov."""
    return level(sosfilt(HIGH_PASS, resample_poly(np.asarray(x8, np.float64), 2, 1)))


def level(x, target=-20.0):
    """Scales so that the 20 ms frames within 15 dB of the loudest (95th percentile) are at target dBov on average."""
    n = len(x) // 320
    if n == 0:
        return x
    e = (np.asarray(x[:n * 320]).reshape(n, 320) ** 2).mean(1) + 1e-12
    active = e[e > np.percentile(e, 95) / 10 ** 1.5]
    return np.clip(x * np.sqrt(10 ** (target / 10) / active.mean()), -1, 1)
