"""Builds Whisper's graphs for ONNX Runtime, without weights: python build.py OUT

For each size OUT/SIZE gets encoder.onnx, cross.onnx, decoder.onnx and layout.tsv, which says for each weight where it stands in
weights.bin, in which form, and of which variable of the CTranslate2 file it is made. The program (asr/whisper/graph) writes weights.bin.
Why the graphs look as they do: docs/speech.md.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

# d: width, n: layers of encoder and decoder, mels, words: entries of the vocabulary
SIZES = {
    "tiny": dict(d=384, n=4, mels=80, words=51865),
    "base": dict(d=512, n=6, mels=80, words=51865),
    "small": dict(d=768, n=12, mels=80, words=51865),
    "medium": dict(d=1024, n=24, mels=80, words=51865),
    "large-v3": dict(d=1280, n=32, mels=128, words=51866),
    "large-v3-turbo": dict(d=1280, n=32, decoder=4, mels=128, words=51866),
}
HEAD = 64  # width of a head, in every size
BLOCK = 64  # weights that share a scale in MatMulNBits
TOP = 10  # continuations that a decoder step gives
FLOAT, INT8, UINT8, INT64 = TensorProto.FLOAT, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT64
BYTES = {FLOAT: 4, INT8: 1, UINT8: 1}
ALIGN = 4096


class Weights:
    """Where each weight of the size stands in weights.bin; a weight that two graphs use stands there once."""

    def __init__(self):
        self.size, self.rows = 0, {}

    def place(self, kind, source, rows, dims, dtype):
        key = (kind, source, rows)
        if key not in self.rows:
            n = int(np.prod(dims)) * BYTES[dtype]
            self.rows[key] = (self.size, n)
            self.size += -(-n // ALIGN) * ALIGN
        return self.rows[key]

    def table(self):
        lines = ["# offset, bytes, kind, variable of the CTranslate2 file, rows and factors"]
        lines += [f"{at}\t{n}\t{kind}\t{source}\t{rows}" for (kind, source, rows), (at, n) in self.rows.items()]
        return "\n".join(lines) + "\n"


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.initializers, self.named = weights, [], [], {}
        self.inputs, self.outputs, self.count = [], [], 0

    def op(self, kind, inputs, outputs=1, domain="", **attributes):
        names = [f"{kind}_{self.count}_{i}" for i in range(outputs)] if isinstance(outputs, int) else outputs
        self.count += 1
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[0] if len(names) == 1 else names

    def const(self, value, dtype=np.int64):
        a = np.asarray(value, dtype)
        name = f"c_{a.dtype}_{'x'.join(map(str, a.shape))}_{'_'.join(map(str, a.ravel()))}"
        if name not in self.named:
            self.named[name] = True
            self.initializers.append(onnx.numpy_helper.from_array(a, name))
        return name

    def weight(self, kind, source, dims, dtype, rows="-"):
        """An initializer whose data stands in weights.bin."""
        name = f"{kind}:{source}:{rows}"
        if name not in self.named:
            self.named[name] = True
            at, n = self.weights.place(kind, source, rows, dims, dtype)
            t = TensorProto(name=name, data_type=dtype, dims=dims, data_location=TensorProto.EXTERNAL)
            for k, v in (("location", "weights.bin"), ("offset", at), ("length", n)):
                t.external_data.add(key=k, value=str(v))
            self.initializers.append(t)
        return name

    def input(self, name, dtype, dims):
        self.inputs.append(helper.make_tensor_value_info(name, dtype, dims))
        return name

    def output(self, value, name, dtype, dims):
        self.op("Identity", [value], [name])
        self.outputs.append(helper.make_tensor_value_info(name, dtype, dims))

    def save(self, path):
        g = helper.make_graph(self.nodes, path.stem, self.inputs, self.outputs, self.initializers)
        m = helper.make_model(g, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)],
                              ir_version=9, producer_name="acotel-sbc")
        path.write_bytes(m.SerializeToString())

    # Layers.

    def norm(self, x, source, d):
        return self.op("LayerNormalization", [x, self.weight("f32", source + "/gamma", [d], FLOAT), self.weight("f32", source + "/beta", [d], FLOAT)],
                       axis=-1, epsilon=1e-5)

    def bias(self, y, source, n, rows):
        return self.op("Add", [y, self.weight("f32", source + "/bias", [n], FLOAT, rows)])

    def rows8(self, x, source, k, n, rows="-"):
        """x @ W.T + b in 8 bits, a scale for each row of x and each row of W."""
        most = self.op("ReduceMax", [self.op("Abs", [x]), self.const([-1])], keepdims=1)
        most = self.op("Max", [most, self.const(1e-9, np.float32)])
        y = self.op("DynamicQuantizeMatMul", [self.op("Div", [x, most]), self.weight("i8", source + "/weight", [k, n], INT8, rows),
                                              self.weight("i8scale", source + "/weight", [n], FLOAT, rows)], domain="com.microsoft")
        return self.bias(self.op("Mul", [y, most]), source, n, rows)

    def blocks8(self, x, source, k, n, rows="-", bias=True):
        """x @ W.T + b with the weights in 8 bits, a scale for each block of 64."""
        variable = source if not bias else source + "/weight"
        y = self.op("MatMulNBits", [x, self.weight("q8", variable, [n, k // BLOCK, BLOCK], UINT8, rows),
                                    self.weight("q8scale", variable, [n, k // BLOCK], FLOAT, rows)],
                    domain="com.microsoft", K=k, N=n, bits=8, block_size=BLOCK, accuracy_level=4)
        return self.bias(y, source, n, rows) if bias else y

    def heads(self, x, h):
        """[B, T, d] → [B, h, T, 64]"""
        return self.op("Transpose", [self.op("Reshape", [x, self.const([0, -1, h, HEAD])])], perm=[0, 2, 1, 3])

    def joined(self, x, d):
        """[B, h, T, 64] → [B, T, d]"""
        return self.op("Reshape", [self.op("Transpose", [x], perm=[0, 2, 1, 3]), self.const([0, -1, d])])

    def gelu(self, x):
        return self.op("Gelu", [x], domain="com.microsoft")


def qkv(d):
    """The rows of query, key and value in their one matrix; the factor 1/8 of the scores goes into the query."""
    return f"0:{d}:0.125,{d}:{3 * d}:1"


def encoder(size, w):
    d, h, mels = size["d"], size["d"] // HEAD, size["mels"]
    g = Graph(w)
    x = g.input("mel", FLOAT, ["batch", mels, "frames"])
    for i, (wide, stride) in enumerate([(mels, 1), (d, 2)], 1):
        x = g.gelu(g.op("Conv", [x, g.weight("f32", f"encoder/conv{i}/weight", [d, wide, 3], FLOAT), g.weight("f32", f"encoder/conv{i}/bias", [d], FLOAT)],
                        kernel_shape=[3], pads=[1, 1], strides=[stride]))
    x = g.op("Transpose", [x], perm=[0, 2, 1])
    length = g.op("Shape", [x], start=1, end=2)
    x = g.op("Add", [x, g.op("Slice", [g.weight("f32", "encoder/position_encodings/encodings", [1500, d], FLOAT), g.const([0]), length, g.const([0])])])
    dims = ["batch", "steps", d]
    g.output(x, "layer_0", FLOAT, dims)
    for i in range(size["n"]):
        s = f"encoder/layer_{i}"
        y = g.rows8(g.norm(x, s + "/self_attention/layer_norm", d), s + "/self_attention/linear_0", d, 3 * d, qkv(d))
        q, k, v = (g.heads(part, h) for part in g.op("Split", [y], 3, axis=-1, num_outputs=3))
        scores = g.op("Softmax", [g.op("MatMul", [q, g.op("Transpose", [k], perm=[0, 1, 3, 2])])], axis=-1)
        x = g.op("Add", [x, g.rows8(g.joined(g.op("MatMul", [scores, v]), d), s + "/self_attention/linear_1", d, d)])
        y = g.gelu(g.rows8(g.norm(x, s + "/ffn/layer_norm", d), s + "/ffn/linear_0", d, 4 * d))
        x = g.op("Add", [x, g.rows8(y, s + "/ffn/linear_1", 4 * d, d)])
        g.output(x, f"layer_{i + 1}", FLOAT, dims)
    g.output(g.norm(x, "encoder/layer_norm", d), "last", FLOAT, dims)
    return g


def cross(size, w):
    """Keys and values of the cross-attention, once for each encoding: key_i [h, 64, T], value_i [h, T, 64]."""
    d, h = size["d"], size["d"] // HEAD
    g = Graph(w)
    x = g.input("last", FLOAT, [1, "steps", d])
    for i in range(size.get("decoder", size["n"])):
        y = g.rows8(x, f"decoder/layer_{i}/attention/linear_1", d, 2 * d)
        k, v = g.op("Split", [y], 2, axis=-1, num_outputs=2)
        split = g.const([-1, h, HEAD])
        g.output(g.op("Transpose", [g.op("Reshape", [k, split])], perm=[1, 2, 0]), f"key_{i}", FLOAT, [h, HEAD, "steps"])
        g.output(g.op("Transpose", [g.op("Reshape", [v, split])], perm=[1, 0, 2]), f"value_{i}", FLOAT, [h, "steps", HEAD])
    return g


def decoder(size, w):
    """One step for B beams of L words each, after P words known to the cache.

    embedded [B, L, d], positions [L], mask [L, P+L] (0 or minus infinity), from [B]: the beam of the cache that each goes on from,
    past_key_i and past_value_i [B0, h, P, 64], key_i, value_i of `cross`, suppress [words]: added to the scores, 0 or minus infinity
    → logprobs and words [B, 10] best first after suppression, silent [B]: log-probability of <|nospeech|> before it, and the cache.
    """
    d, h = size["d"], size["d"] // HEAD
    g = Graph(w)
    x = g.input("embedded", FLOAT, ["beams", "length", d])
    positions = g.input("positions", INT64, ["length"])
    mask = g.input("mask", FLOAT, ["length", "all"])
    origin = g.input("from", INT64, ["beams"])
    suppress = g.input("suppress", FLOAT, [size["words"]])
    silent = g.input("silent_word", INT64, [1])
    x = g.op("Add", [x, g.op("Gather", [g.weight("f32", "decoder/position_encodings/encodings", [448, d], FLOAT), positions])])
    beams = g.op("Shape", [x], start=0, end=1)
    cache = []
    for i in range(size.get("decoder", size["n"])):
        s = f"decoder/layer_{i}"
        y = g.blocks8(g.norm(x, s + "/self_attention/layer_norm", d), s + "/self_attention/linear_0", d, 3 * d, qkv(d))
        q, k, v = (g.heads(part, h) for part in g.op("Split", [y], 3, axis=-1, num_outputs=3))
        past = ["beams_before", h, "past", HEAD]
        k, v = (g.op("Concat", [g.op("Gather", [g.input(f"past_{name}_{i}", FLOAT, past), origin]), new], axis=2) for name, new in (("key", k), ("value", v)))
        cache.append((k, v))
        scores = g.op("Softmax", [g.op("Add", [g.op("MatMul", [q, g.op("Transpose", [k], perm=[0, 1, 3, 2])]), mask])], axis=-1)
        x = g.op("Add", [x, g.blocks8(g.joined(g.op("MatMul", [scores, v]), d), s + "/self_attention/linear_1", d, d)])
        # All beams' words are rows against the one key and value of the audio.
        q = g.blocks8(g.norm(x, s + "/attention/layer_norm", d), s + "/attention/linear_0", d, d, f"0:{d}:0.125")
        q = g.op("Transpose", [g.op("Reshape", [q, g.const([-1, h, HEAD])])], perm=[1, 0, 2])
        scores = g.op("Softmax", [g.op("MatMul", [q, g.input(f"key_{i}", FLOAT, [h, HEAD, "steps"])])], axis=-1)
        y = g.op("Transpose", [g.op("MatMul", [scores, g.input(f"value_{i}", FLOAT, [h, "steps", HEAD])])], perm=[1, 0, 2])
        y = g.op("Reshape", [y, g.op("Concat", [beams, g.const([-1, d])], axis=0)])
        x = g.op("Add", [x, g.blocks8(y, s + "/attention/linear_2", d, d)])
        y = g.gelu(g.blocks8(g.norm(x, s + "/ffn/layer_norm", d), s + "/ffn/linear_0", d, 4 * d))
        x = g.op("Add", [x, g.blocks8(y, s + "/ffn/linear_1", 4 * d, d)])
    x = g.norm(g.op("Gather", [x, g.const(-1)], axis=1), "decoder/layer_norm", d)
    scores = g.blocks8(x, "decoder/embeddings/weight", d, size["words"], bias=False)
    g.output(g.op("Squeeze", [g.op("Gather", [g.op("LogSoftmax", [scores], axis=-1), silent], axis=1), g.const([1])]), "silent", FLOAT, ["beams"])
    top, words = g.op("TopK", [g.op("LogSoftmax", [g.op("Add", [scores, suppress])], axis=-1), g.const([TOP])], 2, axis=-1)
    g.output(top, "logprobs", FLOAT, ["beams", TOP])
    g.output(words, "words", INT64, ["beams", TOP])
    for i, (k, v) in enumerate(cache):
        g.output(k, f"present_key_{i}", FLOAT, ["beams", h, "all", HEAD])
        g.output(v, f"present_value_{i}", FLOAT, ["beams", h, "all", HEAD])
    return g


def main(out):
    for name, size in SIZES.items():
        folder, w = pathlib.Path(out) / name, Weights()
        folder.mkdir(parents=True, exist_ok=True)
        for build in (encoder, cross, decoder):
            build(size, w).save(folder / f"{build.__name__}.onnx")
        (folder / "layout.tsv").write_text(w.table())
        print(name, *(f"{p.name} {p.stat().st_size}" for p in sorted(folder.iterdir())), f"weights.bin {w.size}")


if __name__ == "__main__":
    main(sys.argv[1])
