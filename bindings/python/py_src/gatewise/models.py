"""Models: ``Sequential``, and ``load_model``."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise, initializers, losses, metrics, optimizers, progress, utils
from gatewise._config import Configured, plain
from gatewise._views import ModelViews
from gatewise.callbacks import Callback, History, LearningRateScheduler, ReduceLROnPlateau
from gatewise.layers import Embedding, Input, Layer, layer_of

if TYPE_CHECKING:
    import numpy as np


class Sequential(ModelViews):
    """A stack of layers.

    A model whose first layer is an ``Embedding`` or an ``Input`` has weights at once; any other model when it first
    sees rows, or by ``build``.

    Args:
        layers: The layers, from the input up.
        name: A name.
        seed: The seed of the initial weights, of the order of the rows and of dropout. Default: the seed of
            ``gatewise.utils.set_random_seed``.
    """

    def __init__(
        self,
        layers: list[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        seed: int | None = None,
    ) -> None:
        self.name = name or "sequential"
        self.trainable = trainable
        self.seed = utils.get_random_seed() if seed is None else int(seed)
        self._layers: list[Layer] = []
        self._native: _gatewise.Model | None = None
        self._input: Input | None = None
        self._loss: Any = None
        self._metrics: list[Any] = []
        self._weighted_metrics: list[Any] = []
        # Whether accuracy was asked for, and comes with the loss.
        self._has_accuracy = False
        # Whether the library has the settings of compile.
        self._compiled = False
        self._order: list[str] = []
        self._compile_arguments: dict[str, Any] = {}
        self.optimizer: Any = None
        self.history: History | None = None
        self.stop_training = False
        for layer in layers or []:
            self._push(layer)
        self._try_build()

    @classmethod
    def _over(cls, native: _gatewise.Model) -> Sequential:
        """Returns a model of the layers and weights of ``native``."""
        model = cls()
        for spec, name in zip(json.loads(native.layers()), native.layer_names()):
            model._push(layer_of(spec, name))
        model._native = native
        return model

    # Copies: the state of the optimizer stays behind

    def __getstate__(self) -> dict[str, Any]:
        native = self._native
        return {**self.__dict__, "_native": None if native is None else native.to_bytes(), "_compiled": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        native = state["_native"]
        self.__dict__.update(state, _native=None if native is None else _gatewise.Model.from_bytes(native))

    # Layers

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        return list(self._layers)

    def add(self, layer: Layer) -> None:
        """Adds a layer on top of the stack."""
        self._keep_weights()
        self._push(layer)
        self._native = None
        self._try_build()

    def pop(self, rebuild: bool = True) -> Layer:
        """Removes the last layer and returns it."""
        self._keep_weights()
        layer = self._layers.pop()
        layer._model, self._native = None, None
        self._try_build()
        return layer

    def _keep_weights(self) -> None:
        """Leaves the weights with their layers, from which the next build takes them."""
        for layer in self._layers if self._native is not None else []:
            if layer._has_weights:
                layer._own = layer.get_weights()

    def _push(self, layer: Layer) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(f"a Sequential consists of layers, but got {layer!r}")
        if layer._model is not None and layer._model is not self and layer._model.built:
            # Layers are not shared: the new model gets one of the same settings and weights.
            weights = layer.get_weights() if layer._has_weights else None
            layer = type(layer).from_config(layer.get_config())
            layer._own = weights
        if any(own.name == layer.name for own in self._layers):
            raise ValueError(f"two layers have the name {layer.name!r}; names must differ")
        if isinstance(layer, Input):
            if self._layers or self._input:
                raise ValueError("Input is the first layer of a model")
            self._input = layer
            return
        if not self._layers and self._input is None and layer._input_shape is not None:
            self._input = Input(layer._input_shape[1:])
        layer._model = self
        self._layers.append(layer)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Returns the layer with this name, or at this index."""
        if index is not None:
            return self._layers[index]
        for layer in self._layers:
            if layer.name == name:
                return layer
        raise ValueError(f"there is no layer {name!r}; the layers are {', '.join(own.name for own in self._layers)}")

    # Weights

    @property
    def built(self) -> bool:
        """Whether the model has weights."""
        return self._native is not None

    def _try_build(self) -> None:
        if not self._layers:
            return
        if isinstance(self._layers[0], Embedding):
            self._build(None)
        elif self._input is not None:
            self._build(self._input.shape)

    def build(self, input_shape: Any = None) -> None:
        """Gives the model its weights, for input of this shape, the batch included: ``(None, T, D)``."""
        if self._native is None:
            self._build(tuple(input_shape)[1:] if input_shape is not None else None)
        elif input_shape is not None and self._input is not None and input_shape[-1] != self._input.shape[-1]:
            raise ValueError(
                f"the model was built for vectors of {self._input.shape[-1]} numbers, but the shape "
                f"{tuple(input_shape)} has {input_shape[-1]}; make a new model"
            )

    def _build(self, shape: tuple[int | None, ...] | None) -> None:
        if not self._layers:
            raise ValueError("the model has no layers; add some")
        specs = [layer._spec() for layer in self._layers]
        if not isinstance(self._layers[0], Embedding):
            if shape is None:
                raise ValueError("the model does not know its input yet; begin it with an Input or an Embedding")
            specs.insert(0, Input(shape, name="input")._spec())
        self._native = _gatewise.Model.compile(json.dumps(specs), self.seed)
        self._compiled = False
        names = self._native.layer_names()[-len(self._layers) :]
        for layer, name in zip(self._layers, names):
            layer.name = name
        self._draw()

    def _draw(self) -> None:
        """Replaces the weights whose initializers have a seed of their own, or are functions."""
        assert self._native is not None
        shapes = [shape for _, shape, _ in self._native.tensors()]
        weights = None
        for layer in self._layers:
            place = self._tensors_of(layer)
            given = layer._own if layer._own is not None else layer._initial_weights
            if given is not None:
                given = given if isinstance(given, (list, tuple)) else [given]
                weights = weights or self._native.get_weights()
                for index, array in zip(place, given):
                    weights[index] = array
                continue
            for index, initializer in zip(place, getattr(layer, "_initializers", list)()):
                if isinstance(initializer, initializers.Initializer) and not initializer._is_own:
                    continue
                weights = weights or self._native.get_weights()
                weights[index] = initializer(tuple(shapes[index]))
        if weights is not None:
            self._native.set_weights(weights)
        for layer in self._layers:
            layer._own = None

    def _tensors_of(self, layer: Layer) -> range:
        """Returns the places of a layer's tensors."""
        names = [name.split("/")[0] for name, _, _ in self._own.tensors()]
        count = names.count(layer.name)
        start = names.index(layer.name) if count else 0
        return range(start, start + count)

    def _ready(self, x: Any) -> _gatewise.Model:
        """Returns the native model, which is built for these rows if need be."""
        if self._native is None:
            shape = getattr(x, "shape", None)
            if shape is None:
                import numpy as np

                shape = np.asarray(x).shape
            self._build(tuple(shape)[1:])
        assert self._native is not None
        return self._native

    @property
    def _own(self) -> _gatewise.Model:
        if self._native is None:
            raise ValueError("the model has no weights yet; begin it with an Input or an Embedding, or call build")
        return self._native

    def get_weights(self) -> list[np.ndarray]:
        """Returns the arrays of all layers, in Keras's order."""
        return self._own.get_weights()

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the arrays of all layers, in Keras's order."""
        self._own.set_weights(list(weights))

    @property
    def weights(self) -> list[Any]:
        """The weights of all layers, as variables."""
        return [weight for layer in self._layers for weight in layer.weights]

    variables = weights

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training updates."""
        return [weight for layer in self._layers for weight in layer.trainable_weights] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training leaves as they are."""
        trained = {weight.path for weight in self.trainable_weights}
        return [weight for weight in self.weights if weight.path not in trained]

    trainable_variables, non_trainable_variables = trainable_weights, non_trainable_weights

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the outputs, the batch included."""
        for layer in self._layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def count_params(self) -> int:
        """Returns the number of weights."""
        return sum(int(array.size) for array in self.get_weights())

    def summary(self, line_length: int | None = None, print_fn: Any = None) -> None:
        """Prints the layers, their output shapes and their numbers of weights."""
        text = self._own.summary()
        if print_fn is None:
            print(text, end="")
        else:
            print_fn(text)

    # Training

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Chooses how the model is trained. Training begins anew: the optimizer forgets the steps before.

        Args:
            optimizer: A name or an object of ``gatewise.optimizers``.
            loss: A name or an object of ``gatewise.losses``. Default: by the last activation and the targets.
            metrics: Names or objects of ``gatewise.metrics``.
        """
        if loss_weights is not None:
            raise ValueError("loss_weights is for models with several outputs; these models have one")
        self.optimizer = optimizers.get(optimizer)
        self._loss = losses.get(loss)
        self._compile_arguments = {"loss": self._loss, "metrics": metrics, "weighted_metrics": weighted_metrics}
        self._set_metrics(metrics, weighted_metrics)
        self._compiled = False

    def _set_metrics(self, given: Any, weighted: Any) -> None:
        every = [given] if isinstance(given, str) else list(given or [])
        # A cross-entropy comes with its accuracy at no cost.
        name = getattr(self._loss, "_name", "")
        self._has_accuracy = "accuracy" in every and (self._loss is None or "crossentropy" in name)
        self._metrics = [metrics.get(metric) for metric in every if not (metric == "accuracy" and self._has_accuracy)]
        self._weighted_metrics = [metrics.get(metric) for metric in weighted or []]
        # The order in which results are shown.
        own = iter(self._metrics)
        self._order = [
            "accuracy" if metric == "accuracy" and self._has_accuracy else _label(next(own)) for metric in every
        ]

    def _sorted(self, figures: dict[str, Any]) -> dict[str, Any]:
        """Returns figures in the order of ``metrics=[…]``: the loss, the metrics, then those of validation."""

        def place(name: str) -> tuple[bool, int, int]:
            base = name.removeprefix("val_").split("[")[0]
            known = {"loss": -1, **{label: index for index, label in reversed(list(enumerate(self._order)))}}
            stem = base if base in known else base.rsplit("_", 1)[0]
            return name.startswith("val_"), known.get(stem, len(known)), 0 if base == stem else 1

        return {name: figures[name] for name in sorted(figures, key=place)}

    def _prepare(self) -> None:
        """Hands the settings of ``compile`` to the library."""
        native = self._own
        if self._compiled:
            return
        loss = self._loss
        is_function = loss is not None and not isinstance(loss, losses.Loss)
        settings = {
            "loss": None if loss is None or is_function else loss._spec(),
            "reduction": getattr(loss, "reduction", "sum_over_batch_size"),
            "metrics": [metric._spec() for metric in self._metrics if isinstance(metric, metrics._Own)],
            "weighted_metrics": [metric._spec() for metric in self._weighted_metrics],
            "optimizer": self.optimizer._spec() if self.optimizer else None,
            "seed": self.seed,
        }
        functions = [(_label(metric), metric) for metric in self._metrics if not isinstance(metric, metrics._Own)]
        rate = self.optimizer._function() if self.optimizer else None
        native.prepare(json.dumps(settings, default=plain), loss if is_function else None, functions, rate)
        if self.optimizer is not None:
            self.optimizer._take_rate()
        self._compiled = True

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Trains the model. A second call goes on where the first ended: the optimizer keeps its state.

        Args:
            x: Rows: an array (B, T) of ids, (B, T, D) or (B, D) of numbers, or a list of rows of any length.
            y: Targets: an array (B,) or (B, units); (B, T) or (B, T, units) for a model with an output at every step.
            batch_size: The rows of a step. Default: 32.
            epochs: The epoch to end with: ``epochs - initial_epoch`` epochs are trained.
            verbose: 0 shows nothing, 1 a bar, 2 a line for each epoch. Default: 1.
            callbacks: Objects of ``gatewise.callbacks``.
            validation_split: The share of the rows, at their end, to validate on.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to validate on.
            shuffle: Whether each epoch has its own order of the rows.
            class_weight: The weight of each class in the loss. Default: 1.
            sample_weight: The weight of each row in the loss, (B,).
            initial_epoch: The number of the first epoch.
            steps_per_epoch: The number of batches of an epoch. Default: all.
            validation_steps: The number of batches to validate on. Default: all.
            validation_freq: The number of epochs between two validations.

        Returns:
            A ``History``; ``history.history["loss"]`` has a number for each epoch.

        Ctrl-C stops training after a batch. The model keeps what it has learnt.
        """
        if hasattr(x, "__next__"):
            raise TypeError("fit reads arrays and lists, but x is a generator; gather its batches: model.fit(x, y)")
        if y is None:
            raise ValueError("fit needs targets: model.fit(x, y)")
        native = self._ready(x)
        self._prepare()
        for layer in self._layers:
            native.set_trainable(layer.name, self.trainable and layer.trainable)
        called = self._called(callbacks)
        rate = self.optimizer._take_rate() if self.optimizer is not None else None
        settings = {
            "epochs": epochs,
            "batch_size": 32 if batch_size is None else batch_size,
            "validation_split": validation_split,
            "initial_epoch": initial_epoch,
            "steps_per_epoch": steps_per_epoch,
            "validation_steps": validation_steps,
            "validation_freq": validation_freq,
            "shuffle": bool(shuffle),
            "class_weight": None if class_weight is None else _weights_of(class_weight),
            "learning_rate": rate,
        }
        if validation_data is not None:
            validation_data = (*validation_data, None)[:3]
        self.stop_training = False
        history = History()
        history.set_model(self)
        trained = len(x) - int(len(x) * validation_split if validation_data is None else 0)
        steps = steps_per_epoch or -(-trained // (batch_size or 32))
        history.set_params({"epochs": epochs, "steps": steps, "verbose": verbose})
        for callback in called:
            callback.set_params({"epochs": epochs, "steps": steps, "verbose": verbose})
        with progress.watch(verbose, batch_size or 32, lambda name: self._shows(name, called)) as shown:
            columns, history.epoch, history.notes = native.fit(
                self, x, y, json.dumps(settings, default=plain), sample_weight, validation_data, called, shown
            )
        history.history = self._sorted({name: all for name, all in columns.items() if self._shows(name, called)})
        for callback in called:
            callback._after_fit()
        self.history = history
        return history

    def _shows(self, name: str, called: list[Callback]) -> bool:
        """Returns whether Keras would log this metric."""
        if name == "learning_rate":
            return any(isinstance(callback, (ReduceLROnPlateau, LearningRateScheduler)) for callback in called)
        wanted = self._has_accuracy or any(getattr(metric, "name", "") == "accuracy" for metric in self._metrics)
        return wanted or name not in ("accuracy", "val_accuracy")

    def evaluate(
        self, x: Any, y: Any, batch_size: int | None = None, verbose: Any = "auto", sample_weight: Any = None,
        steps: int | None = None, callbacks: Any = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Returns the loss and the metrics: a list, or a dictionary by name.

        Args:
            x: Rows, as for ``fit``.
            y: Targets, as for ``fit``.
            batch_size: The rows that a metric reads at a time. Default: 32.
            verbose: Whether to show the result.
            sample_weight: The weight of each row in the loss.
            steps: The number of batches to measure. Default: all.
            callbacks: Objects whose ``on_test_begin`` and ``on_test_end`` are called.
            return_dict: Whether to return a dictionary.
        """
        if steps is not None:
            count = steps * (batch_size or 32)
            x, y = x[:count], y[:count]
            sample_weight = None if sample_weight is None else sample_weight[:count]
        called = self._called(callbacks)
        for callback in called:
            callback.on_test_begin({})
        native = self._ready(x)
        self._prepare()
        started = time.perf_counter()
        value, accuracy, measured = native.evaluate(x, y, sample_weight, 32 if batch_size is None else batch_size)
        figures = {"loss": value}
        if accuracy is not None and self._has_accuracy:
            figures["accuracy"] = accuracy
        figures.update(measured)
        figures = self._sorted(figures)
        progress.show_result(verbose, len(x), batch_size or 32, time.perf_counter() - started, figures)
        for callback in called:
            callback.on_test_end(dict(figures))
        if return_dict:
            return figures
        return list(figures.values()) if len(figures) > 1 else value

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Returns the outputs for rows: (B, units), or (B, T, units); a list of arrays for ragged rows with an output
        at every step. ``steps`` is the number of batches to predict; the hooks ``on_predict_begin`` and
        ``on_predict_end`` of ``callbacks`` are called."""
        if steps is not None:
            x = x[: steps * (batch_size or 32)]
        called = self._called(callbacks)
        for callback in called:
            callback.on_predict_begin({})
        outputs = self._ready(x).predict(x)
        for callback in called:
            callback.on_predict_end({})
        return outputs

    def _called(self, callbacks: Any) -> list[Callback]:
        """Returns callbacks as a list, each with this model."""
        called = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
        for callback in called:
            if not isinstance(callback, Callback):
                raise TypeError(f"{callback!r} is not a callback; subclass gatewise.callbacks.Callback")
            callback.set_model(self)
        return called

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Returns the outputs for rows; with ``training``, those with dropout, drawn anew in each call."""
        if not training:
            return self.predict(x)
        import numpy as np

        self._ready(x)
        outputs, mask = np.asarray(x), None
        for layer in self._layers:
            behind = layer.compute_mask(outputs, mask)
            outputs, mask = layer(outputs, mask=mask, training=True), behind
        return outputs

    @property
    def metrics_names(self) -> list[str]:
        """The names of the results of ``evaluate``."""
        return ["loss", *self._order]

    # Files

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        *,
        labels: list[str] | None = None,
        word_index: dict[str, int] | None = None,
        maxlen: int | None = None,
    ) -> None:
        """Saves layers and weights to one file. The file appears whole, or not at all.

        With a ``word_index`` (word → rank, as ``imdb.get_word_index()`` returns it) the file reads texts: the
        program, the server and ``gatewise.load`` then predict from words.

        Args:
            filepath: The file.
            overwrite: Whether to replace a file that exists.
            labels: The labels of the classes, in the order of the outputs; ``[negative, positive]`` for one output.
            word_index: The rank of each word, from 1; the ids of a model are the ranks + 3, as in ``load_data``.
            maxlen: The length that rows were padded to.
        """
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(f"{os.fspath(filepath)} exists already; set overwrite=True, or give another name")
        words = None
        if word_index is not None:
            words = sorted(word_index, key=word_index.__getitem__)
            if [word_index[word] for word in words] != list(range(1, len(words) + 1)):
                raise ValueError(
                    "word_index must give the words the ranks 1, 2, 3, …, each once, as get_word_index does"
                )
        self._own.save(os.fspath(filepath), maxlen, labels or [], words, self._compile_json())

    def _compile_json(self) -> str | None:
        """Returns the arguments of ``compile`` as JSON; ``None`` if there are none, or one is a function."""
        if self.optimizer is None:
            return None
        try:
            return json.dumps({"optimizer": self.optimizer, **self._compile_arguments}, default=_as_config) or None
        except (TypeError, ValueError):
            return None

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Saves the weights alone, by the names of their layers (safetensors)."""
        if not overwrite and os.path.exists(filepath):
            raise FileExistsError(f"{os.fspath(filepath)} exists already; set overwrite=True, or give another name")
        self._own.save_weights(os.fspath(filepath))

    def load_weights(self, filepath: str | os.PathLike[str], skip_mismatch: bool = False) -> list[str]:
        """Loads weights by the names of their layers.

        Args:
            filepath: A file of ``save_weights`` or of ``save``.
            skip_mismatch: Whether to skip weights that are missing or of another shape. Default: an error.

        Returns:
            What was skipped, a sentence each.
        """
        return self._own.load_weights(os.fspath(filepath), skip_mismatch)


Model = Sequential


def load_model(filepath: str | os.PathLike[str], custom_objects: Any = None, compile: bool = True) -> Sequential:
    """Loads a model from a file that ``save`` or the program wrote.

    ``gatewise.load`` loads such a file with its words and labels, to predict from texts.

    Args:
        filepath: The file.
        compile: Whether the model is compiled as it was when it was saved. A loss, a metric or a rate that is a
            function is not in the file: the model is then to be compiled again. The optimizer begins anew.
    """
    native, arguments = _gatewise.Model.load(os.fspath(filepath))
    model = Sequential._over(native)
    if compile and arguments is not None:
        model.compile(**json.loads(arguments))
    return model


def _as_config(value: Any) -> Any:
    """Returns an object as its class and its arguments, and numbers of NumPy as Python's."""
    if isinstance(value, Configured):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    return plain(value)


def _weights_of(class_weight: Any) -> dict[int, float]:
    """Returns class weights with Python's numbers."""
    if not hasattr(class_weight, "items"):
        raise TypeError(f"class_weight is {class_weight!r}; it must be a dictionary: {{class: weight}}")
    return {int(index): float(weight) for index, weight in class_weight.items()}


def _label(metric: Any) -> str:
    """Returns the name of a metric in logs."""
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", ""))
