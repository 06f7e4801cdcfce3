"""ONNX Runtime: the same model, built node by node and checked by `onnx`."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from worker import job, latencies, serve, timed


def keras_to_onnx(matrix):
    """Gates i f c o in columns become gates i o f c in rows."""
    i, f, c, o = np.split(matrix, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1).T[None]


def build(work):
    embeddings, w, u, b, kernel, bias = work.weights()
    constants = {
        "E": embeddings,
        "W": keras_to_onnx(w),
        "R": keras_to_onnx(u),
        "B": np.concatenate([keras_to_onnx(b), np.zeros((1, b.size), "f4")], axis=1),
        "K": kernel,
        "k": bias,
        "first": np.array([0]),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["E", "ids"], ["x"]),
        node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
        node("LSTM", ["xt", "W", "R", "B"], ["", "h"], hidden_size=work.units[0]),
        node("Squeeze", ["h", "first"], ["last"]),
        node("Gemm", ["last", "K", "k"], ["logits"]),
        node("Sigmoid", ["logits"], ["p"]),
    ]
    graph = helper.make_graph(
        nodes,
        "classic",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", "steps"])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["rows", 1])],
        [numpy_helper.from_array(np.ascontiguousarray(a), name) for name, a in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def main():
    work = job()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = work.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    session = onnxruntime.InferenceSession(build(work), options, providers=["CPUExecutionProvider"])

    def answer(ids):
        return session.run(None, {"ids": ids})[0]

    about = {"version": onnxruntime.__version__}
    if work.kind == "latency":
        ids = work.short()
        about["answer"] = float(answer(ids)[0, 0])
        serve(lambda: latencies(lambda: answer(ids)), **about)
        return
    ids, labels = work.rows("test"), work.labels("test")

    def evaluate(rows=len(ids)):
        """Loss and accuracy."""
        p = np.concatenate([answer(ids[at : at + 1024]) for at in range(0, rows, 1024)])[:rows, 0]
        wanted = labels[:rows]
        loss = -np.mean(np.log(np.where(wanted > 0.5, p, 1 - p)))
        return loss, np.mean((p > 0.5) == (wanted > 0.5))

    evaluate(2048)
    serve(lambda: {"seconds": timed(evaluate), "share": 1.0}, **about)


if __name__ == "__main__":
    main()
