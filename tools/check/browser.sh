# The suite `browser`: sourced by `check`. The pages of explanations in a browser without a window.

# Installs Debian's packages $2… if the program $1 is not here; needs root.
installed() {
    command -v "$1" >/dev/null && return
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || return
    { apt-get update && apt-get install --yes --no-install-recommends "${@:2}"; } >"$scratch/apt" 2>&1 || tail -n 5 "$scratch/apt"
    command -v "$1" >/dev/null
}

step "node --test: the modules of the page"
views=crates/views/tests/browser
if installed node nodejs && [[ $(node --version) =~ ^v([0-9]+) ]] && ((BASH_REMATCH[1] >= 18)); then
    node --test --test-reporter=spec "$views/pure.test.js" | tee "$scratch/modules"
    modules=$(awk '$2 == "pass" { print $3 }' "$scratch/modules")

    step "every page in Chromium: light and dark, wide and narrow, by keys, with hostile texts"
    browser_target=${CARGO_TARGET_DIR:-target}/browser
    mkdir -p "$browser_target"
    browser_target=$(realpath "$browser_target")
    axe=$browser_target/node_modules/axe-core/axe.min.js
    # Node.js trusts certificates of its own list only; the machine may have others.
    if [[ -z ${NODE_EXTRA_CA_CERTS:-} && -f /etc/ssl/certs/ca-certificates.crt ]]; then
        export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
    fi
    if [[ ! -f $axe ]] && installed npm npm; then
        npm install --loglevel=error --no-audit --no-fund --prefix "$browser_target" axe-core@4.14.1 || true
    fi
    if ! installed chromium chromium; then
        skip "there is no Chromium: apt-get install chromium"
    elif [[ ! -f $axe ]]; then
        skip "axe-core cannot be installed: npm install axe-core"
    else
        cargo build --package gatewise-views --example page
        GATEWISE_PAGE=${CARGO_TARGET_DIR:-target}/debug/examples/page CHROMIUM=$(command -v chromium) AXE=$axe \
            PAGES=$browser_target/pages node --test --test-reporter=spec "$views/pages.test.js" | tee "$scratch/pages"
        summary+=("$modules tests of the page's modules" "$(awk '$2 == "pass" { print $3 }' "$scratch/pages") of pages in a browser")
        echo "pictures of the pages: $browser_target/pages"
    fi
else
    skip "there is no Node.js 18 or later: apt-get install nodejs"
fi
