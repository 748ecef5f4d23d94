"""CTC likelihoods of whole entries, in plain Python: for watching training. The product's search is asr/phoneme."""
import functools

import numpy as np

import phonemes

SCHWA = phonemes.INDEX["ə"]
# Pairs that many speakers do not keep apart; a list entry is heard with either.
LIKE = [("e", "ɛ"), ("o", "ɔ"), ("ø", "œ"), ("œ̃", "ɛ̃"), ("ø", "ə"), ("œ", "ə")]


@functools.lru_cache(maxsize=None)
def pronunciations(text):
    base = phonemes.from_ipa(phonemes.ipa(text))
    out = {tuple(base), tuple(p for p in base if p != SCHWA)}
    if base and base[-1] == SCHWA:
        out.add(tuple(base[:-1]))
    return sorted(p for p in out if p) or [()]


def merged(logprobs):
    """Log-probabilities in which each of a pair of like vowels also gets half of the other's."""
    p = np.exp(logprobs)
    q = p.copy()
    for a, b in LIKE:
        a, b = phonemes.INDEX[a], phonemes.INDEX[b]
        q[:, a] += 0.5 * p[:, b]
        q[:, b] += 0.5 * p[:, a]
    return np.log(q + 1e-10)


def forward(logprobs, targets):
    """log P(target | frames) for each of the targets (lists of symbols), all at once; logprobs [T, P]."""
    longest = max(map(len, targets))
    n, s = len(targets), 2 * longest + 1
    states = np.zeros((n, s), np.int64)
    for i, t in enumerate(targets):
        states[i, 1:2 * len(t):2] = t
    jump = np.zeros((n, s), bool)
    jump[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    none = -1e30
    a = np.full((n, s), none)
    a[:, 0], a[:, 1] = logprobs[0, 0], logprobs[0, states[:, 1]]
    for row in logprobs[1:]:
        b = a.copy()
        b[:, 1:] = np.logaddexp(b[:, 1:], a[:, :-1])
        b[:, 2:] = np.where(jump[:, 2:], np.logaddexp(b[:, 2:], a[:, :-2]), b[:, 2:])
        a = b + row[states]
    ends = 2 * np.array([len(t) for t in targets])
    at = np.arange(n)
    return np.logaddexp(a[at, ends], a[at, np.maximum(0, ends - 1)])


def entries(logprobs, texts):
    """Score of each text: its best pronunciation's likelihood."""
    flat, owner = [], []
    for i, t in enumerate(texts):
        for p in pronunciations(t):
            flat.append(p)
            owner.append(i)
    scores = forward(merged(logprobs), flat)
    out = np.full(len(texts), -np.inf)
    np.maximum.at(out, owner, scores)
    return out


def greedy(logprobs):
    best = logprobs.argmax(1)
    return [int(b) for i, b in enumerate(best) if b and (i == 0 or b != best[i - 1])]


def distance(a, b):
    """Levenshtein's."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        last, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            last, row[j + 1] = row[j + 1], min(row[j] + 1, row[j + 1] + 1, last + (x != y))
    return row[-1]
