"""Keras 3 on the backend that the flavour names: `fit` and `evaluate`, as its users call them."""

import os

from worker import job, latencies, pin_to_one_core, serve, timed


def choose_backend(work):
    """Before Keras is imported: the backend and its number of threads."""
    os.environ["KERAS_BACKEND"] = work.flavour
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if work.flavour == "tensorflow":
        import tensorflow as backend

        backend.config.threading.set_intra_op_parallelism_threads(work.threads)
        backend.config.threading.set_inter_op_parallelism_threads(work.threads)
    else:
        if work.threads == 1:
            pin_to_one_core()
        import jax as backend
    return backend.__version__


def main():
    work = job()
    version = choose_backend(work)
    import keras

    layers = keras.layers
    steps = None if work.kind == "latency" else work.steps
    model = keras.Sequential([keras.Input((steps,), dtype="int32")])
    model.add(layers.Embedding(work.vocabulary, work.width))
    for i, units in enumerate(work.units):
        model.add(layers.LSTM(units, return_sequences=i + 1 < len(work.units)))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.set_weights(work.weights())
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy", metrics=["accuracy"])

    about = {"version": f"Keras {keras.__version__}, {work.flavour} {version}"}
    if work.kind == "train":
        ids, labels = work.rows("train"), work.labels("train")
        first = model.predict(ids[:128], batch_size=128, verbose=0)[:, 0]
        about["first_loss"] = float(keras.losses.binary_crossentropy(labels[:128], first))
        rows = work.rows_timed

        def epoch(rows=rows):
            model.fit(ids[:rows], labels[:rows], batch_size=work.batch, epochs=1, shuffle=True, verbose=0)

        epoch(3 * work.batch)
        epoch()
        share = rows / len(ids)
        serve(lambda: {"seconds": timed(epoch) / share, "share": share}, **about)
    elif work.kind == "latency":
        # One row through `predict_on_batch`, the compiled way; `predict` is made for many.
        ids = work.short()
        about["answer"] = float(model.predict_on_batch(ids)[0, 0])
        serve(lambda: latencies(lambda: model.predict_on_batch(ids)), **about)
    else:
        ids, labels = work.rows("test"), work.labels("test")

        def evaluate():
            model.evaluate(ids, labels, batch_size=1024, verbose=0)

        evaluate()
        serve(lambda: {"seconds": timed(evaluate), "share": 1.0}, **about)


if __name__ == "__main__":
    main()
