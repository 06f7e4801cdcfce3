"""The files of Keras's tests that are run, and what is left out of each, with the reason.

A pattern is a name of a class and a test, with ``*`` for any letters. A pattern that matches no test is reported, and
``run.py --every`` reports what would pass. Tests that skip themselves are counted as left out too.
"""

from __future__ import annotations

QUANTIZED = "weights of 8 or 4 bits, and low-rank updates"
SYMBOLIC = "symbolic tensors: models of functions, shapes without numbers"
PRIVATE = "looks at a private part of Keras"
TYPES = "other types than float32"
SPARSE = "sparse and ragged arrays"
CONSTRAINTS = "there are no constraints; a regularizer takes their place"
MASKED_ARRAYS = "a mask that is attached to an array; here masks are arguments"
STATE = "counts the variables that Keras keeps; here the state is the library's"
HOOKS = "calls the hooks of a callback by hand; the library's callbacks run inside fit"
IMAGES = "images and volumes"
OWN_LAYERS = "a layer or a model of one's own"
NOT_HERE = "is not in gatewise"
TYPE_OF_ERROR = "refused too, with another type of exception"
AXES = "normalizes along other axes than the last"

#: Whole files that are not run, for readers of the list.
NOT_RUN = {
    "layers/attention, convolutional, merging, preprocessing, and normalization and regularization but for those below":
        "the layers are not in gatewise",
    "layers/rnn/conv_lstm*, rnn, stacked_rnn_cells, dropout_rnn_cell": "cells of one's own and convolutions",
    "layers/core/input_layer": "symbolic tensors",
    "layers/reshaping but for repeat_vector": "shapes of images",
    "optimizers/adafactor, ftrl, lamb, muon, multi_optimizer, loss_scale_optimizer, schedule_free_adamw, *_sparse":
        "the optimizers are not in gatewise",
    "metrics/correlation_metrics": "compares with scipy; the library has golden figures of Keras for them",
    "callbacks/tensorboard, orbax_checkpoint, remote_monitor, swap_ema_weights, backup_and_restore":
        "need TensorFlow or a server, or files of Keras",
    "models, trainers but for sequential": "models of functions, and the loops of Keras's backends",
    "backend, ops, distribution, quantizers, saving, export, legacy, …": "parts of Keras without a counterpart here",
}  # fmt: skip

FILES: dict[str, dict[str, str]] = {
    "layers/rnn/lstm_test.py": {},
    "layers/rnn/gru_test.py": {},
    "layers/rnn/simple_rnn_test.py": {},
    "layers/rnn/bidirectional_test.py": {"*_eligibility": PRIVATE},
    "layers/rnn/time_distributed_test.py": {
        "*.test_build": IMAGES,
        "*.test_masking": OWN_LAYERS,
        "*.test_with_mask_zero": "ids with fractions, which Keras cuts off; here they are refused",
    },
    "layers/core/embedding_test.py": {
        **{f"*{part}*": QUANTIZED for part in ("int4", "int8", "quantize", "lora")},
        "*.test_embedding_constraints": CONSTRAINTS,
        "*.test_legacy_load_own_variables": PRIVATE,
    },
    "layers/core/masking_test.py": {"*.test_masking_correctness": OWN_LAYERS},
    "layers/core/dense_test.py": {
        **{f"*{part}*": QUANTIZED for part in ("gptq", "awq", "int4", "int8", "quantize", "lora")},
        "*.test_dense_constraints": CONSTRAINTS,
        "*.test_dense_errors": SYMBOLIC,
        "*.test_legacy_load_own_variables": PRIVATE,
    },
    "layers/regularization/dropout_test.py": {
        "*partial_noise_shape*": "noise_shape; SpatialDropout1D drops whole channels",
        "*noise_shape_integer_tuple": "noise_shape; SpatialDropout1D drops whole channels",
        "*noise_shape_none_values": "noise_shape; SpatialDropout1D drops whole channels",
        "*noise_shape_cast_to_a_tuple": "noise_shape; SpatialDropout1D drops whole channels",
    },
    "layers/regularization/spatial_dropout_test.py": {
        "*2d": IMAGES, "*3d": IMAGES, "*2D*": IMAGES, "*3D*": IMAGES, "*1D_dynamic": SYMBOLIC,
    },
    "layers/pooling/global_average_pooling_test.py": {"*2d*": IMAGES, "*3d*": IMAGES},
    "layers/pooling/global_max_pooling_test.py": {"*2d*": IMAGES, "*3d*": IMAGES},
    "layers/pooling/average_pooling_test.py": {"*2d*": IMAGES, "*3d*": IMAGES},
    "layers/pooling/max_pooling_test.py": {"*2d*": IMAGES, "*3d*": IMAGES},
    "layers/normalization/layer_normalization_test.py": {
        "*.test_ln_basics": AXES,
        "*.test_output_with_rms_scaling": f"rms_scaling {NOT_HERE}",
        "*.test_large_value_within_autocast_scope": TYPES,
        "*.test_unsorted_axis": AXES,
    },
    "layers/reshaping/repeat_vector_test.py": {"*dynamic*": SYMBOLIC},
    "layers/activations/activation_test.py": {},
    "activations/activations_test.py": {
        **{f"*.test_{name}*": f"the activation {NOT_HERE}" for name in (
            "celu", "glu", "hard_shrink", "hard_silu", "hard_tanh", "log_sigmoid", "log_softmax", "relu6", "soft_shrink",
            "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink", "temporal_log_softmax",
            "threshold",
        )},
        **{f"*.test_{name}": "arguments of activations; here an activation is its name" for name in (
            "gelu", "leaky_relu", "relu_combined*", "relu_max_value", "relu_negative_slope", "relu_threshold",
            "relu_to_trigger*", "softmax_2d_axis_0", "softmax_3d_axis_tuple", "softmax_higher_dim*",
            "softmax_negative_axis",
        )},
        "*.test_exponential": "exceeds float32, which is an error here",
    },
    "utils/sequence_utils_test.py": {},
    "utils/numerical_utils_test.py": {"*normalize*": f"normalize {NOT_HERE}", "*build_pos_neg_masks": PRIVATE},
    "regularizers/regularizers_test.py": {
        "*orthogonal*": f"OrthogonalRegularizer {NOT_HERE}",
        "*.test_config": f"OrthogonalRegularizer {NOT_HERE}",
        "*.test_get_method": f"OrthogonalRegularizer {NOT_HERE}",
        "ValidateFloatArgTest.*": PRIVATE,
    },
    "initializers/constant_initializers_test.py": {"*stft*": f"STFT {NOT_HERE}"},
    "initializers/random_initializers_test.py": {
        "*.test_compute_fans_with_axes": PRIVATE,
        "*with_axes": "kernels of more than two axes",
        "*.test_mha_query_projection_variance": "attention",
        "*.test_random_normal": "SeedGenerator; a seed here is a number",
        "*.test_serialization_with_seed_generator": "SeedGenerator; a seed here is a number",
    },
    "losses/loss_test.py": {
        "*.test_dtype_arg": TYPES,
        "*mask*": MASKED_ARRAYS,
        "*.test_rank_adjustment*": MASKED_ARRAYS,
        "*.test_get_method": "get returns objects, where Keras returns functions",
        "*.test_pickle": "get returns objects, where Keras returns functions",
        "*.test_squeeze_or_expand": PRIVATE,
    },
    "losses/losses_test.py": {
        "*.test_dtype_arg": TYPES,
        "HuberLossTest.test_config": "Keras's configuration forgets delta; gatewise's has it",
        "CosineSimilarityTest.test_config": "Keras's configuration forgets axis; gatewise's has it",
        "CTCTest.*": f"the loss {NOT_HERE}",
        "DiceTest.*": f"the loss {NOT_HERE}",
        "TverskyTest.*": f"the loss {NOT_HERE}",
        "CircleTest.*": f"the loss {NOT_HERE}",
        "CategoricalGeneralizedCrossEntropyTest.*": f"the loss {NOT_HERE}",
    },
    "metrics/accuracy_metrics_test.py": {"*.test_config": STATE},
    "metrics/confusion_metrics_test.py": {
        "*.test_config*": STATE,
        "*class_id_multiclass": STATE,
        "*top_k_and_threshold": STATE,
        "MultiAUCTest.test_reset_state": STATE,
        "*.test_manual_thresholds": PRIVATE,
        "*.test_weighted_top_k": "weights of single outputs with top_k; here a row has one weight",
        "*.test_handles_sas_metrics": "the loss \"crossentropy\", which Keras chooses by the shapes",
        "MultiAUCTest.test_keras_model_compiles": SYMBOLIC,
    },
    "metrics/f_score_metrics_test.py": {
        "*beta*type_raises*": "beta may be a whole number here",
        "*threshold_not_float*": "threshold may be a whole number here",
        "*shapes_raises_value_error": PRIVATE,
        "*output_dim_raises_value_error": PRIVATE,
    },
    "metrics/hinge_metrics_test.py": {"*.test_config": STATE},
    "metrics/iou_metrics_test.py": {
        "*.test_big_chunk": STATE,
        "*.test_user_warning_float_weight": "a warning of weights that Keras rounds; here they are not rounded",
    },
    "metrics/metric_test.py": {"*.test_dtype_arg": TYPES, "*.test_stateless*": "metrics without a state of their own"},
    "metrics/probabilistic_metrics_test.py": {},
    "metrics/reduction_metrics_test.py": {
        "*.test_config": STATE, "*dynamic_shape*": SYMBOLIC, "*.test_binary_accuracy_with_boolean_inputs": SYMBOLIC,
    },
    "metrics/regression_metrics_test.py": {},
    "optimizers/adadelta_test.py": {},
    "optimizers/adagrad_test.py": {},
    "optimizers/adam_test.py": {},
    "optimizers/adamax_test.py": {},
    "optimizers/adamw_test.py": {},
    "optimizers/lion_test.py": {},
    "optimizers/nadam_test.py": {"*.test_build_with_empty_var_list": PRIVATE},
    "optimizers/rmsprop_test.py": {},
    "optimizers/sgd_test.py": {"*.test_single_step": STATE},
    "optimizers/optimizer_test.py": {
        "*constraints*": CONSTRAINTS,
        "*.test_ema_with_model_fit": "targets that Keras repeats for each output; here they are refused",
        "*.test_gradient_accumulation": PRIVATE,
        "*weigth_decay9": f"the optimizer {NOT_HERE}",
        "*weigth_decay10": f"the optimizer {NOT_HERE}",
        "*pickleable_optimizers9": f"the optimizer {NOT_HERE}",
        "*pickleable_optimizers10": f"the optimizer {NOT_HERE}",
        "*.test_optimizer_auto_naming": PRIVATE,
        "*.test_overwrite_with_gradient*": f"overwrite_with_gradient {NOT_HERE}",
        "*.test_set_weights": STATE,
        "*.test_setting_lr_to_callable_untracks_lr_var": STATE,
        "*.test_static_loss_scaling": "half precision",
    },
    "optimizers/schedules/learning_rate_schedule_test.py": {"*.test_fit_lr_correctness": STATE},
    "callbacks/callback_test.py": {"*": OWN_LAYERS},
    "callbacks/csv_logger_test.py": {
        "*": "the file has a column learning_rate, and a spreadsheet's NaN",
    },
    "callbacks/early_stopping_test.py": {
        "*.test_early_stopping": PRIVATE,
        "*.test_early_stopping_patience": HOOKS,
        "*final_weights_when_restoring*": HOOKS,
        "*.test_state_reset_across_fit_calls": HOOKS,
    },
    "callbacks/lambda_callback_test.py": {
        "*during_prediction": "hooks of evaluate and predict",
        "*with_additional_kwargs": "hooks that Keras does not call either",
        "*with_kwargs": "hooks of evaluate and predict",
    },
    "callbacks/learning_rate_scheduler_test.py": {
        "*.test_throws_when_optimizer_has_schedule": TYPE_OF_ERROR,
        "*.test_verbose_logging": "the words of a log",
    },
    "callbacks/model_checkpoint_test.py": {},
    "callbacks/monitor_callback_test.py": {"*": PRIVATE},
    "callbacks/reduce_lr_on_plateau_test.py": {
        "*.test_throws_when_optimizer_has_schedule": TYPE_OF_ERROR,
        "*.test_verbose_logging": "the words of a log",
        "*.test_state_reset_across_fit_calls": HOOKS,
    },
    "callbacks/terminate_on_nan_test.py": {},
    "models/sequential_test.py": {},
}  # fmt: skip
