# The suite `python`: sourced by `check`. Everything is installed into one scratch environment.

package=bindings/python
environment=${CARGO_TARGET_DIR:-target}/python
python=$environment/bin/python

step "python: an environment with what the tests need"
if ! python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    skip "the suite python: there is no Python 3.10 or later with venv"
    return
fi
# Made anew when what it holds has changed.
if ! cmp -s "$package/tests/requirements.txt" "$environment/requirements.txt"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$python" -m pip install --quiet --disable-pip-version-check --requirement "$package/tests/requirements.txt"
    cp "$package/tests/requirements.txt" "$environment"
fi
"$python" --version

step "python: the wheel"
rm -rf "$scratch/wheels"
"$environment/bin/maturin" build --release --quiet --compression-level 9 --manifest-path "$package/Cargo.toml" --out "$scratch/wheels"
wheel=$(echo "$scratch"/wheels/*.whl)
size=$(stat -c %s "$wheel")
printf '%s: %.2f MB\n' "${wheel##*/}" "$(awk -v n="$size" 'BEGIN { print n / 1e6 }')"
# The goal is 6 MB. DESIGN says what the wheel consists of.
((size <= 8000000)) || fail "the wheel has $size bytes, expected at most 8,000,000"
"$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"

step "python: format, lints and types"
"$environment/bin/ruff" format --check "$package"
"$environment/bin/ruff" check "$package"
"$environment/bin/mypy" --config-file "$package/pyproject.toml" --package gatewise
# The stub names what the extension module has, with its arguments.
"$environment/bin/stubtest" gatewise._gatewise --mypy-config-file "$package/pyproject.toml"

step "python: the import, and what it costs"
"$python" -c '
import sys, time
start = time.perf_counter()
import gatewise
milliseconds = 1e3 * (time.perf_counter() - start)
assert "numpy" not in sys.modules, "the import of gatewise loads NumPy"
print(f"import gatewise: {milliseconds:.1f} ms, without NumPy")'

step "python: pytest"
# The tests compare answers with the program's.
cargo run --release --quiet -- --version
# In development mode, warnings of the package are errors.
"${test_env[@]}" "$python" -X dev -m pytest "$package/tests" | tee "$scratch/pytest"
python_tests=$(grep -oE '[0-9]+ passed' "$scratch/pytest" | tail -n 1)
python_skips=$(grep -oE '[0-9]+ skipped' "$scratch/pytest" | tail -n 1 || true)
[[ -z $python_skips ]] || skip "pytest: $python_skips"

step "python: the notebooks"
"${test_env[@]}" "$python" notebooks/check | tee "$scratch/notebooks"
while read -r line; do
    skip "${line#SKIPPED: }"
done < <(grep '^SKIPPED: ' "$scratch/notebooks" || true)

step "python: Keras's own tests"
"$python" "$package/tests/keras_suite/run.py" | tee "$scratch/keras"
keras_tests=$(awk -F'|' '$2 ~ /^ all / { print $5 + 0 " of " $4 + 0 }' "$scratch/keras")

summary+=("Keras's own tests: $keras_tests")
summary+=("pytest: $python_tests")
