"""The parts of Keras that its tests use to test: NumPy twins of ``backend``, ``ops``, ``testing`` and others.

They are here for the tests only. What is tested comes from gatewise.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import gatewise
import numpy as np
from absl.testing import parameterized
from gatewise import Variable

# Two names that Keras's tests use although they are private. What they look at is what the optimizer does.


def _clip_gradients(self: Any, grads: list[Any]) -> list[np.ndarray]:
    """Returns the gradients as clipped: what plain descent with the rate 1 takes from zeros."""
    kinds = {kind: getattr(self, kind) for kind in ("clipnorm", "clipvalue", "global_clipnorm")}
    zeros = [Variable(np.zeros(np.shape(grad), dtype="float32")) for grad in grads]
    gatewise.optimizers.SGD(1.0, **kinds).apply(grads, zeros)
    return [-zero.numpy() for zero in zeros]


def _averages(self: Any) -> list[np.ndarray]:
    """Returns the moving averages: what ends training in place of the variables."""
    held = [Variable(variable.numpy()) for variable in self._variables]
    self.finalize_variable_values(held)
    return held


gatewise.optimizers.Optimizer._clip_gradients = _clip_gradients
gatewise.optimizers.Optimizer._model_variables_moving_average = property(_averages)

NAMES = ("backend", "ops", "testing", "random", "tree", "saving", "dtype_policies", "config")


def module(name: str, **contents: Any) -> ModuleType:
    """Returns a module with these contents."""
    made = ModuleType(name)
    made.__dict__.update(contents)
    return made


# Arrays


def standardize_dtype(dtype: Any) -> str:
    if dtype is None:
        return "float32"
    if dtype in (int, float, bool):
        return {int: "int32", float: "float32", bool: "bool"}[dtype]
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    if name not in {*np.sctypeDict, "bfloat16", "float32", "int32"}:
        raise ValueError(f"Invalid dtype: {dtype}")
    return name


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> np.ndarray:
    """Python's floats become ``float32``, as in Keras; arrays keep their type."""
    if dtype is None and not hasattr(x, "dtype"):
        array = np.asarray(x)
        dtype = {"float64": "float32", "int64": "int32"}.get(array.dtype.name, array.dtype)
        return array.astype(dtype)
    return np.asarray(x, dtype=dtype)


def to_numpy(x: Any) -> np.ndarray:
    return np.asarray(x)


def _in_float32(function: Any) -> Any:
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        made = function(*args, **kwargs)
        narrow = kwargs.get("dtype") is None and getattr(made, "dtype", None) == np.float64
        return made.astype("float32") if narrow else made

    return wrapped


class _Ops(ModuleType):
    """NumPy's functions under the names of ``keras.ops``; ``float32`` where Keras's result is."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(np, name):
            raise AttributeError(name)
        return _in_float32(getattr(np, name))


def _one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = "float32", sparse: bool = False) -> np.ndarray:
    return np.eye(num_classes, dtype=dtype)[np.asarray(x, dtype=int)]


def _softmax(x: Any, axis: int = -1) -> np.ndarray:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


ops = _Ops("ops")
ops.__dict__.update(
    convert_to_tensor=convert_to_tensor,
    convert_to_numpy=to_numpy,
    array=convert_to_tensor,
    cast=lambda x, dtype: np.asarray(x).astype(dtype),
    shape=lambda x: tuple(np.shape(x)),
    one_hot=_one_hot,
    softmax=_softmax,
    norm=np.linalg.norm,
    is_tensor=lambda x: isinstance(x, np.ndarray),
)

_RANDOM = np.random.default_rng(0)
random = module(
    "random",
    uniform=lambda shape, minval=0.0, maxval=1.0, dtype="float32", seed=None: _RANDOM.uniform(
        minval, maxval, shape
    ).astype(dtype),
    normal=lambda shape, mean=0.0, stddev=1.0, dtype="float32", seed=None: _RANDOM.normal(mean, stddev, shape).astype(
        dtype
    ),
    randint=lambda shape, minval, maxval, dtype="int32", seed=None: _RANDOM.integers(minval, maxval, shape).astype(
        dtype
    ),
)

config = module(
    "config",
    floatx=lambda: "float32",
    epsilon=lambda: 1e-7,
    backend=lambda: "gatewise",
    image_data_format=lambda: "channels_last",
    disable_traceback_filtering=lambda: None,
)

backend = module(
    "backend",
    Variable=Variable,
    backend=lambda: "gatewise",
    config=config,
    convert_to_numpy=to_numpy,
    convert_to_tensor=convert_to_tensor,
    epsilon=lambda: 1e-7,
    floatx=lambda: "float32",
    set_floatx=lambda dtype: None,
    image_data_format=lambda: "channels_last",
    is_float_dtype=lambda dtype: standardize_dtype(dtype).startswith(("float", "bfloat")),
    is_tensor=lambda x: isinstance(x, np.ndarray),
    name_scope=lambda *args, **kwargs: contextlib.nullcontext(),
    random=random,
    shape=lambda x: tuple(np.shape(x)),
    standardize_dtype=standardize_dtype,
    SUPPORTS_SPARSE_TENSORS=False,
    SUPPORTS_RAGGED_TENSORS=False,
)


# Structures


def map_structure(function: Any, *structures: Any) -> Any:
    first = structures[0]
    if isinstance(first, dict):
        return {key: map_structure(function, *[s[key] for s in structures]) for key in first}
    if isinstance(first, (list, tuple)):
        return type(first)(map_structure(function, *parts) for parts in zip(*structures))
    return function(*structures)


def flatten(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


tree = module("tree", map_structure=map_structure, flatten=flatten)


# Configurations

_REGISTERED: dict[str, Any] = {}


@contextlib.contextmanager
def custom_object_scope(objects: dict[str, Any] | None) -> Any:
    before = dict(_REGISTERED)
    _REGISTERED.update(objects or {})
    yield
    _REGISTERED.clear()
    _REGISTERED.update(before)


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Any:
    def register(made: Any) -> Any:
        _REGISTERED[name or made.__name__] = made
        return made

    return register


def serialize_keras_object(thing: Any) -> Any:
    return {"module": type(thing).__module__, "class_name": type(thing).__name__, "config": thing.get_config()}


def deserialize_keras_object(config: Any, custom_objects: Any = None) -> Any:
    name = config["class_name"]
    found = {**_REGISTERED, **(custom_objects or {})}.get(name)
    found = found or getattr(sys.modules.get(config.get("module", "")), name, None)
    kinds = ("layers", "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers")
    for kind in kinds:
        found = found or getattr(importlib.import_module(f"gatewise.{kind}"), name, None)
    return found.from_config(config["config"])


saving = module(
    "saving",
    custom_object_scope=custom_object_scope,
    register_keras_serializable=register_keras_serializable,
    serialize_keras_object=serialize_keras_object,
    deserialize_keras_object=deserialize_keras_object,
    load_model=lambda path, **kwargs: gatewise.load_model(path, **kwargs),
)

# There is one type: what asks for others is left out.
dtype_policies = module(
    "dtype_policies",
    dtype_policy=module("dtype_policy", dtype_policy=lambda: "float32", set_dtype_policy=lambda policy: None),
)


# Test cases


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=lambda x: x.tolist() if hasattr(x, "tolist") else str(x))


class TestCase(parameterized.TestCase):
    """Keras's assertions; ``run_layer_test`` without symbolic tensors, a training step and mixed precision."""

    maxDiff = None

    def setUp(self) -> None:
        gatewise.layers.Layer._counts.clear()
        gatewise.utils.set_random_seed(0)

    def get_temp_dir(self) -> str:
        folder = tempfile.mkdtemp()
        self.addCleanup(lambda: shutil.rmtree(folder))
        return folder

    def assertAllClose(self, x, y, atol=1e-6, rtol=1e-6, tpu_atol=None, tpu_rtol=None, msg=None):  # type: ignore[no-untyped-def]
        np.testing.assert_allclose(to_numpy(x), to_numpy(y), atol=atol, rtol=rtol, err_msg=msg or "")

    def assertNotAllClose(self, x, y, atol=1e-6, rtol=1e-6, msg=None):  # type: ignore[no-untyped-def]
        try:
            self.assertAllClose(x, y, atol=atol, rtol=rtol)
        except AssertionError:
            return
        raise AssertionError(f"the values are close: {x} {msg or ''}")

    def assertAlmostEqual(self, x, y, decimal=3, tpu_decimal=None, msg=None):  # type: ignore[no-untyped-def]
        np.testing.assert_almost_equal(to_numpy(x), to_numpy(y), decimal=decimal, err_msg=msg or "")

    def assertAllEqual(self, x, y, msg=None):  # type: ignore[no-untyped-def]
        np.testing.assert_array_equal(to_numpy(x), to_numpy(y), err_msg=msg or "")

    def assertLen(self, iterable, length, msg=None):  # type: ignore[no-untyped-def]
        self.assertEqual(len(iterable), length, msg)

    def assertDType(self, x, dtype, msg=None):  # type: ignore[no-untyped-def]
        self.assertEqual(standardize_dtype(getattr(x, "dtype", type(x))), standardize_dtype(dtype), msg)

    def assertRaisesRegex(self, expected_exception, expected_regex, *args, **kwargs):  # type: ignore[no-untyped-def]
        """The exception must be of the type; its words are gatewise's own."""
        return self.assertRaises(expected_exception, *args, **kwargs)

    def assertFileExists(self, path):  # type: ignore[no-untyped-def]
        self.assertTrue(Path(path).is_file(), f"{path} does not exist")

    def run_class_serialization_test(self, instance, custom_objects=None):  # type: ignore[no-untyped-def]
        config = instance.get_config()
        with custom_object_scope(custom_objects):
            revived = type(instance).from_config(config)
            self.assertEqual(_json(config), _json(revived.get_config()))
            revived = deserialize_keras_object(json.loads(_json(serialize_keras_object(instance))))
        self.assertEqual(_json(config), _json(revived.get_config()))
        self.assertEqual(set(dir(instance)), set(dir(revived)))
        return revived

    def run_layer_test(  # type: ignore[no-untyped-def]
        self,
        layer_cls,
        init_kwargs,
        input_shape=None,
        input_dtype=None,
        input_data=None,
        call_kwargs=None,
        expected_output_shape=None,
        expected_output_dtype=None,
        expected_output=None,
        expected_num_trainable_weights=None,
        expected_num_non_trainable_weights=None,
        expected_num_losses=None,
        supports_masking=None,
        expected_mask_shape=None,
        custom_objects=None,
        **ignored,
    ):
        self.assertFalse(ignored.get("input_sparse") or ignored.get("input_ragged"), "sparse and ragged tensors")
        self.run_class_serialization_test(layer_cls(**init_kwargs), custom_objects)
        if input_data is None:
            ids = np.dtype(input_dtype or "float32").kind == "i"
            input_data = (random.uniform(input_shape) * 3).astype(input_dtype or "float32") if input_shape else None
            self.assertTrue(input_data is None or not ids or input_data.max() < 4)
        if input_data is None:
            return

        def check_built(layer: Any) -> None:
            self.assertTrue(layer.built)
            for expected, weights in (
                (expected_num_trainable_weights, layer.trainable_weights),
                (expected_num_non_trainable_weights, layer.non_trainable_weights),
            ):
                if expected is not None:
                    self.assertLen(weights, expected)

        layer = layer_cls(**init_kwargs)
        if supports_masking is not None:
            self.assertEqual(layer.supports_masking, supports_masking)
        layer.build(np.shape(input_data))
        check_built(layer)
        layer = layer_cls(**init_kwargs)
        output = layer(input_data, **(call_kwargs or {}))
        check_built(layer)
        if expected_output_shape is not None:
            self.assertEqual(map_structure(np.shape, output), tuple(expected_output_shape))
        if expected_output_dtype is not None:
            self.assertDType(output, expected_output_dtype)
        if expected_output is not None:
            self.assertAllClose(output, expected_output)
        if expected_num_losses is not None:
            self.assertLen(layer.losses, expected_num_losses)
        if expected_mask_shape is not None:
            self.assertEqual(layer.compute_mask(input_data).shape, expected_mask_shape)


def _no(*args: Any) -> bool:
    return False


testing = module(
    "testing",
    TestCase=TestCase,
    uses_gpu=_no,
    uses_tpu=_no,
    jax_uses_gpu=_no,
    jax_uses_tpu=_no,
    tensorflow_uses_gpu=_no,
    tensorflow_uses_tpu=_no,
    torch_uses_gpu=_no,
)


def _named_product(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    import itertools

    parts = [list(group) for group in args]
    parts += [[{name: value, "testcase_name": str(value)} for value in values] for name, values in kwargs.items()]
    made = []
    for chosen in itertools.product(*parts):
        case: dict[str, Any] = {}
        for part in chosen:
            case.update(part)
        case["testcase_name"] = "_" + "_".join(str(part["testcase_name"]) for part in chosen)
        made.append(case)
    return made


def _get_test_data(train_samples, test_samples, input_shape, num_classes, random_seed=None):  # type: ignore[no-untyped-def]
    """Returns rows of classes that differ in their mean."""
    rng = np.random.default_rng(random_seed)
    means = 2 * num_classes * rng.random((num_classes, *input_shape))

    def rows(count: int) -> Any:
        y = rng.permutation(np.arange(count) % num_classes).astype("int32")
        return (means[y] + rng.normal(size=(count, *input_shape))).astype("float32"), y

    return rows(train_samples), rows(test_samples)


testing.test_case = module("test_case", TestCase=TestCase)
testing.test_utils = module("test_utils", named_product=_named_product, get_test_data=_get_test_data)
testing.named_product = _named_product
testing.get_test_data = _get_test_data


def _skip_if_backend(name: str, reason: str = "") -> Any:
    return lambda function: function


conftest = module("conftest", skip_if_backend=_skip_if_backend)
