# The suite `rust`: sourced by `check`.

step "cargo fmt --check"
if have fmt rustfmt; then
    cargo fmt --check
    echo "formatted"
else
    skip "rustfmt is not installed: rustup component add rustfmt"
fi

step "cargo clippy --workspace --all-targets --all-features -- -D warnings"
if have clippy clippy; then
    cargo clippy --workspace --all-targets --all-features -- -D warnings
else
    skip "clippy is not installed: rustup component add clippy"
fi

# A service that loads a model and answers needs no reader, no data set and no download.
step "the library without its features, on at most 30 crates"
cargo clippy --package gatewise --no-default-features -- -D warnings
crates=$(cargo tree --package gatewise --no-default-features --edges normal --prefix none |
    awk 'NR > 1 { print $1, $2 }' | sort -u | wc -l)
((crates <= 30)) || fail "the library alone stands on $crates crates, expected at most 30"
echo "$crates crates"

step "cargo test --workspace --all-features"
if [[ ${test_env[*]} == "${unset_data[*]}" ]]; then
    skip "the tests on real data: no folder in \$GATEWISE_DATA holds aclImdb*.tar.gz and keras/imdb.npz"
fi
"${test_env[@]}" cargo test --workspace --all-features 2>&1 | tee "$scratch/tests"
# Tests of what happens when there are no data, which step aside where there are.
if [[ ${test_env[*]} != "${unset_data[*]}" ]]; then
    step "the tests that want \$GATEWISE_DATA unset"
    "${unset_data[@]}" cargo test --all-features --package gatewise --test data_imdb --test data_download -- \
        what_is_not_found_names_every_place imdb_downloads_only_when_asked_and_says_what_failed 2>&1 |
        tee "$scratch/unset"
    [[ $(grep -c '^test .* ok$' "$scratch/unset") == 2 ]] || fail "those two tests are no longer there"
fi
tests=$(awk '/^test result: ok\./ { n += $4 } END { print n + 0 }' "$scratch/tests")
ignored=$(awk '/^test result: ok\./ { n += $8 } END { print n + 0 }' "$scratch/tests")
[[ $ignored == 0 ]] || skip "$ignored tests are marked ignored"

step "the applications in release, each with its bar, and the examples"
cargo build --release --package gatewise --package gatewise-lab --package gatewise-pipeline --examples
examples=$(cd "${CARGO_TARGET_DIR:-target}/release/examples" && pwd)
for file in trec_train.csv:trec JapaneseVowels_TRAIN.ts:japanese_vowels airline_passengers.csv:airline :brackets :cart_pole \
    :serve :hidden_states :ids :data_parallel; do
    IFS=: read -r data example <<<"$file"
    if [[ -n $data && ! -f ${GATEWISE_DATA:-}/$data ]]; then
        skip "the example $example: there is no $data in \$GATEWISE_DATA"
        continue
    fi
    env "GATEWISE_DATA=${GATEWISE_DATA:-}" "$examples/$example" | tail -n 1 || fail "the example $example"
done

# One's own files: data, test data, the accuracy that is expected at least.
for row in trec_train.csv:trec_test.csv:84 JapaneseVowels_TRAIN.ts:JapaneseVowels_TEST.ts:96; do
    IFS=: read -r file test least <<<"$row"
    step "cargo run --release -- train $file --test $test"
    if [[ ! -f ${GATEWISE_DATA:-}/$file ]]; then
        skip "training on a file: there is no $file in \$GATEWISE_DATA"
        continue
    fi
    cargo run --release -- train "$GATEWISE_DATA/$file" --test "$GATEWISE_DATA/$test" --verbose 0 \
        --output "$scratch/own.gatewise" | tee "$scratch/own"
    last=$(tail -n 1 "$scratch/own")
    [[ $last =~ Accuracy:\ ([0-9]+\.[0-9]{2})%$ ]] || fail "the last line is '$last', which ends with no accuracy"
    awk -v a="${BASH_REMATCH[1]}" -v least="$least" 'BEGIN { exit !(a >= least) }' ||
        fail "accuracy is ${BASH_REMATCH[1]} %, expected at least $least %"
done

step "the pipeline from a CSV file to answers in eight threads"
if [[ -f ${GATEWISE_DATA:-}/trec_train.csv ]]; then
    (cd "$scratch" && "$examples/train_and_answer" "$GATEWISE_DATA/trec_train.csv") || fail "the example train_and_answer"
else
    skip "the example train_and_answer: there is no trec_train.csv in \$GATEWISE_DATA"
fi

step "long lags: LSTM learns what SimpleRNN does not"
cargo run --release --quiet -- lab tasks adding-100 order-6a --cells lstm,simple_rnn --trials 1 --check

step "gradients by lag, the line of a sentiment model, forget gates: the claims of book/lab.md"
cargo run --release --quiet -- lab gradient-flow --check
cargo run --release --quiet -- lab memory --check
cargo run --release --quiet -- lab forget --check

step "the course: the quick commands of its pages, run again"
if command -v python3 >/dev/null; then
    program=$(realpath "${CARGO_TARGET_DIR:-target}/release/gatewise")
    GATEWISE=$program GATEWISE_EXAMPLES=$examples GATEWISE_DATA=${GATEWISE_DATA:-} tools/course/make --check
else
    skip "python3 is not installed"
fi

step "music: tunes that a model writes are ABC"
if [[ -f ${GATEWISE_DATA:-}/nottingham.abc ]]; then
    cargo run --release --quiet -- train "$GATEWISE_DATA/nottingham.abc" --task language-model --epochs 6 --units 128 \
        --learning-rate 0.005 --verbose 2 --output "$scratch/tunes.gatewise"
    cargo run --release --quiet -- generate "$scratch/tunes.gatewise" --prompt $'X: 1\n' --length 180000 \
        --temperature 0.7 --top-p 0.9 >"$scratch/tunes.abc"
    cargo run --release --quiet -- lab abc "$scratch/tunes.abc" --at-least 0.9
else
    skip "the tunes: there is no nottingham.abc in \$GATEWISE_DATA"
fi

# What would be published is complete: versions, licences, pages, and no file from outside of a package.
step "cargo package --workspace"
cargo package --workspace --exclude gatewise-book --exclude gatewise-python --allow-dirty --no-verify --quiet
for crate in gatewise gatewise-lab gatewise-pipeline gatewise-views gatewise-cli; do
    files=$(tar -tzf "${CARGO_TARGET_DIR:-target}/package/$crate"-[0-9]*.crate)
    for file in Cargo.toml LICENSE-MIT LICENSE-APACHE; do
        grep -q "/$file\$" <<<"$files" || fail "the package of $crate has no $file"
    done
done
# They build from their own files: in a workspace of packages, with the dependencies that are compiled already.
mkdir "$scratch/packages"
for crate in gatewise gatewise-lab gatewise-pipeline gatewise-views gatewise-cli; do
    # As new files: those in a package bear a date of their own, and cargo would take what it has built before.
    tar -xmzf "${CARGO_TARGET_DIR:-target}/package/$crate"-[0-9]*.crate -C "$scratch/packages"
    mv "$scratch/packages/$crate"-[0-9]* "$scratch/packages/$crate"
done
{
    printf '[workspace]\nresolver = "3"\nmembers = ["gatewise", "gatewise-lab", "gatewise-pipeline", "gatewise-views", "gatewise-cli"]\n[patch.crates-io]\n'
    printf '%s = { path = "%s" }\n' gatewise gatewise gatewise-lab gatewise-lab gatewise-pipeline gatewise-pipeline \
        gatewise-views gatewise-views
    printf '[profile.dev.package."*"]\nopt-level = 2\ndebug = false\n'
} >"$scratch/packages/Cargo.toml"
cp Cargo.lock "$scratch/packages"
packages_target=$(realpath "${CARGO_TARGET_DIR:-target}")
(cd "$scratch/packages" && CARGO_TARGET_DIR=$packages_target cargo check --quiet --lib --bins)
echo "five packages, built from their own files"

step "cargo doc --workspace --no-deps --all-features, warnings denied"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features

step "cargo run --release -- train imdb"
if [[ $imdb == no ]]; then
    skip "the IMDB run: no aclImdb/ or aclImdb*.tar.gz in \$GATEWISE_DATA or the cache; " \
        "'cargo run --release -- train' fetches it"
    accuracy="not measured"
else
    # A fresh cache for tokens, so that the reviews are read from the archive.
    GATEWISE_CACHE=$scratch/cache cargo run --release -- \
        train imdb --data-dir "$imdb" --seed 1 --output "$scratch/model.gatewise" | tee "$scratch/imdb"
    last=$(tail -n 1 "$scratch/imdb")
    form='^Test results - Loss: ([0-9]+\.[0-9]{4}) - Accuracy: ([0-9]+\.[0-9]{2})%$'
    [[ $last =~ $form ]] || fail "the last line is '$last', not of the form 'Test results - Loss: 0.3158 - Accuracy: 87.12%'"
    accuracy=${BASH_REMATCH[2]}
    awk -v a="$accuracy" 'BEGIN { exit !(a >= 84 && a <= 88) }' || fail "accuracy is $accuracy %, expected 84 to 88 %"
    accuracy="$accuracy %"
fi

step "TensorBoard's own reader on what gatewise train --tensorboard writes"
if command -v python3 >/dev/null; then
    cargo run --release -- train reviews --epochs 3 --no-baseline --output "$scratch/reviews.gatewise" \
        --tensorboard "$scratch/logs" --csv-log "$scratch/log.csv"
    tools/tensorboard/check "$scratch/logs" "$scratch/log.csv"
else
    skip "python3 is not installed"
fi

summary+=("$tests Rust tests" "IMDB accuracy $accuracy")
